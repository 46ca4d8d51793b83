"""What format a pool file has: by its name, or by its first bytes where the name says nothing."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

from assay.base.errors import InputError
from assay.base.files import is_remote
from assay.pools.source import open_source
from assay.pools.unpack import READ, compression, unpack

Format = Literal["warc", "jsonl", "parquet"]

_FORMATS: dict[str, Format] = {
    ".warc": "warc",
    ".wet": "warc",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
_PACKINGS = (".gz", ".zst", ".zstd")
SUFFIXES = tuple(name + packing for name in _FORMATS for packing in ("", *_PACKINGS))
"""How the names of pool files end; what a folder is searched for."""


def format_of(path: str) -> Format:
    """The format of a file. InputError when neither its name nor its beginning tells."""
    return _by_name(path) or _by_content(path)


def _by_name(path: str) -> Format | None:
    name = PurePosixPath(urlsplit(path).path if is_remote(path) else path)
    suffix = PurePosixPath(name.stem).suffix if name.suffix.lower() in _PACKINGS else name.suffix
    return _FORMATS.get(suffix.lower())


def _by_content(path: str) -> Format:
    with open_source(path) as source:
        stored = source.peek(8)
        if stored.startswith(b"PAR1"):
            return "parquet"
        packed = compression(stored)
        start = unpack(source).read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if packed and packed not in READ:
        message = f"is compressed with {packed}, which assay does not read"
        raise InputError(message, where=path, hint="compress it with zstd or gzip instead")
    if start.startswith(b"WARC/"):
        return "warc"
    if start.startswith(b"{"):
        return "jsonl"
    if start.startswith(b"filedesc:"):
        message = "is an ARC file, the format before WARC, which assay does not read"
        raise InputError(message, where=path, hint="convert it, for example with: warcio recompress")
    raise InputError(
        "is neither WARC, JSONL nor Parquet, as far as its name and its beginning tell",
        where=path,
        hint=f"pool files end in {', '.join(_FORMATS)}, also with {', '.join(_PACKINGS)}",
    )
