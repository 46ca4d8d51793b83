"""Pages as dicts, as DCLM's mappers take them: ``{"text": …, "url": …, "metadata": {…}}``.

    process(look_up("steps", "word_length_filter")(min_length=3), {"text": "a b c"})    # [] when the page is dropped

For looking at one page, and for rare steps in plain Python; everything else works on batches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from assay.base.errors import InputError
from assay.curation.apply import apply
from assay.curation.documents import SPLIT_AT, Documents
from assay.curation.step import Modified, Modifier, Step
from assay.pools.batch import REST, rest_json

T = TypeVar("T")
R = TypeVar("R")

_OWN = ("id", "text", "url")
_HTML = "html"
_LINE_END = "\n"
_MANY = 10
"""When all of so many documents fail, the step is broken, not the documents."""
_SHOWN = 200
"""Characters of an error message that become a document's reason."""


def process(step: Step, page: dict[str, Any]) -> list[dict[str, Any]]:
    """What a filter, modifier, scorer or splitter makes of one page: [] when it drops it, the page, or several."""
    after = pages_of(apply(step, documents_of([page])).documents)
    return [{name: value for name, value in new.items() if name not in _OWN or value is not None} for new in after]


def documents_of(pages: Sequence[dict[str, Any]]) -> Documents:
    """Pages as a batch. A text may be a list of lines; none of text, url and id must be there."""
    return Documents(pa.RecordBatch.from_pydict(_columns(pages, ())))


def pages_of(documents: Documents) -> Iterator[dict[str, Any]]:
    """The documents as pages: id, text, url, what the steps added, and what else the pool knew, which gives way."""
    for row in documents.batch.to_pylist(maps_as_pydicts="strict"):
        rest = row.pop(REST, None)
        split_at = row.pop(SPLIT_AT, None)
        if split_at is not None:
            row["text"] = row["text"].split(split_at)
        yield row if rest is None else row | json.loads(rest) | row


def _columns(pages: Sequence[dict[str, Any]], elsewhere: Collection[str]) -> dict[str, pa.Array]:
    """The columns id, text, url, split_at, and rest for what is neither in these nor in the columns ``elsewhere``."""
    texts = [page.get("text") for page in pages]
    split = [_LINE_END if isinstance(text, list) else None for text in texts]
    rests = [{name: value for name, value in page.items() if name not in {*_OWN, *elsewhere}} for page in pages]
    return {
        "id": pa.array([page.get("id") for page in pages], pa.string()),
        "text": pa.array([_joined(text) for text in texts], pa.large_string()),
        "url": pa.array([page.get("url") for page in pages], pa.string()),
        SPLIT_AT: pa.array(split, pa.string()),
        REST: pa.array([rest_json(rest) for rest in rests], pa.large_binary()).view(pa.large_string()),
    }


def _column(field: pa.Field, values: list[Any]) -> pa.Array:
    """What pages have under a key that is a column; InputError when it does not fit there any more."""
    if pa.types.is_map(field.type):
        values = [value and list(value.items()) for value in values]
    try:
        return pa.array(values, field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(f"a page has under {field.name!r} what is not {field.type}: {error}") from error


def _joined(text: Any) -> str | None:
    if isinstance(text, list):
        return _LINE_END.join(text)
    if text is None or isinstance(text, str):
        return text
    raise InputError(f"the text of a page must be a string or a list of lines, not {type(text).__name__}")


@dataclass(frozen=True)
class Failed:
    """Stands for the result of a document for which plain Python failed."""

    reason: str


def each(function: Callable[[T], R], inputs: Iterable[T], name: str) -> list[R | Failed]:
    """The function of every input; where it raises, the document is lost and not the run, as with DCLM.

    InputError when it fails for all documents of a batch of ten or more.
    """
    results: list[R | Failed] = []
    first: Exception | None = None
    for value in inputs:
        try:
            results.append(function(value))
        except Exception as error:
            first = first or error
            results.append(Failed(f"error: {type(error).__name__}: {error}"[:_SHOWN]))
    if first and len(results) >= _MANY and all(isinstance(result, Failed) for result in results):
        problem = f"{name} fails for every document of a batch: {type(first).__name__}: {first}"
        raise InputError(problem, hint="--debug shows the line") from first
    return results


class PageModifier(Modifier):
    """A modifier in plain Python, one page at a time."""

    def change(self, page: dict[str, Any]) -> dict[str, Any] | None:
        """The page as it shall be (it may be changed in place), or None to drop it. It keeps its id."""
        raise NotImplementedError

    def modify(self, documents: Documents) -> Modified:
        """The pages after ``change``; one where that fails is dropped, with the error as its reason."""
        results = each(self.change, pages_of(documents), type(self).__name__)
        reasons = [result.reason if isinstance(result, Failed) else "nothing left" for result in results]
        changed = [None if isinstance(result, Failed) else result for result in results]
        columns = _columns([page or {} for page in changed], documents.batch.schema.names)
        del columns["id"]
        for field in documents.batch.schema:
            if field.name not in {*_OWN, *columns, _HTML}:
                columns[field.name] = _column(field, [page and page.get(field.name) for page in changed])
        dropped = np.array([page is None for page in changed])
        return Modified(columns.pop("text"), reasons, columns, dropped)
