from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.scaling.two_step import Sigmoid, TaskLadder
from scaling.conftest import TRUE, ladder


def test_a_sigmoid_is_recovered():
    true = Sigmoid(a=-0.75, b=1.0, k=6.0, middle=0.8)
    x = np.linspace(0.4, 1.6, 15)
    found = Sigmoid.fit(x, true.accuracy(x), anchored=False)
    assert found.accuracy(0.3) == pytest.approx(true.accuracy(0.3), abs=0.01)


def test_accuracy_stays_between_chance_and_perfect():
    sigmoid = Sigmoid.fit(np.linspace(0.8, 1.5, 10), np.linspace(0.5, 0.26, 10))
    assert 0.95 <= sigmoid.accuracy(0.0) <= 1
    assert 0 <= sigmoid.accuracy(9.0) <= 0.3


def test_both_steps_chained():
    sigmoid = Sigmoid(a=-0.7, b=1.0, k=2.0, middle=2.6)
    params, tokens, loss = ladder()
    found = TaskLadder.fit(params, tokens, loss, sigmoid.accuracy(loss))
    assert found.predict(3e9, 6e10) == pytest.approx(sigmoid.accuracy(TRUE.loss(3e9, 6e10)), abs=0.02)


def test_few_runs_and_percents_are_refused():
    with pytest.raises(InputError, match="3 runs are too few"):
        Sigmoid.fit([1, 2, 3], [0.5, 0.4, 0.3])
    with pytest.raises(InputError, match="divide percent by 100"):
        Sigmoid.fit([1, 2, 3, 4], [50, 40, 30, 25])
