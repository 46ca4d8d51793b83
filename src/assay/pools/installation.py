"""The text files of this Python installation, and the docstrings in them. Files are read, never imported or run."""

from __future__ import annotations

import codecs
import os
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from assay.pools.batch import valid_string
from assay.pools.docstrings import docstrings
from assay.pools.write import Document, start_of

KINDS = (
    *(".md", ".rst", ".txt", ".html", ".htm", ".json", ".js", ".css", ".py", ".pyi", ".csv", ".xml", ".h"),
    *(".toml", ".cfg"),
)
FILE_LIMIT = 50_000
"""Bytes of a file that are taken, from its start."""
SHORTEST_DOCSTRING = 200
"""Characters; shorter ones are rarely more than a line."""
LIBRARY = "python"
"""The first part of the names of files in the standard library."""

_NAMES = re.compile(r"METADATA|(LICEN[CS]E|COPYING|NOTICE|AUTHORS).*")
_SKIPPED = re.compile(
    r"__pycache__|site-packages|dist-packages"
    r"|direct_url\.json|__editable__.*"  # hold paths of this machine
    r"|assay|assay-.*"
)
_DOCSTRING_SHARE = 0.12  # of the bytes of Python files are such docstrings, on average over many packages


class Source(NamedTuple):
    """What gives documents: a file as a whole, or its docstrings."""

    name: str
    """Where it lies in the installation, such as ``numpy/linalg/linalg.py`` or ``python/ast.py``."""
    docstrings: bool
    path: str
    size: float
    """Bytes of text to be expected."""

    @property
    def kind(self) -> str:
        """``docstring``, ``metadata``, ``licence``, or the suffix of the file."""
        if self.docstrings:
            return "docstring"
        suffix = os.path.splitext(self.name)[1]
        return suffix if suffix in KINDS else "metadata" if self.name.endswith("METADATA") else "licence"


def sources(left_out: frozenset[str] = frozenset()) -> list[Source]:
    """Everything there is, by name, without the modules and packages of the standard library in ``left_out``."""
    packages = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    found = [source for folder in packages if os.path.isdir(folder) for source in _below(folder, "")]
    for entry in os.scandir(sysconfig.get_path("stdlib")):
        if entry.name.removesuffix(".py") not in left_out:
            found += _of(entry, f"{LIBRARY}/{entry.name}")
    return sorted(found)


def _below(folder: str, prefix: str) -> Iterator[Source]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield from _of(entry, prefix + entry.name)


def _of(entry: os.DirEntry[str], name: str) -> Iterator[Source]:
    if _SKIPPED.fullmatch(entry.name) or entry.is_symlink():
        return
    if entry.is_dir():
        yield from _below(entry.path, f"{name}/")
    elif entry.name.endswith(KINDS) or _NAMES.fullmatch(entry.name):
        size = entry.stat().st_size
        yield Source(name, False, entry.path, min(size, FILE_LIMIT))
        if name.endswith(".py"):
            yield Source(name, True, entry.path, size * _DOCSTRING_SHARE)


def documents(source: Source) -> list[Document]:
    """The documents of a source. OSError, UnicodeDecodeError, or ValueError when it is not Python source."""
    return list(_docstrings(source) if source.docstrings else _file(source))


def _file(source: Source) -> Iterator[Document]:
    with open(source.path, "rb") as file:
        data = file.read(FILE_LIMIT + 1)
    text = codecs.getincrementaldecoder("utf-8")().decode(data, final=len(data) <= FILE_LIMIT)
    if text and not text.isspace():
        yield Document(source.name, start_of(text, FILE_LIMIT), f"installed://{source.name}")


def _docstrings(source: Source) -> Iterator[Document]:
    module = source.name.removesuffix(".py")
    for name, text in docstrings(Path(source.path).read_bytes()):
        if len(text) >= SHORTEST_DOCSTRING and valid_string(text):
            yield Document(f"{module}:{name}", text, f"installed://{source.name}#{name}")
