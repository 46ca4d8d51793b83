"""A fastText classifier of good text: as a step that trains it within a recipe, or as an artifact of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from assay.base.files import expand
from assay.base.fingerprint import file_sha256
from assay.curation.documents import Documents
from assay.curation.step import TrainedScorer
from assay.records.artifact import Identity, build, finished
from assay.records.record import RECORD_NAME, Record, read_record
from assay.scorers.fasttext import GOOD, load_classifier, score_column
from assay.scorers.training import MODEL_NAME, Training, choose, choose_from, example_table, fit_classifier
from assay.text.reading import read_texts

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLES = 20_000
"""Examples of each kind. DCLM took 200,000, which need 10 times as much memory (about 1 GB for web pages)."""
DCLM_TRAINING = Training()


class FasttextClassifier(TrainedScorer):
    """Learns to tell good text from the documents that reach this step, and adds the probability that each is good.

    This is the filter that made DCLM-Baseline (section 4.4 of the paper), there with instructions and explanations as
    good text. Use ``quality_top_fraction`` after it.
    """

    file_parameters: ClassVar[tuple[str, ...]] = ("positives",)

    positives: str | list[str]
    """Files of good text."""
    key: str = "quality"
    """The column for the scores."""
    samples: int = Field(default=SAMPLES, ge=1)
    """At most so many examples of each kind; as many of one as of the other."""
    seed: int = Field(default=0, ge=0)
    training: Training = DCLM_TRAINING

    def sample(self, documents: Documents) -> pa.Table:
        """Every document, with the key by which ``reduce`` chooses."""
        return example_table(documents.text, self.seed)

    def reduce(self, samples: pa.Table) -> pa.Table:
        """The different texts of lowest key."""
        return choose(samples, self.samples)

    def train(self, samples: pa.Table, folder: Path) -> None:
        """Train on them and on the good text."""
        files = [self.positives] if isinstance(self.positives, str) else self.positives
        good = choose_from(_texts(files), self.samples, self.seed)
        fit_classifier(good, samples, folder, self.training, self.seed)

    def score(self, documents: Documents, folder: Path) -> dict[str, pa.Array]:
        """One column of float64, null where fastText gives no label."""
        return {self.key: score_column(documents, self.key, load_classifier(folder / MODEL_NAME), GOOD)}


def train_classifier(
    positives: list[str], negatives: list[str], out: Path, training: Training = DCLM_TRAINING, samples: int = SAMPLES
) -> Record:
    """Train a classifier from files of text, or the folders of datasets, into an artifact of the kind "classifier".

    The folder holds ``model.bin``; the record's metrics, accuracy and AUC on a tenth of the examples.
    """
    seed = 0
    files = {"positives": _files(positives), "negatives": _files(negatives)}
    config = {
        **{kind: [file_sha256(path) for path in paths] for kind, paths in files.items()},
        "training": training.model_dump(),
        "samples": samples,
        "seed": seed,
    }
    identity = Identity("classifier", "fasttext", config, _records(positives + negatives))
    record = finished(out, identity)
    if record:
        return record
    with build(out, identity) as draft:
        good, other = (choose_from(_texts(paths), samples, seed) for paths in files.values())
        draft.metrics |= fit_classifier(good, other, draft.folder, training, seed)
    return read_record(out)


def _texts(files: list[str]) -> Iterator[Any]:
    for file in files:
        yield from read_texts(file)


def _files(sources: list[str]) -> list[str]:
    """The files of text: those of a dataset are its shards."""
    found = []
    for source in sources:
        shards = Path(source, "shards")
        found += expand([shards if shards.is_dir() else source], (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"))
    return found


def _records(sources: list[str]) -> dict[str, Path]:
    folders = (Path(source) for source in sources if Path(source, RECORD_NAME).exists())
    return {read_record(folder).id: folder for folder in folders}
