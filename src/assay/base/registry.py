"""Names for things that live elsewhere: ``name -> "module:attribute"``, imported only when asked for.

Built-in names are a YAML table in the catalog; other packages add theirs by an entry point of the same group.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from assay.base.errors import InputError, unknown_name
from assay.base.settings import read_yaml
from assay.catalog import catalog_path


@cache
def _targets(group: str) -> dict[str, str]:
    targets = dict(read_yaml(catalog_path(f"{group}.yaml")))
    for point in entry_points(group=f"assay.{group}"):
        if point.name in targets:
            raise InputError(f"the {group} name {point.name!r} is taken", where=point.value)
        targets[point.name] = point.value
    return targets


def names(group: str) -> list[str]:
    """All names of a group (``steps`` or ``tasks``), sorted."""
    return sorted(_targets(group))


def look_up(group: str, name: str, where: object = None) -> Any:
    """The object behind a name; InputError with near misses when there is none."""
    targets = _targets(group)
    if name not in targets:
        raise unknown_name(group.rstrip("s"), name, targets, where)
    module, _, attribute = targets[name].partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"the {group} name {name!r} means {targets[name]}, which cannot be imported: {error}"
        ) from error
