from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.curation.documents import Documents
from assay.curation.page import documents_of
from assay.text.dedup import ExactDedup, id_hashes
from text.plain import documents, many


def decided(step: ExactDedup, batches: list[Documents]) -> list[bool]:
    """Which documents stay."""
    decision = step.decide(pa.Table.from_batches([step.observe(batch) for batch in batches]))
    assert all(code == -1 or decision.reasons[code] for code in decision.codes)
    return [bool(code == -1) for code in decision.codes]


def kept(step: ExactDedup, *texts: str, cuts: int = 1) -> list[bool]:
    """Which documents stay when they are seen in batches of at most ``cuts``."""
    batch = documents(*texts).batch
    return decided(step, [Documents(batch.slice(i, cuts)) for i in range(0, len(texts), cuts)])


def by_id(count: int) -> list[int]:
    """Documents with the ids "0", "1" …, in the order in which ties are broken."""
    return np.argsort(id_hashes(documents(*[""] * count))).tolist()


def first_of(keys: list[str]) -> list[bool]:
    """Whether each is the first of its kind, in the order of ids."""
    order = by_id(len(keys))
    return [order[[keys[j] for j in order].index(key)] == i for i, key in enumerate(keys)]


@many
@given(texts=st.lists(st.text("aAé \n", max_size=3), min_size=1), cuts=st.integers(1, 5))
def test_the_least_id_of_equal_texts_stays(texts, cuts):
    assert kept(ExactDedup(), *texts, cuts=cuts) == first_of(texts)
    step = ExactDedup(normalize="normalize_whitespace_and_lowercase")
    assert kept(step, *texts, cuts=cuts) == first_of([text.strip().lower() for text in texts])


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
    batch = documents(*(text for text, _ in rows), url=pa.array([url for _, url in rows])).batch
    stay = decided(step, [Documents(batch.slice(i, cuts)) for i in range(0, len(rows), cuts)])
    best = max if reverse else min
    for text in "ab":
        group = [i for i in by_id(len(rows)) if rows[i][0] == text]
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
    assert sorted(decided(step, [batch])[:2]) == [False, True]
    assert decided(step, [batch])[2:] == [True, True, True]
    assert step.decide(pa.Table.from_batches([step.observe(batch)])).reasons == ("the url is that of another document",)


def test_a_normaliser_that_is_not_known():
    with pytest.raises(InputError, match="normalize"):
        validate(ExactDedup, {"normalize": "normalise_url"}, "test")


def test_observations_are_small():
    batch = ExactDedup().observe(documents("x" * 100_000, ""))
    assert batch.schema.types == [pa.uint64()] * 3
    assert batch.num_rows == 2


lines = st.lists(st.sampled_from(["a", "A", "b", ""]), min_size=1, max_size=4)


@many
@given(pages=st.lists(lines, min_size=1, max_size=5), cuts=st.integers(1, 5), by_url=st.booleans())
def test_lines_of_split_texts(pages, cuts, by_url):
    dedup = ExactDedup(normalize="normalize_whitespace_and_lowercase", selection_key="url" if by_url else None)
    urls = [str(9 - number) for number in range(len(pages))]
    batch = documents_of([{"text": page, "url": url} for page, url in zip(pages, urls, strict=True)])
    parts = [Documents(batch.batch.slice(i, cuts)) for i in range(0, len(pages), cuts)]
    decision = dedup.decide(pa.Table.from_batches([dedup.observe(part) for part in parts]))
    left = dedup.cut(batch, decision.cuts).to_pylist()
    seen: set[str] = set()
    expected: list[list[str]] = [[] for _ in pages]
    for number in sorted(range(len(pages)), key=lambda k: urls[k]) if by_url else range(len(pages)):
        for line in pages[number]:
            if line.lower() not in seen:
                expected[number].append(line)
            seen.add(line.lower())
    assert [code < 0 for code in decision.codes] == [bool(kept) for kept in expected]
    assert left == ["\n".join(kept) for kept in expected]
