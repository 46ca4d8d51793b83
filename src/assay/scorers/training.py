"""Train a fastText classifier of good text against other text, so that the same examples give the same bytes.

fastText is deterministic with one thread, but for one thing: it then sets only a tenth of its input matrix, and
computes with whatever lies in the memory of the rest, which may be NaN. So it runs in a process of its own, in which
memory comes zeroed (glibc's MALLOC_PERTURB_). Starting from zeros there makes no difference to the quality.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from assay.base.errors import InputError, MachineError
from assay.base.settings import Settings
from assay.scorers.fasttext import GOOD, OTHER, load_classifier, prepare, score_texts

if TYPE_CHECKING:
    import pyarrow as pa

MODEL_NAME = "model.bin"
METRICS_NAME = "classifier.json"

_HELD_OUT = 10
"""One in so many examples is kept out of training, to measure on."""
_FEWEST = 2 * _HELD_OUT
_TRAIN = "import json, sys, fasttext; fasttext.train_supervised(**json.loads(sys.argv[1])).save_model(sys.argv[2])"


class Training(Settings):
    """What fastText trains with. The defaults are those of DCLM's classifier, but for ``bucket``.

    A few thousand examples need more and larger steps than DCLM's 400,000, for example lr 0.5, epoch 25, and a dim
    of 16 suffices; with the defaults all probabilities then stay near 0.5, though in a useful order.
    """

    lr: float = Field(default=0.1, gt=0)
    dim: int = Field(default=100, ge=1)
    epoch: int = Field(default=5, ge=1)
    word_ngrams: int = Field(default=2, ge=1)
    min_count: int = Field(default=1, ge=1)
    bucket: int = Field(default=200_000, ge=20_000)
    """Rows for n-grams of words. fastText's own default, 2,000,000, makes a file of 840 MB."""


def example_table(texts: pa.Array, seed: int) -> pa.Table:
    """Examples to choose from: ``text``, and ``key`` (uint64), a hash of text and seed that orders them at random."""
    import pyarrow as pa

    salt = seed.to_bytes(16, "little", signed=True)
    keys = (blake2b(text.encode(), digest_size=8, salt=salt).digest() for text in texts.to_pylist())
    numbers = np.frombuffer(b"".join(keys), "<u8")
    return pa.table({"key": pa.array(numbers, pa.uint64()), "text": texts.cast(pa.large_string())})


def choose(examples: pa.Table, count: int) -> pa.Table:
    """The ``count`` different examples of lowest key, in order of key: the same however they were grouped before."""
    _, first = np.unique(examples.column("key").to_numpy(), return_index=True)
    return examples.take(first[:count])


def choose_from(batches: Iterable[pa.Array], count: int, seed: int) -> pa.Table:
    """The same from batches of texts, holding no more than ``count`` and one batch."""
    import pyarrow as pa

    chosen = example_table(pa.array([], pa.large_string()), seed)
    for texts in batches:
        chosen = choose(pa.concat_tables([chosen, example_table(texts, seed)]), count)
    return chosen


def fit_classifier(good: pa.Table, other: pa.Table, folder: Path, training: Training, seed: int) -> dict[str, Any]:
    """Train on as many examples of each kind, and write ``model.bin`` and ``classifier.json`` (its metrics, returned).

    The tables are in order of key. A tenth is held out: on it, accuracy and AUC. InputError when there are too few
    examples, MachineError when fastText fails.
    """
    count = min(len(good), len(other))
    if count < _FEWEST:
        raise InputError(
            f"a classifier needs at least {_FEWEST} examples of good and of other text; there are "
            f"{len(good)} and {len(other)}"
        )
    pairs = list(zip(good.column("text").to_pylist(), other.column("text").to_pylist(), strict=False))
    held_out = pairs[::_HELD_OUT]
    _fit((pair for i, pair in enumerate(pairs) if i % _HELD_OUT), folder, training, seed)
    metrics = {"good": count, "other": count, "held_out": 2 * len(held_out), **_evaluate(folder / MODEL_NAME, held_out)}
    (folder / METRICS_NAME).write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    return metrics


def _fit(pairs: Iterator[tuple[str, str]], folder: Path, training: Training, seed: int) -> None:
    # Names that the engine clears away when the run is killed.
    examples, model = folder / ".examples.partial", folder / ".model.partial"
    with open(examples, "w", encoding="utf-8", newline="\n") as file:
        for good, other in pairs:
            file.write(f"{GOOD} {_as_words(good)}\n{OTHER} {_as_words(other)}\n")
    _run_fasttext(examples, model, training, seed)
    os.replace(model, folder / MODEL_NAME)
    examples.unlink()


def _as_words(text: str) -> str:
    """A line for fastText's training file, in which no word is a label."""
    return prepare(text).replace("__label__", "__label_")


def _run_fasttext(examples: Path, model: Path, training: Training, seed: int) -> None:
    options = {
        "input": str(examples),
        "lr": training.lr,
        "dim": training.dim,
        "epoch": training.epoch,
        "wordNgrams": training.word_ngrams,
        "minCount": training.min_count,
        "bucket": training.bucket,
        "thread": 1,
        "seed": seed,
        "verbose": 0,
    }
    command = [sys.executable, "-c", _TRAIN, json.dumps(options), str(model)]
    zeroed = os.environ | {"MALLOC_PERTURB_": "255"}  # new memory is set to the complement of this byte
    done = subprocess.run(command, env=zeroed, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        raise MachineError(
            f"fastText could not train the classifier: {said}", hint="try a larger bucket or a smaller lr"
        )


def _evaluate(model: Path, pairs: list[tuple[str, str]]) -> dict[str, float]:
    """Accuracy, and the probability that a good text scores above another (AUC), on pairs of good and other text."""
    import pyarrow as pa

    classifier = load_classifier(model)
    good, other = (
        score_texts(pa.array(texts, pa.large_string()), classifier, GOOD) for texts in zip(*pairs, strict=True)
    )
    other.sort()
    below = (np.searchsorted(other, good, "left") + np.searchsorted(other, good, "right")) / 2
    accuracy = (np.count_nonzero(good > 0.5) + np.count_nonzero(other < 0.5)) / (2 * len(pairs))
    return {"accuracy": float(accuracy), "auc": float(below.mean() / len(other))}
