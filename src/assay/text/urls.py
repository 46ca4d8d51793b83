"""Filter on the URL: banned domains, and banned strings within the URL, with the decisions of DCLM's mapper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Self
from urllib.parse import urlparse

import numpy as np
from pydantic import Field, model_validator

from assay.base.errors import InputError
from assay.curation.documents import Documents, string_bytes
from assay.curation.step import Rule
from assay.text.banlists import Banlist, BanlistFilter, make_search
from assay.text.characters import character_table
from assay.text.measures import lowered

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.text.kernels.trie import Search


class UrlSubstringFilter(BanlistFilter):
    """Drops documents by their URL: its domain is banned, or it holds banned strings. Drops those without a URL.

    As in DCLM, ``ignore_chars: [www]`` takes letters away, not a prefix: ``www.site.org`` becomes ``.site.org``, which
    is not the banned ``site.org``. ``strip_www`` does what this is meant to do.
    """

    ignore_chars: str | list[str] | None = None
    """Strings that are deleted from the URL or domain, wherever they are, before looking."""
    num_banned_substrs: int = Field(default=1, ge=1)
    """How many different banned strings it takes."""
    exact_domain_match: bool = False
    """Compare the domain (the URL's network location, with user and port) to the banned strings as a whole."""
    match_substrings: bool = True
    """Find banned strings anywhere; otherwise only between word boundaries (``_`` and digits belong to words)."""
    case_sensitive: bool = False
    strip_www: bool = False
    """Take ``www.`` off the beginning of the domain (only with exact_domain_match)."""

    @model_validator(mode="after")
    def _www_belongs_to_a_domain(self) -> Self:
        if self.strip_www and not self.exact_domain_match:
            raise ValueError("strip_www needs exact_domain_match")
        return self

    def rules(self) -> tuple[Rule, ...]:
        """There is a URL; its domain is not banned, or there are not too many banned strings in it."""
        ignored = tuple(self.ignore_chars or ())
        if self.exact_domain_match:
            banned = BannedDomains(self._banned(), self.case_sensitive, ignored, self.strip_www)
            return _HAS_URL, Rule("banned domains", banned, maximum=0)
        enough = self.num_banned_substrs
        strings = BannedStrings(self._banned(), self.case_sensitive, ignored, not self.match_substrings, enough)
        return _HAS_URL, Rule("banned strings in the URL", strings, maximum=enough - 1)


def has_url(documents: Documents) -> np.ndarray:
    """1 where a document has a URL, NaN where not."""
    return np.where(np.asarray(_urls(documents).is_null()), np.nan, 1.0)


_HAS_URL = Rule("URL", has_url)

# The characters beyond ASCII that re.IGNORECASE takes for a small letter of ASCII (the Kelvin sign is gone by then).
_SMALL_ASCII = str.maketrans("ſı", "si")


def _urls(documents: Documents) -> pa.LargeStringArray:
    """The URLs. InputError when the pool has none."""
    import pyarrow as pa

    index = documents.batch.schema.get_field_index("url")
    if index < 0:
        raise InputError("the documents have no URL", hint="--columns url=NAME says which column of the pool holds it")
    return documents.batch.column(index).cast(pa.large_string())


@dataclass(frozen=True)
class BannedDomains:
    """A measurement: 1 where the domain of the URL is banned, 0 where not, NaN where it has none that can be read."""

    banlist: Banlist
    case_sensitive: bool
    ignored: tuple[str, ...]
    strip_www: bool

    def __call__(self, documents: Documents) -> np.ndarray:
        """Look them up."""
        import pyarrow.compute as pc

        from assay.text.kernels.hosts import are_members

        domains = domains_of(_urls(documents))
        unknown = np.asarray(domains.is_null())
        domains = domains.fill_null("") if self.case_sensitive else lowered(domains.fill_null(""))
        if self.strip_www:
            options = pc.ReplaceSubstringOptions("^www[.]", "")
            domains = pc.call_function("replace_substring_regex", [domains], options)
        found = are_members(*string_bytes(_without(domains, self.ignored)), *_index(self.banlist, self.case_sensitive))
        return np.where(unknown, np.nan, found)


@dataclass(frozen=True)
class BannedStrings:
    """A measurement: how many different banned strings a URL holds, counted up to ``enough``; NaN without a URL.

    They are taken from left to right without overlaps, at each place the longest, whatever the case: in the sense of
    re.IGNORECASE, in which also ``ſ`` is an ``s``. Where entries differ in such characters, it is not the longest but
    the one that comes first in the reference's expression; that matters only when more than one string is needed.
    """

    banlist: Banlist
    case_sensitive: bool
    ignored: tuple[str, ...]
    whole_words: bool
    enough: int

    def __call__(self, documents: Documents) -> np.ndarray:
        """Count them."""
        import pyarrow.compute as pc

        from assay.text.kernels.trie import count_entries

        given = _urls(documents)
        filled = given.fill_null("")
        urls = _without(filled if self.case_sensitive else lowered(filled), self.ignored)
        counts = count_entries(*string_bytes(urls), character_table(), _search(self)).astype(np.float64)
        if not self.case_sensitive:
            plain = np.asarray(pc.call_function("string_is_ascii", [urls])) & self._is_plain()
            for row in np.flatnonzero(~plain):
                counts[row] = self._count(urls[row].as_py())
        counts[np.asarray(given.is_null())] = np.nan
        return counts

    def _is_plain(self) -> bool:
        """Whether no two entries can be the same to re.IGNORECASE, or it does not matter."""
        return self.enough == 1 or all(map(str.isascii, _entries(self.banlist, self.case_sensitive)))

    def _count(self, url: str) -> int:
        """The same where characters can be the same that differ in more than a bit."""
        found = set(_pattern(self.banlist, self.whole_words).findall(url))
        return min(len(found), self.enough)


def _without(urls: pa.LargeStringArray, ignored: tuple[str, ...]) -> pa.LargeStringArray:
    """The URLs with some strings deleted, one after the other."""
    import pyarrow.compute as pc

    for string in filter(None, ignored):
        options = pc.ReplaceSubstringOptions(string, "")
        urls = pc.call_function("replace_substring", [urls], options)
    return urls


def domains_of(urls: pa.LargeStringArray) -> pa.LargeStringArray:
    """The network location of each URL; null where there is no URL or urllib refuses it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from assay.text.kernels.hosts import network_locations

    data, offsets, plain = network_locations(*string_bytes(urls.fill_null("")))
    domains = pa.LargeStringArray.from_buffers(len(urls), pa.py_buffer(offsets), pa.py_buffer(data))
    plain &= ~np.asarray(urls.is_null())
    if plain.all():
        return domains
    others = [_network_location(urls[row].as_py()) for row in np.flatnonzero(~plain)]
    mask = pa.array(~plain)
    return pc.call_function("replace_with_mask", [domains, mask, pa.array(others, pa.large_string())])


def _network_location(url: str | None) -> str | None:
    try:
        return None if url is None else urlparse(url).netloc
    except ValueError:  # an address in brackets that is none; the reference drops such a page as an error
        return None


def _entries(banlist: Banlist, case_sensitive: bool) -> list[str]:
    return [entry if case_sensitive else entry.lower() for entry in banlist.entries()]


@lru_cache(maxsize=8)
def _index(banlist: Banlist, case_sensitive: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The banned domains as bytes and offsets, and their hash table."""
    import pyarrow as pa

    from assay.text.kernels.hosts import index_strings

    data, offsets = string_bytes(pa.array(_entries(banlist, case_sensitive), pa.large_string()))
    return data, offsets, index_strings(data, offsets)


@lru_cache(maxsize=8)
def _search(strings: BannedStrings) -> Search:
    entries = _searched(strings.banlist, strings.case_sensitive)
    if not strings.case_sensitive:
        entries = [entry.translate(_SMALL_ASCII) for entry in entries]
    return make_search(entries, whole_words=strings.whole_words, enough=strings.enough)


@lru_cache(maxsize=8)
def _pattern(banlist: Banlist, whole_words: bool) -> re.Pattern[str]:
    any_entry = _trie(set(_searched(banlist, False)))
    return re.compile(rf"\b{any_entry}\b" if whole_words else any_entry, re.IGNORECASE)


def _trie(entries: set[str]) -> str:
    """The expression that the package retrie makes of strings: of branches side by side, the first that fits is taken.

    They are in the order of their expressions; those that end with their first character are one set.
    """
    first, last = min(entries), max(entries)
    shared = next((k for k, character in enumerate(first) if character != last[k]), len(first))
    prefix = re.escape(first[:shared])
    tails = sorted(entry[shared:] for entry in entries)
    if tails == [""]:
        return prefix
    below = {head: _trie({tail[1:] for tail in some}) for head, some in groupby(filter(None, tails), itemgetter(0))}
    leaves = [re.escape(head) for head, rest in below.items() if not rest]
    branches = [re.escape(head) + rest for head, rest in below.items() if rest]
    if leaves:
        branches.append(leaves[0] if len(leaves) == 1 else f"[{''.join(leaves)}]")
    any_branch = branches[0] if len(branches) == 1 else f"(?:{'|'.join(sorted(branches))})"
    if not tails[0]:
        any_branch = f"{any_branch}?" if len(leaves) == len(below) else f"(?:{any_branch})?"
    return prefix + any_branch


def _searched(banlist: Banlist, case_sensitive: bool) -> list[str]:
    """The strings to search for. InputError when one is empty: every URL holds it."""
    entries = _entries(banlist, case_sensitive)
    if "" in entries:
        raise InputError("the banlist has an empty entry", where=banlist.file, hint="delete the empty line")
    return entries
