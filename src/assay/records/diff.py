"""What differs between two artifacts: settings, inputs (back to where they first differ), files, results, environment.

Two artifacts of one id were made from the same with the same settings: then only files, results, and where they were
made can differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.base.files import below, exists, is_remote
from assay.records.record import RECORD_NAME, Record, read_record

ABSENT = "(absent)"
"""Stands for what only one of the two has."""
_PARTS = ("kind", "name", "assay_version", "config", "metrics", "environment")


@dataclass(frozen=True)
class Difference:
    """One value that is not the same."""

    artifact: str
    """Which: "" for the two that were named, else the path of inputs to it: "tokens/dataset"."""
    part: str
    """kind, name, assay_version, config, inputs, outputs, metrics or environment."""
    key: str
    """Where in the part: "optimizer.learning_rate", "recipe[2].minimum"."""
    a: Any
    b: Any


def differences(folder_a: str | Path, folder_b: str | Path) -> list[Difference]:
    """All that differs, causes before effects: what was made first comes first.

    Inputs with different ids are followed to their own records where those can be found.
    """
    return list(_between(folder_a, folder_b, ""))


def _between(folder_a: str | Path, folder_b: str | Path, artifact: str) -> Iterator[Difference]:
    a, b = read_record(folder_a), read_record(folder_b)
    for kind, parent_a, parent_b in _changed_inputs((folder_a, a), (folder_b, b)):
        path = f"{artifact}/{kind}".lstrip("/")
        if parent_a and parent_b:
            yield from _between(parent_a, parent_b, path)
    for place, (id_a, id_b) in enumerate(_paired(a.inputs, b.inputs)):
        if id_a != id_b:
            yield Difference(artifact, "inputs", f"[{place}]", id_a, id_b)
    for part in _PARTS:
        yield from _values(artifact, part, getattr(a, part), getattr(b, part))
    files_a, files_b = ({each.path: each.sha256 for each in record.outputs} for record in (a, b))
    yield from _values(artifact, "outputs", files_a, files_b)


def _changed_inputs(*sides: tuple[str | Path, Record]) -> Iterator[tuple[str, str | Path | None, str | Path | None]]:
    """The kind, and both folders, of inputs of the same place whose ids differ."""
    (folder_a, a), (folder_b, b) = sides
    for id_a, id_b in _paired(a.inputs, b.inputs):
        if id_a != id_b:
            found = _found(folder_a, a, id_a), _found(folder_b, b, id_b)
            kind = next((read_record(folder).kind for folder in found if folder), "input")
            yield kind, *found


def _found(folder: str | Path, record: Record, id_: str) -> str | Path | None:
    """Where an input lies, if it still lies where the record says and is still the same."""
    source = record.sources.get(id_, "")
    if not source or is_remote(folder):
        return None
    place = source if is_remote(source) else Path(folder).resolve() / source
    there = exists(below(place, RECORD_NAME)) and read_record(place).id == id_
    return place if there else None


def _paired(a: list[str], b: list[str]) -> list[tuple[str, str]]:
    """Ids of one list beside those of the other: what both have first, the rest in order."""
    both = set(a) & set(b)
    rest_a, rest_b = ([id_ for id_ in ids if id_ not in both] for ids in (a, b))
    longest = max(len(rest_a), len(rest_b))
    rest = zip(*(ids + [ABSENT] * (longest - len(ids)) for ids in (rest_a, rest_b)), strict=True)
    return [(id_, id_) for id_ in a if id_ in both] + list(rest)


def _values(artifact: str, part: str, a: Any, b: Any) -> Iterator[Difference]:
    flat_a, flat_b = dict(_flat("", a)), dict(_flat("", b))
    for key in dict.fromkeys([*flat_a, *flat_b]):
        left, right = flat_a.get(key, ABSENT), flat_b.get(key, ABSENT)
        if left != right:
            yield Difference(artifact, part, key, left, right)


def _flat(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of nested settings, each with where it is."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}".lstrip("."), inner)
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from _flat(f"{key}[{place}]", inner)
    else:
        yield key, value
