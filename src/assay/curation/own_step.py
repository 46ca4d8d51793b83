"""Steps of the user's own, in plain Python on one document.

    from assay import step

    @step
    def shouting(text: str, max_share: float = 0.5) -> bool:
        return sum(map(str.isupper, text)) <= max_share * len(text)

A recipe names it by file and function: ``- my_steps.shouting: {max_share: 0.3}``. The first parameter, ``text: str`` or
``page: dict``, is what the function sees; what it returns says what kind of step it is:

| returns                           | step                                                                          |
|-----------------------------------|-------------------------------------------------------------------------------|
| ``bool``, or ``(bool, "reason")`` | filter: True keeps                                                            |
| ``float`` or ``int``              | filter on this measurement; ``minimum`` and ``maximum`` are its bounds        |
| ``str`` or ``str | None``         | modifier: the new text; None drops                                            |
| ``dict`` or ``dict | None``       | modifier of the whole page                                                    |
| ``list[dict]``                    | the same in DCLM's form: [] drops; DCLM's own mappers do without ``@step``    |

The other parameters are the settings of the step; files among them (``Path``) are part of the identity by content. A
document for which the function raises is dropped, with the error as its reason.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Any, Generic, ParamSpec, TypeVar, Union

from pydantic import create_model

from assay.base.errors import InputError, unknown_name
from assay.curation.own_file import OwnFile, find_module, own_file, run_file
from assay.curation.own_kinds import Judgement, Measurement, OwnModifier, OwnPageModifier, OwnStep
from assay.curation.step import Step

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class StepFunction(Generic[P, R]):
    """A function on one document that is also a step; it can be called as it was written."""

    def __init__(self, function: Callable[P, R]):
        self.function = function
        self.name = function.__name__
        self.batched: Callable[..., Any] | None = None
        self.__doc__ = function.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """What the function returns."""
        return self.function(*args, **kwargs)

    @cached_property
    def step(self) -> type[Step]:
        """The kind of step, to be made with its parameters; InputError when the signature does not tell."""
        return _step_of(self)

    def compiled(self, function: F) -> F:
        """Decorate a function of ``Documents`` and the same parameters that does the same for a whole batch.

        It returns one entry a document: keep or drop (bool), the measurement, or the text (null drops).
        """
        if issubclass(self.step, OwnPageModifier):
            raise InputError("a step that returns the page has no compiled form", where=self.where)
        self.batched = function
        return function

    @cached_property
    def signature(self) -> tuple[str, ...]:
        """The names of its parameters."""
        return tuple(inspect.signature(self.function).parameters)

    @property
    def where(self) -> str:
        """File and name, for messages."""
        return f"{inspect.getfile(self.function)}: {self.name}"

    @property
    def source(self) -> bytes:
        """The file in which the function is written, or its own lines where it is in no file."""
        if file := own_file(self.function.__module__):
            return file.code
        for written in (sys.modules.get(self.function.__module__), self.function):
            try:
                return inspect.getsource(typing.cast(Any, written)).encode()
            except (TypeError, OSError):
                continue
        raise InputError("the code of the step cannot be found", where=self.where, hint="write it into a file")

    def __reduce__(self):
        function = self.function
        if "<locals>" in function.__qualname__:
            raise InputError("a step inside a function cannot be sent to another process", where=self.where)
        return _load, (own_file(function.__module__) or function.__module__, self.name)


def step(function: Callable[P, R]) -> StepFunction[P, R]:
    """Make a step of a function on one document; ``own_step.py`` says how."""
    return StepFunction(function)


_KINDS: tuple[tuple[set[Any], type[OwnStep]], ...] = (
    ({bool, tuple}, Judgement),
    ({float, int}, Measurement),
    ({str, NoneType}, OwnModifier),
    ({dict, list, NoneType}, OwnPageModifier),
)
"""Each kind of step, and what its function may return."""


def _step_of(function: StepFunction) -> type[Step]:
    """The class of the step that a function is, with the parameters of the function as its fields."""
    hints = _hints(function)
    returned = _alternatives(hints.get("return"))
    kind = next((kind for types, kind in _KINDS if returned <= types and returned != {NoneType}), None)
    _, *others = inspect.signature(function.function).parameters.values()
    if kind is None or (kind is OwnPageModifier and function.signature[0] != "page"):
        raise InputError(
            "what it returns does not say what kind of step it is",
            where=function.where,
            hint="-> bool, tuple[bool, str], float, int, str or str | None; of a page also dict or dict | None",
        )
    fields: dict[str, Any] = {
        other.name: (hints[other.name], ... if other.default is other.empty else other.default)
        for other in others
        if _is_setting(other, kind, function)
    }
    made = create_model(function.name, __base__=kind, __doc__=function.__doc__, **fields)
    made.function = function
    made.file_parameters = tuple(name for name in fields if hints[name] is Path)
    return made


def _hints(function: StepFunction) -> dict[str, Any]:
    """The annotations of the function; InputError when it does not begin with text or page, or one is missing."""
    names = function.signature
    if not names or names[0] not in ("text", "page"):
        raise InputError("the first parameter must be called text or page", where=function.where)
    try:
        hints = typing.get_type_hints(function.function)
    except NameError as error:
        raise InputError(f"an annotation cannot be read: {error}", where=function.where) from error
    missing = [name for name in names[1:] if name not in hints]
    if missing:
        raise InputError(f"the parameter {missing[0]} has no type", where=function.where, hint=f"{missing[0]}: float")
    return hints


def _alternatives(hint: Any) -> frozenset[Any]:
    """The plain types of an annotation: ``str | None`` is {str, NoneType}, ``list[dict]`` is {list}."""
    several = typing.get_args(hint) if typing.get_origin(hint) in (Union, UnionType) else [hint]
    return frozenset(typing.get_origin(each) or each for each in several)


def _is_setting(parameter: inspect.Parameter, kind: type[Step], function: StepFunction) -> bool:
    """True; InputError for what cannot be set in a recipe."""
    name = parameter.name
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise InputError(f"the parameter {name} cannot be set in a recipe", where=function.where)
    if name.startswith("_") or hasattr(kind, name) or name in kind.model_fields:
        raise InputError(f"a parameter cannot be called {name}: steps use that name", where=function.where)
    return True


def find_step(dotted: str, folders: Sequence[Path], where: str) -> type[Step]:
    """The step ``file.function`` of a recipe, looked for in the folders and among the modules that Python knows."""
    *parts, name = dotted.split(".")
    if not all(part.isidentifier() for part in (*parts, name)):
        raise InputError(f"{dotted!r} names neither a step nor a function of a file", where=where)
    return _function(find_module(parts, folders, where), name, where).step


def _function(module: ModuleType, name: str, where: str) -> StepFunction:
    found = getattr(module, name, None)
    if isinstance(found, StepFunction):
        return found
    if not inspect.isfunction(found):
        steps = (each for each, value in vars(module).items() if isinstance(value, StepFunction))
        raise unknown_name("step", name, steps, f"{where}: {module.__file__}")
    function = _undecorated(found)
    if function.signature[:1] != ("page",):  # as DCLM's mappers
        raise InputError("is no step", where=function.where, hint="write @step above it; from assay import step")
    return function


@cache
def _undecorated(function: Callable) -> StepFunction:
    return StepFunction(function)


def _load(origin: OwnFile | str, name: str) -> StepFunction:
    """A function in another process: the very code that this one runs."""
    module = import_module(origin) if isinstance(origin, str) else run_file(origin)
    return _function(module, name, module.__name__)
