from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.curation.documents import Documents, Ragged, offsets_of

LETTERS = "abc"


def batch(texts: list[str], **columns: pa.Array) -> Documents:
    ids = pa.array([str(number) for number in range(len(texts))])
    return Documents(pa.RecordBatch.from_pydict({"id": ids, "text": pa.array(texts, pa.large_string()), **columns}))


class Counted:
    """A measurement that remembers the texts it has seen."""

    def __init__(self, rests_on=None):
        self.seen: list[str] = []
        self.rests_on = rests_on

    def __call__(self, documents: Documents) -> np.ndarray:
        self.seen += documents.text.to_pylist()
        if self.rests_on:
            return documents.derived(self.rests_on) * 2
        return np.array([len(text) for text in documents.text.to_pylist()])


def characters(documents: Documents) -> Ragged:
    texts = documents.text.to_pylist()
    return Ragged(
        np.array([ord(c) for text in texts for c in text], np.int64), offsets_of([len(text) for text in texts])
    )


def spelled(ragged: Ragged) -> list[str]:
    return ["".join(map(chr, ragged.values[a:b])) for a, b in zip(ragged.offsets, ragged.offsets[1:], strict=False)]


def test_a_document_whose_text_stays_is_not_measured_again():
    size = Counted()
    documents = batch(["a", "bb", "ccc"])
    assert documents.derived(size).tolist() == [1, 2, 3]
    changed = documents.with_text(pa.array(["a", "", "ccc"], pa.large_string()))
    assert changed.derived(size).tolist() == [1, 0, 3]
    assert size.seen == ["a", "bb", "ccc", ""]


def test_what_a_measurement_rests_on_is_measured_once():
    size = Counted()
    once, twice = Counted(size), Counted(size)
    documents = batch(["a", "bb"])
    for measure in (once, twice):
        documents.derived(measure)
    changed = documents.with_text(pa.array(["a", "bbb"], pa.large_string()))
    assert changed.derived(once).tolist() == changed.derived(twice).tolist() == [2, 6]
    assert size.seen == ["a", "bb", "bbb"]


def test_a_column_that_is_replaced_is_looked_at_again():
    def column(documents: Documents) -> np.ndarray:
        return documents.batch.column("x").to_numpy()

    documents = batch(["a"], x=pa.array([1]))
    assert documents.derived(column).tolist() == [1]
    assert documents.with_columns({"y": pa.array([3])}).derived(column).tolist() == [1]
    assert documents.with_columns({"x": pa.array([2])}).derived(column).tolist() == [2]


def test_as_many_entries_as_documents():
    with pytest.raises(AssertionError, match="1 values for 2 documents"):
        batch(["a", "b"]).derived(lambda documents: np.zeros(1))


texts = st.lists(st.text(LETTERS, max_size=3), min_size=1, max_size=6)


@settings(max_examples=400, deadline=None)
@given(first=texts, data=st.data())
def test_measurements_are_those_of_the_text_after_any_changes(first, data):
    size = Counted()
    documents, now = batch(first), first
    for _ in range(data.draw(st.integers(0, 4))):
        if data.draw(st.booleans()):
            assert documents.derived(size).tolist() == [len(text) for text in now]
        if data.draw(st.booleans()):
            assert spelled(documents.derived(characters)) == now
        mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(now), max_size=len(now))), np.bool_)
        documents, now = documents.keep(mask), [text for text, keep in zip(now, mask, strict=True) if keep]
        now = [data.draw(st.sampled_from([text, "", "cab"])) for text in now]
        documents = documents.with_text(pa.array(now, pa.large_string()))
    assert documents.derived(size).tolist() == [len(text) for text in now]
    assert spelled(documents.derived(characters)) == now
