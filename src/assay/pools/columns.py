"""Which columns of a file hold the text, the id and the address.

Each publisher names them differently (``content``, ``raw_content``, ``WARC-Target-URI`` …). The names that are known
are tried in order; others are set by hand (``--columns text=NAME``). A dot leads into a nested column: ``meta.url``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from assay.base.errors import InputError
from assay.base.settings import Settings

_TEXT = ("text", "content", "raw_content", "TEXT", "Text", "body", "document", "page_content", "main_text", "caption")
_ID = (
    *("id", "uid", "doc_id", "uuid", "document_id", "warc_record_id", "WARC-Record-ID"),
    *("metadata.WARC-Record-ID", "warc_headers.warc-record-id"),
)
_URL = (
    *("url", "URL", "uri", "source_url", "WARC-Target-URI", "warc_target_uri"),
    *("metadata.WARC-Target-URI", "metadata.url", "meta.url", "warc_headers.warc-target-uri"),
)
NO_TEXT = "-"
_SHOWN = 30


class Columns(Settings):
    """The names of the columns; None means: find it among the names in common use."""

    text: str | None = None
    """``-``: the rows have no text yet, a step of the recipe will make it."""
    id: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Mapping:
    """The columns of one file; None where there is no such column, or it is not wanted."""

    text: str | None
    id: str | None
    url: str | None


def resolve(columns: Columns, names: Collection[str], where: str) -> Mapping:
    """Find the columns among the (dotted) names that a file has.

    InputError when there is no text column, or when a column that was set by hand is not there.
    """
    text = None if columns.text == NO_TEXT else _find("text", columns.text, _TEXT, names, where)
    if text is None and columns.text != NO_TEXT:
        raise _missing("no column is known to hold text", "text", names, where)
    return Mapping(text, _find("id", columns.id, _ID, names, where), _find("url", columns.url, _URL, names, where))


def _find(role: str, given: str | None, known: tuple[str, ...], names: Collection[str], where: str) -> str | None:
    if given is None:
        return next((name for name in known if name in names), None)
    if given not in names:
        raise _missing(f"there is no column {given!r}", role, names, where)
    return given


def _missing(problem: str, role: str, names: Collection[str], where: str) -> InputError:
    shown = ", ".join(sorted(names)[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    return InputError(f"{problem}; the columns are: {shown or 'none'}", where=where, hint=f"--columns {role}=NAME")


def look_up(row: dict[str, Any], name: str) -> Any:
    """The value of a column in a JSON object, or None. ``a.b`` is a key of that name, or ``b`` inside ``a``."""
    if name in row:
        return row[name]
    outer, _, inner = name.partition(".")
    nested = row.get(outer)
    return look_up(nested, inner) if inner and isinstance(nested, dict) else None


def without(row: dict[str, Any], names: Iterable[str | None]) -> dict[str, Any]:
    """A JSON object without the columns that ``look_up`` would find under these names; nested ones stay."""
    taken = set(names)
    return {name: value for name, value in row.items() if name not in taken}


def dotted_names(row: dict[str, Any], depth: int = 4) -> Iterator[str]:
    """The names of all columns of a JSON object, nested ones with dots, down to a depth."""
    for name, value in row.items():
        yield name
        if depth > 1 and isinstance(value, dict):
            yield from (f"{name}.{inner}" for inner in dotted_names(value, depth - 1))
