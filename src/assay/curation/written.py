"""A step as it is written in a recipe file: read, changed by ``--set``, and made a step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assay.base.errors import InputError, unknown_name
from assay.base.registry import look_up, names
from assay.base.settings import override, validate
from assay.curation.own_step import find_step
from assay.curation.step import Step

_OFF = "off"


@dataclass(frozen=True)
class Written:
    """A step as it is written in a file."""

    name: str
    parameters: dict[str, Any]
    where: str
    folder: Path
    """What its file names are relative to."""

    def validated(self, folders: Iterable[Path] = ()) -> Step:
        """The step; InputError names the place and the parameter. ``folders``: where else its files may be."""
        where = f"{self.where} ({self.name})"
        places = [self.folder, Path(), *folders]
        kind = self._kind(places)
        named = {name: kind.model_fields[name].default for name in kind.file_parameters} | self.parameters
        files = {
            name: _look_for(named[name], places, f"{where}: {name}")
            for name in kind.file_parameters
            if isinstance(named[name], str | list)
        }
        return validate(kind, self.parameters | files, where)

    def _kind(self, places: list[Path]) -> type[Step]:
        if "." in self.name and self.name not in names("steps"):
            return find_step(self.name, places, self.where)
        return look_up("steps", self.name, self.where)


def written(entry: Any, where: str, folder: Path) -> Written:
    """A step from an entry of a list of steps; InputError when it has none of the known forms."""
    return Written(*_name_and_parameters(entry, where), where, folder)


def _name_and_parameters(entry: Any, where: str) -> tuple[str, dict[str, Any]]:
    if isinstance(entry, str):
        return entry, {}
    if isinstance(entry, dict) and "func" in entry:
        return str(entry["func"]), {name: value for name, value in entry.items() if name != "func" and name[0] != "_"}
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, parameters),) = entry.items()
        if parameters is None or isinstance(parameters, dict):
            return str(name), dict(parameters or {})
    keys = f"found the keys {', '.join(map(str, entry))}; " if isinstance(entry, dict) else ""
    raise InputError(
        "a step is a name, or a name with a mapping of parameters",
        where=where,
        hint=f"{keys}write - step_name: {{parameter: value}}, or indent the parameters below the name",
    )


def override_steps(steps: list[Written], assignment: str) -> list[Written]:
    """The steps after one assignment: ``name.parameter=value``, ``name#2.parameter=value`` or ``name=off``."""
    left, _, value = assignment.partition("=")
    target = _target(steps, left)
    chosen = _chosen(steps, target)
    if target == left and value.strip() == _OFF:
        return [step for index, step in enumerate(steps) if index not in chosen]
    if len(chosen) > 1:
        raise InputError(
            f"the recipe has {len(chosen)} steps {target}",
            where="--set",
            hint=f"say which: {target}#1{assignment.removeprefix(target)}",
        )
    changed = list(steps)
    for index in chosen:
        parameters = override(steps[index].parameters, [assignment.removeprefix(target).removeprefix(".")])
        changed[index] = replace(steps[index], parameters=parameters)
    return changed


def _target(steps: list[Written], left: str) -> str:
    """The step that the left side of an assignment names, with its number; own steps have dots in their names."""
    dotted = [step.name for step in steps if "." in step.name and re.match(rf"{re.escape(step.name)}($|[.#])", left)]
    name = max(dotted, key=len, default="")
    return name + left.removeprefix(name).partition(".")[0] if left != name else name


def _chosen(steps: list[Written], target: str) -> list[int]:
    """The places of the steps that ``name`` or ``name#number`` means."""
    name, sharp, number = target.partition("#")
    places = [index for index, step in enumerate(steps) if step.name == name]
    if not places:
        raise unknown_name("step of the recipe", name, {step.name for step in steps}, "--set")
    if not sharp:
        return places
    if not number.isdecimal() or not 1 <= int(number) <= len(places):
        raise InputError(f"{target!r}: the recipe has {len(places)} steps {name}", where="--set")
    return [places[int(number) - 1]]


def _look_for(value: Any, places: list[Path], where: str) -> Any:
    """File names as they are seen from here; also found by their bare name. InputError when there is no such file."""
    if isinstance(value, list):
        return [_look_for(entry, places, where) for entry in value]
    if not isinstance(value, str) or "://" in value:
        return value
    for name in (value, Path(value).name):
        for place in places:
            if (place / name).is_file():
                return str(place / name)
    shown = ", ".join(dict.fromkeys(str(place.absolute()) for place in places))
    raise InputError(
        f"there is no file {value!r}", where=where, hint=f"looked in {shown}; --files FOLDER adds another place"
    )
