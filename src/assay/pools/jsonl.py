"""JSONL: one JSON object a line. Lines end at the line feed only, because text may hold any other line separator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from assay.pools.batch import MAX_DOCUMENT, TOO_LARGE, Row, rest_json, row_id, valid_string
from assay.pools.columns import Columns, Mapping, dotted_names, look_up, resolve, without
from assay.pools.pool import PoolFile
from assay.pools.quarantine import EMPTY_FILE, Reading
from assay.pools.unpack import Content

_BLOCK = 1 << 20
_HEAD_ROWS, _HEAD_BYTES = 1_000, 8_000_000  # the rows that tell which columns there are
_BOM = "\ufeff"
_EXCERPT = 2_000
_JSON_SPACE = b" \t\r\n"


class _Line(NamedTuple):
    number: int
    place: str
    """Where in the file it begins; unlike the number, it is known in a part of a file too."""
    line: bytes
    whole: bool = True
    """Of a line that is too large only the start is given."""


_Found = tuple[_Line, dict[str, Any]]


def read_rows(
    content: Content, columns: Columns, file: PoolFile, reading: Reading, beginning: Content | None = None
) -> Iterator[Row]:
    """The rows of a JSONL stream; lines that cannot be used go to ``reading``.

    The columns are looked for among all keys of the first 1,000 objects (or 8 MB) of the file, whose ``beginning`` must
    be given where ``content`` is a later part. InputError when there is no text.
    """
    objects = _objects(content, reading)
    head = list(_head(objects if beginning is None else _objects(beginning, Reading(lambda bad: None))))
    if not head:
        for _ in objects:  # none: what is not an object still goes to the quarantine
            raise AssertionError("the beginning of the file holds no object, and yet this part does")
        return
    mapping = resolve(columns, {name for _, row in head for name in dotted_names(row)}, file.path)
    for found, row in objects if beginning else chain(head, objects):
        text = _text(look_up(row, mapping.text)) if mapping.text else None
        if isinstance(text, str):
            reading.bad(reading.where("line", found.number, found.place), text, found.line)
        else:
            yield _row(row, text, mapping, file.prefix, found.place)


def _row(row: dict[str, Any], text: bytes | None, mapping: Mapping, prefix: str, place: str) -> Row:
    given = look_up(row, mapping.id) if mapping.id else None
    url = look_up(row, mapping.url) if mapping.url else None
    rest = without(row, (mapping.text, mapping.id, mapping.url))
    return Row(row_id(given, prefix, place), text, valid_string(url), rest=rest_json(rest))


def _text(value: Any) -> bytes | str:
    """The text as UTF-8, or what is wrong with it."""
    if value is None:
        return "no text"
    if not isinstance(value, str):
        return "text is not a string"
    try:
        return value.encode()
    except UnicodeEncodeError:
        return "text is not valid Unicode"


def _head(objects: Iterator[_Found]) -> Iterator[_Found]:
    size = 0
    for count, found in enumerate(objects, 1):
        yield found
        size += len(found[0].line)
        if count >= _HEAD_ROWS or size >= _HEAD_BYTES:
            return


def _objects(content: Content, reading: Reading) -> Iterator[_Found]:
    """Line and object, for every line that holds a JSON object."""
    for found in _lines(content, reading):
        value = _parse(found.line) if found.whole else TOO_LARGE
        if isinstance(value, dict):
            yield found, value
        elif value is not None:
            reading.bad(reading.where("line", found.number, found.place), value, found.line)


def _parse(line: bytes) -> dict[str, Any] | str | None:
    """The object in a line, or what is wrong with it; None for a blank line.

    Byte order marks are passed over: they stand at the beginning of a file, and inside it when files were joined.
    """
    try:
        text = line.decode().lstrip(_BOM)
    except UnicodeDecodeError:
        return "not UTF-8"
    if not text.strip(_JSON_SPACE.decode()):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "not JSON"
    return value if isinstance(value, dict) else "not a JSON object"


def _lines(content: Content, reading: Reading) -> Iterator[_Line]:
    """Every line, without its end. A line cut by damage to the file goes to ``reading`` with the damage."""
    number, parts, size, begins, empty = 1, [], 0, 0, True
    while block := content.read(_BLOCK):
        empty = False
        if not size and block.count(b"\n") == len(block):  # millions of empty lines, in a bomb
            number, begins = number + len(block), begins + len(block)
            continue
        *ended, rest = block.split(b"\n")
        for end in ended:
            yield _Line(number, content.place(begins), *_join(parts, end, size))
            begins += size + len(end) + 1
            number, parts, size = number + 1, [], 0
        size += len(rest)
        if size <= MAX_DOCUMENT:
            parts.append(rest)
    last, whole = _join(parts, b"", size)
    place = content.place(begins)
    if content.damage:
        reading.bad(reading.where("line", number, place), content.damage, last)
    elif empty:
        reading.bad("file", EMPTY_FILE)
    elif last:
        yield _Line(number, place, last, whole)


def _join(parts: list[bytes], end: bytes, size: int) -> tuple[bytes, bool]:
    if size + len(end) > MAX_DOCUMENT:
        return b"".join(parts)[:_EXCERPT], False
    return b"".join([*parts, end]), True
