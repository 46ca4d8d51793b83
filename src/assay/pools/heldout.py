"""Documents that every Python installation has, to evaluate on: two domains, kept out of the embedded pool.

- ``prose``: the language reference as ``help("TOPIC")`` shows it (``pydoc_data.topics``), documentation in sentences.
- ``code``: source files of a few packages of the standard library.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from assay.base.errors import MachineError
from assay.pools.write import Document, start_of

LIMIT = 4_000
"""Bytes of each document, from its start, so that an evaluation is quick."""
_CODE_PACKAGES = ("asyncio", "concurrent", "email", "http", "json", "logging")
PACKAGES = frozenset({*_CODE_PACKAGES, "pydoc_data"})
"""What a pool must leave out of the standard library, with all that is in it."""

_SHORTEST_TOPIC, _SHORTEST_CODE = 200, 1_000
_TELLING_LINE = 20  # characters; shorter lines are alike by chance


def prose() -> Iterator[Document]:
    """The help topics. MachineError when this Python came without them."""
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise MachineError(
            "this Python comes without the texts of its help topics (the module pydoc_data)",
            hint="install the complete standard library, or evaluate on your own documents",
        ) from error
    for name in sorted(topics):
        if len(topics[name]) >= _SHORTEST_TOPIC:
            yield Document(f"pydoc/{name}", start_of(topics[name], LIMIT), f"heldout://pydoc/{name}")


def code() -> Iterator[Document]:
    """Source files of the packages, without the shortest."""
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(path for package in _CODE_PACKAGES for path in library.joinpath(package).rglob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        name = path.relative_to(library).as_posix()
        if len(text) >= _SHORTEST_CODE:
            yield Document(f"python/{name}", start_of(text, LIMIT), f"heldout://python/{name}")


def distinct(documents: Iterable[Document]) -> Iterator[Document]:
    """Leave out documents most of whose lines stand in earlier ones (some topics repeat others).

    So those that are left can be taken as independent.
    """
    seen: set[str] = set()
    for document in documents:
        lines = {line for line in document.text.split("\n") if len(line) >= _TELLING_LINE}
        if len(lines & seen) <= len(lines) / 2:
            seen |= lines
            yield document
