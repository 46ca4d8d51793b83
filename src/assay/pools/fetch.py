"""A pool from elsewhere: files of Common Crawl, downloaded, checked, and recorded by their content.

The pool is a folder in which the files lie as at the source, with ``manifest.jsonl`` (path, bytes, sha256 and source of
every file). Its id is the one that ``describe_pool`` gives the same files: it says what they are, not how they came.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.base.errors import AssayError, MachineError
from assay.base.files import write_bytes
from assay.base.fingerprint import fingerprint
from assay.base.progress import log, progress
from assay.base.units import Bytes
from assay.pools.columns import Columns
from assay.pools.commoncrawl import Selection
from assay.pools.download import Patience, Target, download, hash_file, insist
from assay.pools.pool import MANIFEST, pool_config
from assay.pools.remote import Pace, Store, open_store
from assay.records.artifact import Draft, Identity, build, existing, taken
from assay.records.record import Output, Record, read_record

CONNECTIONS = 4
_PER_SECOND = 10  # requests; Common Crawl can answer a few thousand a second, of all its users
_HOPELESS = 10  # files that fail one after the other, with none in between: the source is gone
_LOOKED_AT = 100  # files whose size is asked for before a large sample


def fetch(
    selection: Selection, out: Path, source: str, connections: int = CONNECTIONS, patience: Patience | None = None
) -> Record:
    """Make the pool in the folder ``out``; returns its record at once when it is there, goes on when it was begun.

    InputError when the selection names what the source does not have; MachineError when files do not come: the others
    are kept, and the same call goes on with those.
    """
    record = existing(out)
    if record:
        if record.metrics.get("request") == selection.request:
            return record
        raise taken(out, record)
    store = open_store(source, Pace(_PER_SECOND))
    work = _Work(store, patience or Patience(), connections)
    with build(out, Identity("pool", selection.name, {"request": selection.request})) as draft:
        targets = _targets(draft, selection, work)
        work.fetch(draft, targets)
        files = _entries(draft, targets)
        write_bytes(draft.folder / MANIFEST, _lines(files).encode())
        outputs = [Output(path=file["path"], bytes=file["bytes"], sha256=file["sha256"]) for file in files]
        draft.identity = Identity("pool", selection.name, pool_config(outputs, Columns()))
        draft.hashes.update({output.path: output.sha256 for output in outputs})
        draft.metrics |= {"request": selection.request, "bytes": sum(output.bytes for output in outputs)}
    return read_record(out)


@dataclass(frozen=True)
class Preview:
    """What would be fetched."""

    paths: list[str]
    bytes: int
    """Of all files: asked for where there are at most 100, otherwise estimated from the first 100."""


def preview(selection: Selection, source: str, connections: int = CONNECTIONS) -> Preview:
    """Look at what a selection means, without fetching any of it."""
    store, patience = open_store(source, Pace(_PER_SECOND)), Patience()
    targets = selection.targets(store, patience)

    def size(target: Target) -> int:
        found = insist(lambda: store.size(target.path), store, target.path, patience, lambda: 0)
        return found or 0

    with ThreadPoolExecutor(connections) as threads:
        sizes = list(threads.map(size, targets[:_LOOKED_AT]))
    return Preview([target.path for target in targets], round(sum(sizes) * len(targets) / len(sizes)))


@dataclass(frozen=True)
class _Work:
    store: Store
    patience: Patience
    connections: int

    def fetch(self, draft: Draft, targets: list[Target]) -> None:
        """Bring all files, some at the same time. MachineError when some do not come."""
        with ThreadPoolExecutor(self.connections) as threads, progress("fetching", len(targets), "files") as shown:
            futures = {threads.submit(self._fetch_one, draft, target): target for target in targets}
            try:
                failed = self._watch(futures, lambda size: shown.advance(1, str(Bytes(size))))
            finally:  # also after Ctrl-C: what waits or reads is told
                self.store.pace.stop()
                threads.shutdown(cancel_futures=True)
        if failed:
            raise MachineError(
                f"{len(failed)} of {len(targets)} files could not be fetched, the first because: {failed[0].message}",
                where=failed[0].where,
                hint="run the same command again: it goes on with these",
            ) from failed[0]

    def _watch(self, futures: dict[Future[int], Target], done: Callable[[int], None]) -> list[AssayError]:
        failed: list[AssayError] = []
        size = in_a_row = 0
        for future in as_completed(futures):
            try:
                size, in_a_row = size + future.result(), 0
            except AssayError as error:
                log(str(error))
                failed.append(error)
                in_a_row += 1
                if in_a_row >= _HOPELESS:
                    return failed
            done(size)
        return failed

    def _fetch_one(self, draft: Draft, target: Target) -> int:
        place, fact = draft.folder / target.path, _fact(draft, target)
        if not place.exists():
            part = fact.with_suffix(".part")
            arrived = download(self.store, target, part, self.patience)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(part, place)
        elif not fact.exists():  # killed at this very place
            arrived = hash_file(place)[0]
        else:
            return place.stat().st_size
        entry = {"path": target.path, **arrived._asdict(), "source": self.store.address(target.path)}
        write_bytes(fact, json.dumps(entry).encode())
        return arrived.bytes


def _targets(draft: Draft, selection: Selection, work: _Work) -> list[Target]:
    """What to fetch, chosen once and kept: a run that goes on does not ask for the indexes again."""
    kept = draft.work / "targets.json"
    if not kept.exists():
        write_bytes(kept, json.dumps(selection.targets(work.store, work.patience)).encode())
    return [Target(*target) for target in json.loads(kept.read_bytes())]


def _fact(draft: Draft, target: Target) -> Path:
    """Where it is noted that a file has come."""
    return draft.work / f"{fingerprint(target.path)[:20]}.json"


def _entries(draft: Draft, targets: list[Target]) -> list[dict[str, Any]]:
    """A line of the manifest for each file, in the order in which ``describe_pool`` takes the files of a folder."""
    return sorted((json.loads(_fact(draft, target).read_bytes()) for target in targets), key=lambda file: file["path"])


def _lines(files: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(file) + "\n" for file in files)
