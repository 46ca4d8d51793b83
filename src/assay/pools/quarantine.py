"""Rows that cannot be used, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

EMPTY_FILE = "empty file"
_EXCERPT = 500


@dataclass(frozen=True)
class BadRow:
    """Something in a pool file that is not a usable candidate."""

    where: str
    """``line 17``, ``record 3``, ``row 8``, ``row group 2`` or ``file``; in a part of a file ``byte 12345``."""
    reason: str
    """A short text that is the same for all rows with this trouble: a key to count by."""
    excerpt: str = ""
    """The beginning of the row, or what is known of it: at most 500 characters, all printable."""
    rows: int = 1
    """Candidates lost; 1 where their number is not known, as behind the cut of a truncated file."""


@dataclass(frozen=True)
class Reading:
    """What one reading of a file meets besides candidates."""

    quarantine: Callable[[BadRow], None]
    skipped: Counter[str] = field(default_factory=Counter)
    """Parts of the file that are no candidates by their kind, such as WARC request records, counted by kind."""
    whole: bool = True
    """Whether the file is read from its beginning, so that its lines and records can be numbered."""

    def where(self, kind: str, number: int, place: str) -> str:
        """How to name a line or record."""
        return f"{kind} {number}" if self.whole else f"byte {place}"

    def bad(self, where: str, reason: str, content: str | bytes = "", rows: int = 1) -> None:
        """Quarantine a row."""
        self.quarantine(BadRow(where, reason, excerpt(content), rows))


def excerpt(content: str | bytes) -> str:
    """The beginning of a text as printable characters; what is not printable or not UTF-8 shows as an escape."""
    text = content if isinstance(content, str) else content[:_EXCERPT].decode("utf-8", "backslashreplace")
    return "".join(map(_escape, text[:_EXCERPT]))[:_EXCERPT]


def _escape(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
