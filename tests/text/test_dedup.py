from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from assay.text.dedup import ExactDedup
from text.plain import documents, many


def kept(step: ExactDedup, *texts: str, cuts: int = 1) -> list[bool]:
    """Which documents stay when they are seen in batches of at most ``cuts``."""
    batches = [step.observe(documents(*texts[i : i + cuts])) for i in range(0, len(texts), cuts)]
    decision = step.decide(pa.Table.from_batches(batches))
    assert all(code == -1 or decision.reasons[code] for code in decision.codes)
    return [bool(code == -1) for code in decision.codes]


@many
@given(texts=st.lists(st.text("aAé \n", max_size=3), min_size=1), cuts=st.integers(1, 5))
def test_the_first_of_equal_texts_stays(texts, cuts):
    assert kept(ExactDedup(), *texts, cuts=cuts) == [text not in texts[:i] for i, text in enumerate(texts)]
    keys = [text.strip().lower() for text in texts]
    assert kept(ExactDedup(normalize=True), *texts, cuts=cuts) == [key not in keys[:i] for i, key in enumerate(keys)]


def test_observations_are_small():
    batch = ExactDedup().observe(documents("x" * 100_000, ""))
    assert batch.schema.types == [pa.uint64(), pa.uint64()]
    assert batch.num_rows == 2
