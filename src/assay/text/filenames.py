"""Filter on the name of the file that a document was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.catalog import catalog_path
from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule
from assay.text.banlists import read_lines


class GithubExtensionFilter(Filter):
    """Keeps files whose name ends with one of some suffixes, upper and lower case told apart; drops those without name.

    The suffixes are by default those that RedPajama v1 keeps of GitHub, which is also DCLM's mapper.
    """

    filename_key: str = "filename"
    """The key under which a document has its file name."""
    allowed_extensions: list[str] | None = None

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the name ends with a suffix that is allowed."""
        allowed = None if self.allowed_extensions is None else tuple(self.allowed_extensions)
        return (Rule("allowed file extensions", AllowedExtension(self.filename_key, allowed), minimum=1),)


@dataclass(frozen=True)
class AllowedExtension:
    """A measurement: 1 where the file name ends with one of the suffixes, 0 where it does not, NaN without a name."""

    key: str
    suffixes: tuple[str, ...] | None

    def __call__(self, documents: Documents) -> np.ndarray:
        """Look at the names."""
        suffixes = _redpajama_suffixes() if self.suffixes is None else self.suffixes
        names = documents.values(self.key, required=False)
        return np.array([name.endswith(suffixes) if isinstance(name, str) else np.nan for name in names], np.float64)


def _redpajama_suffixes() -> tuple[str, ...]:
    lines = read_lines(str(catalog_path("words", "github_extensions.txt")))
    return tuple(line for line in lines if not line.startswith("#"))
