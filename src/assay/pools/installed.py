"""The pool that every installation has: the text in its installed packages and the standard library.

A small, honest stand-in for a crawl: documentation and docstrings, but also licences repeated a hundred times, source
code, generated tables and minified scripts. Beside it, from the same installation: text held out to evaluate on, and
examples of good text.
"""

from __future__ import annotations

import hashlib
import platform
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from assay.pools import heldout
from assay.pools.installation import FILE_LIMIT, LIBRARY, SHORTEST_DOCSTRING, Source, documents, sources
from assay.pools.write import Document, write_documents, write_shards
from assay.records.artifact import Draft, Identity, build, finished
from assay.records.record import Record, read_record

_SHARD = 8_000_000
_NOT_DOCUMENTATION = frozenset({"test", "idlelib", "lib2to3", "turtledemo"})
_COLUMNS = {"text": "text", "id": "id", "url": "url"}


def collect_installed(out: str | Path, megabytes: float = 30.0) -> Record:
    """Make the pool: JSONL shards with about so many megabytes of text, a sample of what there is.

    Every file of a text format is a document, and every docstring of 200 characters or more. Whether they are in the
    sample depends on their names alone. What is held out for evaluation (``heldout.PACKAGES``) is not in the pool.
    """
    rules = {"megabytes": megabytes, "file_limit": FILE_LIMIT, "shortest_docstring": SHORTEST_DOCSTRING}
    identity = _identity(f"installed packages, {megabytes:g} MB", rules, {"distributions": _versions()})
    record = finished(out, identity)
    if record:
        return record
    with build(out, identity) as draft:
        sample = _sample(sources(left_out=heldout.PACKAGES), megabytes * 1e6)
        _write_shards(draft, _read(sample, draft))
    return read_record(out)


def collect_heldout(out: str | Path) -> Record:
    """Make the held-out text: ``shards/prose.jsonl.zst`` and ``shards/code.jsonl.zst``, about 70 documents each.

    It depends on the Python version alone. MachineError when this Python came without its help topics.
    """
    identity = _identity("held out", {"domains": ["code", "prose"], "limit": heldout.LIMIT})
    record = finished(out, identity)
    if record:
        return record
    with build(out, identity) as draft:
        for domain, found in (("prose", heldout.prose()), ("code", heldout.code())):
            name = f"shards/{domain}.jsonl.zst"
            draft.rows[name] = write_documents(draft.folder / name, heldout.distinct(found))
    return read_record(out)


def collect_positives(out: str | Path) -> Record:
    """Make the examples of good text, ``shards/00000.jsonl.zst``: the docstrings of the standard library.

    Without its tests and demonstrations, and without what is held out.
    """
    identity = _identity("standard library docstrings", {"shortest_docstring": SHORTEST_DOCSTRING})
    record = finished(out, identity)
    if record:
        return record
    with build(out, identity) as draft:
        found = sources(left_out=heldout.PACKAGES | _NOT_DOCUMENTATION)
        library = [source for source in found if source.docstrings and source.name.startswith(f"{LIBRARY}/")]
        name = "shards/00000.jsonl.zst"
        draft.rows[name] = write_documents(draft.folder / name, _read(library, draft))
    return read_record(out)


def _identity(name: str, rules: dict[str, Any], more: dict[str, Any] | None = None) -> Identity:
    config = {
        "source": name,
        "python": platform.python_version(),
        "platform": sysconfig.get_platform(),
        "held_out": sorted(heldout.PACKAGES),
        "rules": rules,
        "columns": _COLUMNS,
        **(more or {}),
    }
    return Identity("pool", name, config)


def _versions() -> dict[str, str]:
    found = {str(item.name): item.version for item in distributions() if item.name and item.name != "assay"}
    return {name: found[name] for name in sorted(found)}


def _sample(found: list[Source], size: float) -> list[Source]:
    """Those whose hash is so low that ``size`` bytes are to be expected, in the same proportions as in all."""
    share = size / max(1.0, sum(source.size for source in found))
    return [source for source in found if _hash(source) < share]


def _hash(source: Source) -> float:
    """A number in [0, 1) that depends on the name alone."""
    digest = hashlib.sha256(f"{source.name}#{source.docstrings:d}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _read(found: Iterable[Source], draft: Draft) -> Iterator[Document]:
    """The documents, counted by kind in the metrics; what cannot be read is counted there too."""
    count, characters, left_out = (
        draft.metrics.setdefault(name, Counter()) for name in ("documents", "characters", "left_out")
    )
    for source in found:
        try:
            inside = documents(source)
        except (OSError, ValueError) as error:
            left_out[_reason(error)] += 1
            continue
        for document in inside:
            count[source.kind] += 1
            characters[source.kind] += len(document.text)
            yield document


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return "not readable"
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else "not Python source"


def _write_shards(draft: Draft, found: Iterable[Document]) -> None:
    rows = write_shards(draft.folder / "shards", found, _SHARD)
    draft.rows.update({f"shards/{name}": count for name, count in rows.items()})
