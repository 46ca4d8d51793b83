"""JSON lines that must all be readable: those of assay's own datasets, and of evaluation tasks.

(Pools, which may be damaged, are read by the room ``pools``, with a quarantine.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.base.errors import InputError
from assay.pools.source import open_source
from assay.pools.unpack import Content, unpack


def read_jsonl(path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The line number (from 1) and the object of every line of a file, plain, gzip or zstd, local or remote.

    InputError, with the line, for the first one that is not a JSON object, and when the file is cut or corrupt.
    """
    with open_source(str(path)) as source:
        content = unpack(source)
        number = 0
        for number, line in enumerate(_lines(content), 1):
            if line.strip():
                yield number, _parse(line, f"{path}:{number}")
        if content.damage:
            raise InputError(f"{content.damage}; read well up to line {number}", where=path)


def _lines(content: Content) -> Iterator[bytes]:
    # Only "\n" ends a line: texts may hold U+0085 and U+2028, at which text-mode readers would split.
    rest = b""
    while block := content.read(1 << 20):
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
    if rest and not content.damage:
        yield rest


def _parse(line: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", where=where) from error
    if not isinstance(value, dict):
        raise InputError(f"must be a JSON object, not {type(value).__name__}", where=where)
    return value
