"""Filter on banned strings in the text, with the decisions of DCLM's mapper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from assay.curation.documents import Documents, string_bytes
from assay.curation.step import Rule
from assay.text.banlists import Banlist, BanlistFilter, make_search
from assay.text.characters import character_table

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.text.kernels.trie import Search

Location = Literal["any", "prefix", "suffix"]

# What a regular expression takes for itself: ordinary characters, escaped ones, and a brace that repeats nothing.
_LITERAL = re.compile(r"(?:[^\\.^$*+?{\[|()]|\\[^a-zA-Z0-9]|\{(?![0-9,}]))+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class SubstringFilter(BanlistFilter):
    """Drops documents in which a banned string occurs.

    As in DCLM, the entries of the banlist are regular expressions: ``U.S.`` bans ``URSA`` too. ``escape`` takes them
    for what they are.
    """

    location: Location = "any"
    """Where: anywhere, or only at the beginning or the end of the text."""
    case_sensitive: bool = False
    """Otherwise both the text and the entries are lower-cased before."""
    exact_word: bool = False
    """Only between word boundaries."""
    escape: bool = False
    """The entries are strings, not regular expressions."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule: nothing banned is found."""
        found = BannedText(self._banned(), self.location, self.case_sensitive, self.exact_word, self.escape)
        return (Rule("banned strings", found, maximum=0),)


@dataclass(frozen=True)
class BannedText:
    """A measurement: 1 where something banned occurs in the text, 0 where not."""

    banlist: Banlist
    location: Location
    case_sensitive: bool
    exact_word: bool
    escape: bool

    def __call__(self, documents: Documents) -> np.ndarray:
        """Look for it: compiled when all entries are literal strings, else by Python's regular expressions."""
        from assay.text.kernels.trie import count_entries

        strings = _strings(self.banlist, self.case_sensitive, self.escape)
        if strings is None:
            return self._match(documents.text.to_pylist())
        text = (
            documents.text if self.case_sensitive else _lowered_where_needed(documents.text, strings, self.exact_word)
        )
        return count_entries(*string_bytes(text), character_table(), _search(self, strings))

    def _match(self, texts: list[str]) -> np.ndarray:
        search = _pattern(self).search
        return np.array([search(text if self.case_sensitive else text.lower()) is not None for text in texts], np.int64)


def _entries(banlist: Banlist, case_sensitive: bool) -> list[str]:
    return [entry if case_sensitive else entry.lower() for entry in banlist.entries()]


@lru_cache(maxsize=8)
def _strings(banlist: Banlist, case_sensitive: bool, escape: bool) -> tuple[str, ...] | None:
    """The entries, when all are literal strings; otherwise None."""
    entries = _entries(banlist, case_sensitive)
    if escape:
        return tuple(entries) if all(entries) else None
    if all(map(_LITERAL.fullmatch, entries)):
        return tuple(_ESCAPED.sub(r"\1", entry) for entry in entries)
    return None


@lru_cache(maxsize=8)
def _search(step: BannedText, strings: tuple[str, ...]) -> Search:
    from assay.text.kernels.trie import ANYWHERE, PREFIX, SUFFIX

    place = {"any": ANYWHERE, "prefix": PREFIX, "suffix": SUFFIX}[step.location]
    return make_search(strings, any_case=not step.case_sensitive, whole_words=step.exact_word, place=place)


@lru_cache(maxsize=8)
def _pattern(step: BannedText) -> re.Pattern[str]:
    entries = _entries(step.banlist, step.case_sensitive)
    pattern = f"(?:{'|'.join(map(re.escape, entries) if step.escape else entries)})"
    if step.exact_word:
        pattern = rf"\b{pattern}\b"
    return re.compile({"any": pattern, "prefix": f"^{pattern}", "suffix": f"{pattern}$"}[step.location])


def _lowered_where_needed(text: pa.LargeStringArray, strings: tuple[str, ...], words: bool) -> pa.LargeStringArray:
    """The texts, lower-cased where that changes more than ASCII letters of what could match.

    In an English banlist that is so where there is a Kelvin sign, which becomes a k, or a dotted capital I, which
    becomes an i and a dot that ends the word. The search itself sees to ASCII letters.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from assay.text.kernels.trie import count_entries

    capitals = _capitals_of(frozenset("".join(strings)), words)
    needed = ~np.asarray(pc.call_function("string_is_ascii", [text]))
    if not capitals or not needed.any():
        return text
    beyond_ascii = text.filter(pa.array(needed))
    needed[needed] = count_entries(*string_bytes(beyond_ascii), character_table(), _search_capitals(capitals)) > 0
    lowered = [text[row].as_py().lower() for row in np.flatnonzero(needed)]
    return pc.call_function("replace_with_mask", [text, pa.array(needed), pa.array(lowered, pa.large_string())])


@lru_cache(maxsize=8)
def _search_capitals(capitals: frozenset[str]) -> Search:
    return make_search(capitals)


@lru_cache(maxsize=8)
def _capitals_of(characters: frozenset[str], words: bool) -> frozenset[str]:
    """The characters beyond ASCII that become one of these when lower-cased; for words, also the dotted capital I."""
    found = {capital for capital, small in _capitals().items() if characters & set(small)}
    return frozenset(found | {"İ"} if words else found)


@cache
def _capitals() -> dict[str, str]:
    """The characters beyond ASCII that str.lower() changes, with all that they can become."""
    found = {character: character.lower() for character in map(chr, range(0x80, 0x1F000))}
    changed = {character: lower for character, lower in found.items() if lower != character}
    return changed | {"Σ": "σς"}  # the second at the end of a word
