"""DCLM's substring_line_modifier: drop lines that hold a phrase, or the phrase alone."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Literal

import numpy as np
from pydantic import model_validator

from assay.curation.documents import Documents, offsets_of
from assay.curation.step import Modified, Modifier
from assay.text.rewriting import keep_lines, line_columns, lines_of, texts_of

# In a regular expression these do not stand for themselves; what holds one is not searched for as a plain string.
_SPECIAL = frozenset("\\|()[]{}?*+^$")
# Ends of plain strings: a dot stands for anything, and letters beyond ASCII have other forms.
_ENDS_OF_PLAIN = re.compile(r"[.\n]|[^\x00-\x7f]")
# Where case is ignored, these may stand for more than ASCII letters (kernels.literals).
_AMBIGUOUS = frozenset("iksIKS")
_BY_FREQUENCY = " etaoinshrdlcumwfgypbvkjxqz"  # of English text, roughly


class SubstringLineModifier(Modifier):
    """Drops lines that hold one of the phrases, or only the phrases; strips the document.

    As in DCLM, a phrase is a regular expression: "Read more..." also means "Read more" and any three characters.
    """

    banlist: str | list[str]
    """The phrase or phrases."""
    case_sensitive: bool = False
    location: Literal["any", "prefix", "suffix"] = "any"
    """Where in the line the phrase must stand."""
    max_length: float | None = None
    """Leave lines of more words (str.split) alone."""
    remove_substring_only: bool = False
    """Cut out the phrases, with one white space beside each; drop only lines that are blank then, or were before."""

    @model_validator(mode="after")
    def _phrases_are_regular_expressions(self) -> SubstringLineModifier:
        try:
            self._pattern()
        except re.error as error:
            raise ValueError(f"banlist: not a regular expression: {error}") from error
        return self

    def modify(self, documents: Documents) -> Modified:
        """The documents without these lines, or phrases."""
        lines, columns = documents.derived(lines_of), line_columns(documents)
        short = np.ones(len(columns), np.bool_) if self.max_length is None else columns["words"] <= self.max_length
        blank = short & (columns["words"] == 0) & (columns["characters"] > 0)
        keep = ~blank if self.remove_substring_only else np.ones(len(columns), np.bool_)
        candidates = np.flatnonzero(self._may_hold_phrase(documents, keep & short))
        edits, pattern = [], self._pattern()
        for line, text in zip(candidates.tolist(), texts_of(documents, lines, candidates), strict=True):
            changed = self._change(text, pattern)
            if changed is None:
                keep[line] = False
            elif changed != text:
                edits.append((line, changed))
        return keep_lines(documents, keep, strip=True, edits=edits)

    def _change(self, line: str, pattern: re.Pattern[str]) -> str | None:
        """What becomes of a line; None when it is dropped."""
        if not self.remove_substring_only:
            return None if pattern.search(line) else line
        changed = pattern.sub("", line)
        return None if line and (not changed or changed.isspace()) else changed

    def _pattern(self) -> re.Pattern[str]:
        phrases = f"(?:{'|'.join(self._phrases())})"
        located = {"any": rf"\s?{phrases}", "prefix": rf"^{phrases}\s?", "suffix": rf"\s?{phrases}$"}[self.location]
        return re.compile(located, 0 if self.case_sensitive else re.IGNORECASE)

    def _phrases(self) -> list[str]:
        phrases = [self.banlist] if isinstance(self.banlist, str) else self.banlist
        return phrases if self.case_sensitive else [phrase.lower() for phrase in phrases]

    def _may_hold_phrase(self, documents: Documents, among: np.ndarray) -> np.ndarray:
        """Which of these lines (bool) to look at closer; too many rather than too few."""
        from assay.text.kernels.literals import lines_that_may_hold

        lines = documents.derived(lines_of)
        plain = [_plain_part(phrase) for phrase in self._phrases()]
        places = [_rare_pair(part, set() if self.case_sensitive else _AMBIGUOUS) for part in plain]
        if min(places, default=-1) < 0:
            return among
        content = np.frombuffer("".join(plain).encode(), np.uint8)
        strings = content, offsets_of([len(part) for part in plain]), np.array(places)
        return lines_that_may_hold(*documents.text_bytes(), lines.arrays, among, _fold(self.case_sensitive), strings)


def _plain_part(phrase: str) -> str:
    """The longest plain string that whatever matches the phrase must hold; empty when there is none."""
    return "" if _SPECIAL & set(phrase) else max(_ENDS_OF_PLAIN.split(phrase), key=len)


def _rare_pair(part: str, ambiguous: Set[str]) -> int:
    """Where in a plain string two characters begin that are rare, and not ambiguous; -1 when there are none."""
    pairs = [place for place in range(len(part) - 1) if not ambiguous & set(part[place : place + 2])]
    return max(pairs, key=lambda place: sum(map(_rarity, part[place : place + 2])), default=-1)


def _rarity(character: str) -> int:
    rank = _BY_FREQUENCY.find(character.lower())
    return len(_BY_FREQUENCY) if rank < 0 else rank


def _fold(case_sensitive: bool) -> np.ndarray:
    """What each byte of the text is compared as, as ``kernels.literals`` wants it."""
    from assay.text.kernels.literals import ANYTHING

    table = bytes(range(256))
    if not case_sensitive:
        table = table[:128].lower() + bytes([ANYTHING]) * 128
    return np.frombuffer(table, np.uint8)
