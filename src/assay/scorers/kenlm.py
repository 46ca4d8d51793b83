"""The perplexity of documents under an n-gram model of good text, as CCNet computes it (Wenzek et al. 2020)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from assay.base.optional import optional
from assay.base.settings import read_yaml
from assay.catalog import catalog_path
from assay.curation.documents import Documents
from assay.curation.step import Scorer
from assay.text.counters import new_column

if TYPE_CHECKING:
    import pyarrow as pa

_EXTRA, _PURPOSE = "kenlm", "ken_lm_perplexity_enricher"
_DIGIT = re.compile(r"\d")
_CONTROLS = (*range(32), *range(127, 160))


class KenLmPerplexityEnricher(Scorer):
    """Adds the perplexity of each document; low is like the text that the model was trained on.

    DCLM uses CCNet's models of English Wikipedia, the files of the default names.
    """

    file_parameters: ClassVar[tuple[str, ...]] = ("model_path", "tokenizer_path")

    model_path: str = "en.arpa.bin"
    """A model of KenLM (.arpa or .bin)."""
    tokenizer_path: str = "en.sp.model"
    """A model of SentencePiece, that with which the text of KenLM's model was cut into pieces."""
    key: str = "kenlm_perplexity"
    """The column for the perplexities."""
    overwrite: bool = False
    """Replace a column of that name, instead of refusing to."""

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column of float64, rounded to one digit behind the point."""
        import pyarrow as pa

        model, tokenizer = _load(self.model_path, self.tokenizer_path)
        values = [_perplexity(text, model, tokenizer) for text in documents.text.to_pylist()]
        return new_column(documents, self.key, self.overwrite, pa.array(values, pa.float64()))


@cache
def _load(model: str, tokenizer: str) -> tuple[Any, Any]:
    kenlm = optional("kenlm", _EXTRA, _PURPOSE)
    sentencepiece = optional("sentencepiece", _EXTRA, _PURPOSE)
    return kenlm.Model(model), sentencepiece.SentencePieceProcessor(model_file=tokenizer)


def _perplexity(text: str, model: Any, tokenizer: Any) -> float:
    line = " ".join(tokenizer.encode(normalize(text), out_type=str))
    words = len(line.split()) + 1  # and the end of the line
    return round(10.0 ** (-model.score(line) / words), 1)


def normalize(text: str) -> str:
    """The text as CCNet gives it to its model: one line, digits as 0, punctuation beyond ASCII as ASCII."""
    return _DIGIT.sub("0", text.strip()).translate(_replacements())


@cache
def _replacements() -> dict[int, str | None]:
    punctuation = read_yaml(catalog_path("unicode", "ccnet_punctuation.yaml"))
    return {**dict.fromkeys(_CONTROLS), **{ord(character): by for character, by in punctuation.items()}}
