from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.curation.apply import apply
from assay.text.quality import QualityFilter, QualityTopFraction
from text.plain import documents, many

SCORES = [0.1, None, 0.5, math.nan, 0.018112]


def scored(scores, kind=None):
    return documents(*("x" * (i + 1) for i in range(len(scores))), q=pa.array(scores, kind or pa.float64()))


def test_a_score_must_reach_the_threshold():
    outcome = apply(QualityFilter(key="q", threshold=0.018112), scored([0.0181, *SCORES]))
    assert outcome.kept.tolist() == [False, True, False, True, False, True]
    assert [outcome.reasons[code] for code in outcome.codes[[0, 2]]] == ["q < 0.018112", "q is not defined"]


def test_lower_can_be_better():
    step = QualityFilter(key="q", threshold=0.1, lower_better=True)
    assert apply(step, scored(SCORES)).kept.tolist() == [True, False, False, False, True]


def test_a_column_that_is_not_there():
    with pytest.raises(InputError, match="have no 'q'.*\nhint: .*there is: id, text"):
        apply(QualityFilter(key="q"), documents("x"))
    assert apply(QualityFilter(key="q", key_must_exist=False), documents("x")).kept.tolist() == [False]
    in_the_pool = documents("x", "y", rest=pa.array(['{"q": 0.5}', None], pa.large_string()))
    assert apply(QualityFilter(key="q", threshold=0.5), in_the_pool).kept.tolist() == [True, False]
    with pytest.raises(InputError, match="does not hold numbers"):
        apply(QualityFilter(key="q"), scored(["high"], pa.string()))


def kept(step, *batches):
    decision = step.decide(pa.Table.from_batches([step.observe(batch) for batch in batches]))
    assert all(code == -1 or decision.reasons[code] for code in decision.codes)
    return [bool(code == -1) for code in decision.codes]


@many
@given(scores=st.lists(st.sampled_from([0.0, 0.5, 1.0, math.nan]), min_size=1), percent=st.integers(1, 100))
def test_exactly_the_fraction_stays_and_ties_go_by_order(scores, percent):
    step = QualityTopFraction(key="q", fraction=percent / 100)
    ranked = sorted((i for i, score in enumerate(scores) if score == score), key=lambda i: (-scores[i], i))
    wanted = ranked[: -(-percent * len(scores) // 100)]
    assert kept(step, scored(scores)) == [i in wanted for i in range(len(scores))]
    assert kept(step, *(scored([score]) for score in scores)) == kept(step, scored(scores))


def test_a_fraction_of_the_bytes():
    step = QualityTopFraction(key="q", fraction=0.5, unit="bytes", lower_better=True)
    assert kept(step, scored([4, 3, 2, 1])) == [False, False, True, True]  # 4 + 3 of 10 bytes
    assert kept(step, scored([1, 2, 3, 4])) == [True, True, True, False]  # 1 + 2 are not yet half
    assert kept(step, scored([math.nan, math.nan, math.nan, 4])) == [False, False, False, True]
