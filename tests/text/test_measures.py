from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assay.text.measures import Rounded
from text.plain import documents, many

shares = st.builds(lambda part, whole: part / whole, st.integers(0, 10**7), st.integers(1, 10**7))
halves = st.builds(lambda many: (many + 0.5) / 10**5, st.integers(0, 10**7))


@many
@given(values=st.lists(shares | halves | st.floats(0, 1e6), min_size=1, max_size=20))
def test_numbers_are_rounded_as_python_rounds_them(values):
    rounded = Rounded(lambda _: np.array(values), 5)(documents(*map(str, values)))
    assert rounded.tolist() == [round(value, 5) for value in values]


def test_what_is_not_defined_stays_so():
    assert np.isnan(Rounded(lambda _: np.array([np.nan]), 5)(documents("a"))).all()
