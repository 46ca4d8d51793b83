from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from assay.scaling.robust import DEFAULT, FREE, TIED, Fitted, expected_deviation, fit_robust
from scaling.conftest import TRUE, ladder

OUT = np.array([4e9]), np.array([1e11])


def objective(at, columns, rule):
    """The rule written plainly: at holds log A, log B, log E, log alpha, log beta about the means."""
    params, tokens, loss = columns
    x, z = (np.log(each) - np.log(each).mean() for each in (params, tokens))
    found = np.exp(at[0] - np.exp(at[3]) * x) + np.exp(at[1] - np.exp(at[4]) * z) + np.exp(at[2])
    residual = np.log(found / loss)
    weights = rule.weights(params, tokens) / rule.noise**2
    robust = (weights * rule.knee**2 * (np.sqrt(1 + (residual / rule.knee) ** 2) - 1)).sum()
    mean, ratio = (at[3] + at[4]) / 2, at[3] - at[4]
    prior = ((mean - np.log(rule.exponent)) / rule.exponent_spread) ** 2 + (ratio / rule.ratio_spread) ** 2
    return robust + prior / 2


@given(st.integers(0, 1000), st.floats(0.001, 0.03))
def test_no_other_search_finds_a_better_optimum(seed, noise):
    columns = ladder(noise=noise, seed=seed)
    fitted = fit_robust(*columns)
    a, b, e, mean, half = fitted.at[0]
    ours = objective(np.array([a, b, e, mean + half, mean - half]), columns, DEFAULT)
    start = np.array([-0.5, -0.5, 0.5, np.log(0.3), np.log(0.3)])
    theirs = minimize(objective, start, args=(columns, DEFAULT), method="BFGS", options={"maxiter": 500})
    assert ours <= theirs.fun + 1e-4 * (1 + theirs.fun)


def test_draws_are_refits_of_weighted_runs():
    columns = ladder(noise=0.01)
    weights = np.ones((3, 24))
    weights[1, ::2] = 1e-9
    many = fit_robust(*columns, draws=weights)
    half = fit_robust(*(each[1::2] for each in columns), rule=replace(DEFAULT, halving=1.0))
    assert many.log_loss(*OUT)[0] == pytest.approx(fit_robust(*columns).log_loss(*OUT)[0], rel=1e-6)
    assert many.log_loss(*OUT)[1] == pytest.approx(half.log_loss(*OUT)[0], abs=2e-3)


def test_one_exponent_is_one():
    law = fit_robust(*ladder(noise=0.01), TIED).constants()
    assert law.alpha == law.beta


def test_outliers_do_not_steer():
    params, tokens, loss = ladder()
    loss[5] *= 1.5
    off = fit_robust(params, tokens, loss).log_loss(*OUT)[0] - np.log(TRUE.loss(*OUT))
    squares = fit_robust(params, tokens, loss, replace(DEFAULT, knee=1e3)).log_loss(*OUT)[0] - np.log(TRUE.loss(*OUT))
    assert abs(off) < 0.02 < abs(squares)


def test_the_prior_keeps_e_from_falling_to_nothing():
    """Three sizes of a narrow span: free exponents take E to zero, the rule does not."""
    params, multiplier = (each.ravel() for each in np.meshgrid([1e7, 2e7, 4e7], [20, 80, 320]))
    noise = np.exp(0.01 * np.random.default_rng(1).standard_normal(9))
    columns = params, params * multiplier, TRUE.loss(params, params * multiplier) * noise
    free = fit_robust(*columns, rule=replace(FREE, exponent_spread=5.0, ratio_spread=5.0)).constants()
    assert free.E < 1e-6
    assert fit_robust(*columns).constants().E > 0.5


def test_weights_halve_by_decade_unless_few_runs_would_count():
    params = np.full(30, 1e7)
    weights = DEFAULT.weights(params, np.geomspace(1e8, 1e10, 30))
    assert weights[[0, -1]] == pytest.approx([0.25, 1.0])
    assert DEFAULT.weights(params[:5], np.geomspace(1e6, 1e12, 5)) == pytest.approx(np.ones(5))


def test_the_expected_deviation_is_that_of_simulated_fits():
    params, tokens, _ = ladder()
    rule = replace(DEFAULT, noise=0.01, knee=10.0)
    target = np.array([3e9]), np.array([6e10])
    (expected,) = expected_deviation(TRUE, (params, tokens), target, 0.01, rule)
    found = [fit_robust(*ladder(noise=0.01, seed=seed), rule).log_loss(*target)[0, 0] for seed in range(60)]
    assert 0.4 * np.std(found) < expected < 2.5 * np.std(found)


def test_a_fit_knows_its_constants():
    fitted = fit_robust(*ladder())
    assert isinstance(fitted, Fitted)
    assert np.exp(fitted.log_loss(*OUT)[0]) == pytest.approx(fitted.constants().loss(*OUT))
