from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.curation.documents import Documents
from assay.text.dedup import ExactDedup
from text.plain import documents, many


def decided(step: ExactDedup, batches: list[Documents]) -> list[bool]:
    """Which documents stay."""
    decision = step.decide(pa.Table.from_batches([step.observe(batch) for batch in batches]))
    assert all(code == -1 or decision.reasons[code] for code in decision.codes)
    return [bool(code == -1) for code in decision.codes]


def kept(step: ExactDedup, *texts: str, cuts: int = 1) -> list[bool]:
    """Which documents stay when they are seen in batches of at most ``cuts``."""
    return decided(step, [documents(*texts[i : i + cuts]) for i in range(0, len(texts), cuts)])


@many
@given(texts=st.lists(st.text("aAé \n", max_size=3), min_size=1), cuts=st.integers(1, 5))
def test_the_first_of_equal_texts_stays(texts, cuts):
    assert kept(ExactDedup(), *texts, cuts=cuts) == [text not in texts[:i] for i, text in enumerate(texts)]
    keys = [text.strip().lower() for text in texts]
    step = ExactDedup(normalize="normalize_whitespace_and_lowercase")
    assert kept(step, *texts, cuts=cuts) == [key not in keys[:i] for i, key in enumerate(keys)]


@many
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["", "a", "B", "é", "Z", "\U0001f600"])), min_size=1
    ),
    reverse=st.booleans(),
    cuts=st.integers(1, 5),
)
def test_the_one_with_the_least_value_stays(rows, reverse, cuts):
    step = ExactDedup(selection_key="url", selection_reverse=reverse)
    batches = [rows[i : i + cuts] for i in range(0, len(rows), cuts)]
    stay = decided(step, [documents(*(t for t, _ in b), url=pa.array([u for _, u in b])) for b in batches])
    best = max if reverse else min
    for text in "ab":
        group = [i for i, row in enumerate(rows) if row[0] == text]
        if group:
            wanted = best(group, key=lambda i: rows[i][1])  # the first of equal ones
            assert [i for i in group if stay[i]] == [wanted]


def test_values_can_be_normalised_numbers_or_missing():
    column = pa.array(["2020-01-01T00:00:00Z", "x", "2019-01-01T00:00:00Z", None])
    batch = documents("t", "t", "t", "t", time=column)
    step = ExactDedup(selection_key="time", selection_normalize="normalize_timestamps")
    assert decided(step, [batch]) == [False, True, False, False]
    latest = ExactDedup(selection_key="time", selection_normalize="normalize_timestamps", selection_reverse=True)
    assert decided(latest, [batch]) == [True, False, False, False]


def test_pages_with_one_address():
    urls = ["http://a.org/", "https://www.a.org?ref=x", None, None, "http://a.org/b"]
    step = ExactDedup(content_key="url", normalize="normalize_url")
    batch = documents(*"vwxyz", url=pa.array(urls, pa.string()))
    assert decided(step, [batch]) == [True, False, True, True, True]
    assert step.decide(pa.Table.from_batches([step.observe(batch)])).reasons == (
        "the url is that of an earlier document",
    )


def test_a_normaliser_that_is_not_known():
    with pytest.raises(InputError, match="normalize"):
        validate(ExactDedup, {"normalize": "normalise_url"}, "test")


def test_observations_are_small():
    batch = ExactDedup().observe(documents("x" * 100_000, ""))
    assert batch.schema.types == [pa.uint64(), pa.uint64()]
    assert batch.num_rows == 2
