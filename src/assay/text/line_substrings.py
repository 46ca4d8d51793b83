"""DCLM's substring_line_modifier: drop lines that hold a phrase, or the phrase alone."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
from pydantic import model_validator

from assay.curation.documents import Documents, offsets_of
from assay.curation.step import Modified, Modifier
from assay.text.rewriting import keep_lines, line_columns, lines_of, texts_of

# In a regular expression these do not stand for themselves; what holds one is not searched for as a plain string.
_SPECIAL = frozenset("\\|()[]{}?*+^$")
# Ends of plain strings: a dot stands for anything; where case is ignored, these letters also match İ, ı, ſ and the
# Kelvin sign, and letters beyond ASCII their other forms.
_ENDS_OF_PLAIN = {True: re.compile(r"[.\n]"), False: re.compile(r"[.\niksIKS]|[^\x00-\x7f]")}


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
        candidates = np.flatnonzero(keep & short & self._may_hold_phrase(documents))
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

    def _may_hold_phrase(self, documents: Documents) -> np.ndarray:
        """Which lines to look at closer: bool (lines), true too often rather than too seldom."""
        from assay.text.kernels.literals import lines_with

        lines = documents.derived(lines_of)
        plain = [_plain_part(phrase, self.case_sensitive).encode() for phrase in self._phrases()]
        if not all(plain):
            return np.ones(len(lines.values), np.bool_)
        strings = np.frombuffer(b"".join(plain), np.uint8), offsets_of([len(string) for string in plain])
        return lines_with(*documents.text_bytes(), lines.arrays, _fold(self.case_sensitive), strings)


def _plain_part(phrase: str, case_sensitive: bool) -> str:
    """The longest plain string that whatever matches the phrase must hold; empty when there is none."""
    if _SPECIAL & set(phrase):
        return ""
    return max(_ENDS_OF_PLAIN[case_sensitive].split(phrase), key=len)


def _fold(case_sensitive: bool) -> np.ndarray:
    """What each byte of the text is compared as: itself, or the small ASCII letter."""
    table = bytes(range(256))
    return np.frombuffer(table if case_sensitive else table.lower(), np.uint8)
