from __future__ import annotations

import numpy as np
import pytest

from assay.scaling.runs import Runs, join


def runs_of(params, body=None, **losses):
    params = np.asarray(params, float)
    names = np.array([f"{value:g}" for value in params], dtype=object)
    arrays = {name: np.asarray(values, float) for name, values in losses.items()}
    body = None if body is None else np.asarray(body, float)
    return Runs(names, np.full(len(params), "set", dtype=object), params, 20 * params, arrays, {}, body)


def test_the_embedding_of_other_sizes_is_interpolated_as_a_power_law():
    """With width as the cube root of the body, the share of an embedding is the body to the power of -2/3."""
    params = np.geomspace(1e7, 1e10, 6)
    runs = runs_of(params, params / (1 + 2e4 * params ** (-2 / 3)))
    for size in (3e7, 5e9, 1e12, 1e6):
        assert runs.size_of(size) == pytest.approx(size / (1 + 2e4 * size ** (-2 / 3)), rel=1e-6)
    assert runs.size_of(params[2]) == pytest.approx(runs.body_params[2])
    assert runs_of(params).size_of(3e7) == 3e7


def test_one_size_keeps_its_share():
    assert runs_of([1e8, 1e8], [8e7, 8e7]).size_of(2e8) == pytest.approx(1.6e8)


def test_joined_runs_lack_what_others_measured():
    both = join([runs_of([1e7], c4=[4.0]), runs_of([1e8, 1e9], ptb=[3.0, 2.5])])
    assert len(both) == 3
    assert both.loss("c4")[0] == 4.0
    assert np.isnan(both.loss("c4")[1:]).all()
    assert both.loss("ptb")[1:] == pytest.approx([3.0, 2.5])
    assert join([runs_of([1e7], [6e6], c4=[4.0]), runs_of([1e8], c4=[3.0])]).body_params is None


def test_few_tokens_a_parameter_are_too_few():
    runs = runs_of([1e7, 1e8])
    runs.tokens[0] = 5e7
    assert list(runs.trained_enough()) == [False, True]
    assert runs.multipliers == pytest.approx([5, 20])
