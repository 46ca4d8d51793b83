"""Remove URLs and IPv4 addresses from text, as DCLM's mapper does."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from assay.base.errors import InputError
from assay.catalog import catalog_path
from assay.curation.documents import SLACK, Documents, string_bytes
from assay.curation.step import Modified, Modifier
from assay.text.banlists import make_search, read_lines
from assay.text.characters import character_table

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.text.kernels.trie import Search


class UrlRemovalModifier(Modifier):
    """Removes URLs, with the white space before them, and then IPv4 addresses; drops texts of which nothing is left.

    A URL is known by its top-level domain, so that ``me@mail.org`` and ``file.py`` are URLs too, but ``FOO.COM`` is
    not. As in DCLM, URLs are removed only from texts that *begin* with the letters of a top-level domain, in any case
    ("The" does, by ``th``; "Queen" does not): the reference matches its expression against the beginning where it
    means to search. ``every_text`` does what is meant.
    """

    file_parameters: ClassVar[tuple[str, ...]] = ("tlds_filepath",)

    tlds_filepath: str | None = None
    """A file of top-level domains, one a line, in small letters; lines that begin with ``#`` are comments.

    By default those of IANA's Root Zone Database, as DCLM has them.
    """
    every_text: bool = False
    """Remove URLs from every text."""

    def modify(self, documents: Documents) -> Modified:
        """Both removals, one after the other: cutting out a URL can make an address."""
        import pyarrow.compute as pc

        from assay.text.kernels.urls import find_addresses, find_urls

        text, tlds = documents.text, self.tlds_filepath
        wanted = np.ones(len(text), np.bool_) if self.every_text else _begins_with_domain(text, tlds)
        text = _without(text, find_urls(*string_bytes(text), character_table(), _search(tlds), wanted))
        text = _without(text, find_addresses(*string_bytes(text), character_table()))
        empty = pc.call_function("equal", [pc.call_function("binary_length", [text]), 0])
        return Modified(pc.call_function("if_else", [empty, None, text]))


def _without(text: pa.LargeStringArray, spans: np.ndarray) -> pa.LargeStringArray:
    """The texts with spans of their bytes cut out; int64 (spans, 2), in order, each within one text."""
    import pyarrow as pa

    if not len(spans):
        return text
    data, offsets = string_bytes(text)
    edges = np.concatenate([offsets[:1], spans.ravel(), offsets[-1:]]).reshape(-1, 2)
    slack = np.zeros(SLACK, np.uint8)
    left = np.concatenate([*(data[start:stop] for start, stop in edges.tolist()), slack])
    removed = np.concatenate([[0], np.cumsum(spans[:, 1] - spans[:, 0])])
    before = np.searchsorted(spans[:, 1], offsets, side="right")  # how many spans lie before each text
    offsets = offsets - offsets[0] - removed[before]
    return pa.LargeStringArray.from_buffers(len(text), pa.py_buffer(offsets), pa.py_buffer(left))


def _begins_with_domain(text: pa.LargeStringArray, file: str | None) -> np.ndarray:
    import pyarrow.compute as pc

    pattern, longest = _beginning(file)
    heads = pc.call_function("utf8_slice_codeunits", [text], pc.SliceOptions(0, longest)).to_pylist()
    return np.array([pattern.match(head) is not None for head in heads], np.bool_)


@lru_cache(maxsize=4)
def _domains(file: str | None) -> tuple[str, ...]:
    r"""The top-level domains as the reference searches for them.

    It escapes them twice, so that ``xn--p1ai`` is searched for as ``xn\-\-p1ai``; its own list has ``рф`` instead.
    """
    path = file or str(catalog_path("words", "iana_tlds.txt"))
    domains = tuple(re.escape(line) for line in read_lines(path) if line and not line.startswith("#"))
    if not domains:
        raise InputError("there is no top-level domain in this file", where=path)
    return domains


@lru_cache(maxsize=4)
def _search(file: str | None) -> Search:
    return make_search(_domains(file), whole_words=True)


@lru_cache(maxsize=4)
def _beginning(file: str | None) -> tuple[re.Pattern[str], int]:
    """What matches a text that begins with a top-level domain, and the length of the longest."""
    domains = _domains(file)
    return re.compile(_any_of(domains), re.IGNORECASE), max(map(len, domains))


def _any_of(beginnings: Iterable[str]) -> str:
    """An expression that matches where one of the strings begins."""
    by_first = defaultdict(list)
    for string in beginnings:
        if not string:
            return ""
        by_first[string[0]].append(string[1:])
    return f"(?:{'|'.join(re.escape(first) + _any_of(rest) for first, rest in by_first.items())})"
