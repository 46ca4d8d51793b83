"""The kinds of step that a function on one document can be, each for whole batches: ``own_step.py`` makes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from assay.curation.documents import Documents
from assay.curation.page import Failed, PageModifier, each, pages_of
from assay.curation.step import Filter, Modified, Modifier, Rule, Step

if TYPE_CHECKING:
    from assay.curation.own_step import StepFunction

_PAIR = np.dtype([("value", np.float64), ("reason", object)])


class OwnStep(Step):
    """What all own steps have in common."""

    function: ClassVar[StepFunction]

    def identity(self) -> dict[str, Any]:
        """Parameters, and the code of the file."""
        return super().identity() | {"code": sha256(self.function.source).hexdigest()}

    def parameters(self) -> dict[str, Any]:
        """What the function is given besides the document."""
        return {name: getattr(self, name) for name in self.function.signature[1:]}

    def results(self, documents: Documents, checked: Callable[[Any], Any]) -> list[Any]:
        """What the function returns for each document, checked, or Failed."""
        parameters = self.parameters()
        seen = pages_of(documents) if self.function.signature[0] == "page" else documents.texts()
        return each(lambda one: checked(self.function(one, **parameters)), seen, self.function.name)

    def __reduce__(self):
        return _rebuild, (self.function, self.model_dump())


def _rebuild(function: StepFunction, parameters: dict[str, Any]) -> Step:
    return function.step.model_validate(parameters)


class _OwnFilter(OwnStep, Filter):
    """A filter by one number, which the function gives; NaN where it fails."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule."""
        name = self.function.name.replace("_", " ")
        return (Rule(name, self._values, *self.bounds(), why=self._reasons),)

    def bounds(self) -> tuple[float, float]:
        """What the number must lie between."""
        raise NotImplementedError

    def pair(self, result: Any) -> tuple[float, str | None]:
        """The number, and why the document is dropped where the function says it; TypeError for other types."""
        raise NotImplementedError

    def _pairs(self, documents: Documents) -> np.ndarray:
        if self.function.batched:
            results = [self.pair(result) for result in self.function.batched(documents, **self.parameters())]
        else:
            results = self.results(documents, self.pair)
        return np.array([(math.nan, each.reason) if isinstance(each, Failed) else each for each in results], _PAIR)

    def _values(self, documents: Documents) -> np.ndarray:
        return documents.derived(self._pairs)["value"]

    def _reasons(self, documents: Documents) -> list[str | None]:
        return documents.derived(self._pairs)["reason"].tolist()


class Judgement(_OwnFilter):
    """A filter by a function that says keep or drop."""

    def bounds(self) -> tuple[float, float]:
        """True keeps."""
        return 1, math.inf

    def pair(self, result: Any) -> tuple[float, str | None]:
        """1 or 0, and the reason."""
        keeps, reason = result if isinstance(result, tuple) else (result, None)
        if not isinstance(keeps, bool | np.bool_):
            raise _wrong_type(keeps, "bool")
        return float(keeps), str(reason or f"not {self.function.name.replace('_', ' ')}")


class Measurement(_OwnFilter):
    """A filter by a function that measures."""

    minimum: float = -math.inf
    maximum: float = math.inf

    def bounds(self) -> tuple[float, float]:
        """The two parameters."""
        return self.minimum, self.maximum

    def pair(self, result: Any) -> tuple[float, None]:
        """The number."""
        return float(result), None


class OwnModifier(OwnStep, Modifier):
    """A modifier by a function that returns the new text."""

    def modify(self, documents: Documents) -> Modified:
        """The texts that the function returns."""
        if self.function.batched:
            texts = self.function.batched(documents, **self.parameters())
            return Modified(texts if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string()))
        results = self.results(documents, _text)
        reasons = [result.reason if isinstance(result, Failed) else "nothing left" for result in results]
        texts = [None if isinstance(result, Failed) else result for result in results]
        return Modified(pa.array(texts, pa.large_string()), reasons)


def _text(result: Any) -> str | None:
    if result is None:
        return None
    if not isinstance(result, str):
        raise _wrong_type(result, "str")
    if not result.isascii():
        result.encode()  # UnicodeEncodeError where it is no Unicode text: lone surrogates
    return result


class OwnPageModifier(OwnStep, PageModifier):
    """A modifier by a function that returns the page."""

    def change(self, page: dict[str, Any]) -> dict[str, Any] | None:
        """The page that the function returns."""
        result = self.function(page, **self.parameters())
        if isinstance(result, list):
            if len(result) > 1:
                raise TypeError(f"{self.function.name} returned {len(result)} pages: own steps make one of one")
            result = result[0] if result else None
        if result is not None and not isinstance(result, dict):
            raise _wrong_type(result, "dict")
        return result


def _wrong_type(result: Any, expected: str) -> TypeError:
    return TypeError(f"returned {type(result).__name__}, not {expected}")
