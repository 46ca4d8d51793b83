"""Lists of banned strings: read from a file or given in a recipe, and made ready to be searched for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from pydantic import model_validator

from assay.base.errors import InputError
from assay.base.files import open_bytes
from assay.curation.documents import string_bytes
from assay.curation.step import Filter

if TYPE_CHECKING:
    from assay.text.kernels.trie import Search


@dataclass(frozen=True)
class Banlist:
    """The banned strings: those in a file, one a line, or else those given."""

    given: tuple[str, ...]
    file: str | None = None

    def entries(self) -> tuple[str, ...]:
        """The strings, in order, as they are written. InputError when there are none."""
        entries = self.given if self.file is None else tuple(read_lines(self.file))
        if not entries:
            raise InputError("the banlist is empty", where=self.file, hint="give some strings, or leave the step out")
        return entries


def read_lines(file: str) -> list[str]:
    """The lines of a file of text, as str.splitlines() gives them. InputError when it is not UTF-8."""
    with open_bytes(file) as stream:
        try:
            return stream.read().decode("utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise InputError(f"not a text file in UTF-8: {error}", where=file) from error


class BanlistFilter(Filter):
    """What the filters by a banlist share: where the list comes from."""

    file_parameters: ClassVar[tuple[str, ...]] = ("banlist_from_fname",)

    banlist: str | list[str] | None = None
    """The banned strings."""
    banlist_from_fname: str | None = None
    """A file of banned strings, one a line; it takes precedence over ``banlist``."""

    @model_validator(mode="after")
    def _has_a_list(self) -> Self:
        if self.banlist is None and self.banlist_from_fname is None:
            raise ValueError("needs a banlist, or banlist_from_fname")
        if (self.banlist_from_fname or "").endswith((".pkl", ".pickle")):
            raise ValueError(
                "banlist_from_fname: a pickle could run any code when it is read; give a text file instead"
            )
        return self

    def _banned(self) -> Banlist:
        if self.banlist_from_fname is not None:
            return Banlist((), self.banlist_from_fname)
        return Banlist((self.banlist,) if isinstance(self.banlist, str) else tuple(self.banlist or ()))


def make_search(
    entries: Iterable[str], *, any_case: bool = False, whole_words: bool = False, place: int = 0, enough: int = 1
) -> Search:
    """A search for strings, none of them empty, as ``kernels.trie.Search`` describes it.

    With ``any_case``, capital ASCII letters of the text count as small ones.
    """
    import pyarrow as pa

    from assay.text.kernels.trie import Search, build_trie

    fold = np.arange(256, dtype=np.uint8)
    if any_case:
        fold[ord("A") : ord("Z") + 1] += 32
    strings = pa.array(sorted(entry.encode() for entry in set(entries)), pa.large_binary()).view(pa.large_string())
    return Search(build_trie(*string_bytes(strings), fold), whole_words, place, enough)
