"""YAML in, validated frozen settings out, with errors that name the file, the key and the near misses."""

from __future__ import annotations

import copy
import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assay.base.errors import InputError
from assay.base.files import open_bytes


class Settings(BaseModel):
    """Base of everything a user can configure: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


S = TypeVar("S", bound=BaseModel)
_CONSEQUENCE = "default_factory_not_called"
"""Pydantic's word for a default that could not be worked out because another key is wrong."""


def read_yaml(path: str | Path) -> Any:
    """The value in a YAML file; InputError with line and column when it is not YAML."""
    try:
        with open_bytes(path) as file:
            return yaml.safe_load(file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise InputError(f"not valid YAML: {error.problem or error}", where=where) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"not valid YAML: {error}", where=path) from error


def validate(kind: type[S], value: Any, where: object) -> S:
    """``value`` as settings of the given kind; InputError that lists every key that is wrong."""
    if not isinstance(value, dict):
        raise InputError(f"must be a mapping of keys to values, not {type(value).__name__}", where=where)
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        own = (problem for problem in error.errors() if problem["type"] != _CONSEQUENCE)
        problems = [_explain(kind, problem) for problem in own]
        messages = "; ".join(message for message, _ in problems)
        hint = next((hint for _, hint in problems if hint), None)
        raise InputError(messages, where=where, hint=hint) from error


def _explain(kind: type[BaseModel], problem: Any) -> tuple[str, str | None]:
    path = ".".join(str(part) for part in problem["loc"])
    if problem["type"] != "extra_forbidden":
        message = problem["msg"].removeprefix("Value error, ")
        return (f"{path}: {message}" if path else message), None
    known = _keys_at(kind, problem["loc"][:-1])
    near = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known) or 'none'}"
    return f"unknown key {path!r}", hint


def _keys_at(kind: Any, path: tuple[Any, ...]) -> list[str]:
    for part in path:
        field = getattr(kind, "model_fields", {}).get(part)
        if field is None:
            continue
        kind = next(
            (
                inner
                for inner in (field.annotation, *getattr(field.annotation, "__args__", ()))
                if hasattr(inner, "model_fields")
            ),
            kind,
        )
    return sorted(getattr(kind, "model_fields", {}))


def override(settings: dict[str, Any], assignments: list[str]) -> dict[str, Any]:
    """``settings`` with ``a.b=c`` assignments applied (``--set``); list items are named by their index.

    The right-hand side is YAML. InputError when an assignment has no ``=`` or its path leads nowhere.
    """
    changed = copy.deepcopy(settings)
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise InputError(f"{assignment!r} is not of the form key=value", where="--set")
        value = _parse_value(text, assignment)
        *parents, last = path.strip().split(".")
        target = changed
        for part in parents:
            target = _child(target, part, assignment)
        if isinstance(target, list):
            _child(target, last, assignment)
            target[int(last)] = value
        elif isinstance(target, dict):
            target[last] = value
        else:
            raise InputError(f"{assignment!r}: {last!r} has no keys to set", where="--set")
    return changed


def _parse_value(text: str, assignment: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{assignment!r}: what is right of = is not YAML", where="--set") from error


def _child(value: Any, part: str, assignment: str) -> Any:
    try:
        if isinstance(value, list):
            return value[int(part)]
        return value.setdefault(part, {})
    except (ValueError, IndexError, AttributeError) as error:
        raise InputError(f"{assignment!r}: there is no {part!r} here", where="--set") from error
