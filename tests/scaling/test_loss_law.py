from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.scaling import LossLaw
from assay.scaling.checks import ScalingWarning
from assay.scaling.forms import Constants
from scaling.conftest import TRUE, ladder

TARGET = (3e9, 6e11)
laws = st.builds(
    Constants,
    E=st.floats(1.0, 2.5),
    A=st.floats(100, 600),
    B=st.floats(200, 2000),
    alpha=st.floats(0.24, 0.36),
    beta=st.floats(0.24, 0.36),
)


@given(laws, st.integers(0, 1000))
def test_a_law_is_recovered_at_realistic_noise(law, seed):
    """The forecast at six times the size and a hundred times the compute, within 2 %."""
    fitted = LossLaw.fit(*ladder(law, noise=0.002, seed=seed))
    assert fitted.predict(*TARGET) == pytest.approx(law.loss(*TARGET), rel=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_its_constants_are_recovered(seed):
    law = LossLaw.fit(*ladder(noise=0.001, seed=seed)).constants
    assert (law.E, law.alpha, law.beta) == pytest.approx((TRUE.E, TRUE.alpha, TRUE.beta), rel=0.02)


def test_all_its_constants_are_recovered_without_noise():
    law = LossLaw.fit(*ladder(), preset="chinchilla").constants
    assert pytest.approx((TRUE.E, TRUE.A, TRUE.B), rel=0.02) == (law.E, law.A, law.B)
    assert (law.alpha, law.beta) == pytest.approx((TRUE.alpha, TRUE.beta), rel=0.02)


@given(st.integers(0, 1000), st.sampled_from(["assay", "paper", "chinchilla"]))
def test_the_order_of_the_runs_does_not_matter(seed, preset):
    columns = np.array(ladder(noise=0.005, seed=seed))
    shuffled = columns[:, np.random.default_rng(seed).permutation(columns.shape[1])]
    one, other = LossLaw.fit(*columns, preset=preset), LossLaw.fit(*shuffled, preset=preset)
    assert one.predict(*TARGET) == pytest.approx(other.predict(*TARGET), rel=1e-4)


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-2, 2), st.integers(0, 1000))
def test_other_units_give_the_same_forecast(size_unit, token_unit, loss_unit, seed):
    params, tokens, loss = ladder(noise=0.005, seed=seed)
    a, b, c = 10.0**size_unit, 10.0**token_unit, 10.0**loss_unit
    plain = LossLaw.fit(params, tokens, loss, preset="paper").predict(*TARGET)
    scaled = LossLaw.fit(a * params, b * tokens, c * loss, preset="paper").predict(a * TARGET[0], b * TARGET[1])
    assert scaled == pytest.approx(c * plain, rel=1e-5)


@given(st.floats(-5, 5), st.floats(0, 5), st.integers(0, 1000))
def test_sizes_and_tokens_in_other_units_by_the_default_rule(unit, more, seed):
    """Tokens in units no larger than those of parameters: in others, few would look like enough tokens a parameter."""
    params, tokens, loss = ladder(noise=0.005, seed=seed)
    a, b = 10.0**unit, 10.0 ** (unit + more)
    scaled = LossLaw.fit(a * params, b * tokens, loss).predict(a * TARGET[0], b * TARGET[1])
    assert scaled == pytest.approx(LossLaw.fit(params, tokens, loss).predict(*TARGET), rel=1e-5)


@given(st.floats(-4, 6))
def test_losses_in_other_units_by_the_default_rule(unit):
    params, tokens, loss = ladder(noise=0.005)
    scaled = LossLaw.fit(params, tokens, 10**unit * loss).predict(*TARGET)
    assert scaled == pytest.approx(10**unit * LossLaw.fit(params, tokens, loss).predict(*TARGET), rel=1e-5)


@pytest.mark.parametrize("preset", ["assay", "paper", "chinchilla"])
def test_ten_orders_of_magnitude_do_not_break_it(preset):
    params, multiplier = (each.ravel() for each in np.meshgrid(np.geomspace(1e3, 1e13, 8), np.geomspace(6, 1e6, 5)))
    law = Constants(E=1e-6, A=3e4, B=5e5, alpha=0.4, beta=0.4)
    losses = law.loss(params, params * multiplier)
    assert losses.max() / losses.min() > 1e4
    fitted = LossLaw.fit(params, params * multiplier, losses, preset=preset)
    assert np.isfinite(fitted.predict(params, params * multiplier)).all()
    assert fitted.predict(1e13, 1e15) == pytest.approx(law.loss(1e13, 1e15), rel=0.1)


def test_a_law_saved_is_the_law_loaded(tmp_path):
    law = LossLaw.fit(*ladder(noise=0.005))
    law.save(tmp_path / "law.json")
    loaded = LossLaw.load(tmp_path / "law.json")
    assert loaded == law
    assert loaded.interval(*TARGET) == law.interval(*TARGET)
    with pytest.raises(InputError, match="is not a loss law"):
        LossLaw.from_json({"kind": "dataset"})


def test_shapes_broadcast():
    law = LossLaw.fit(*ladder())
    assert law.predict([[1e9], [2e9]], [1e11, 2e11, 4e11]).shape == (2, 3)
    assert law.interval([1e9, 2e9], 1e11).low.shape == (2,)


def test_how_much_is_needed_for_a_loss():
    law = LossLaw.fit(*ladder())
    wanted = float(law.predict(2e9, 1e11))
    assert law.tokens_for(wanted, 2e9) == pytest.approx(1e11, rel=1e-6)
    assert float(law.flops_for(wanted, 50)) == pytest.approx(6 * 2e9 * 1e11, rel=1e-6)
    with pytest.raises(InputError, match="not above the irreducible"):
        law.flops_for(0.5, 20)
    with pytest.raises(InputError, match="with endless tokens"):
        law.tokens_for(1.9, 1e6)


def changed(**columns):
    params, tokens, loss = ladder(noise=0.005)
    return {"params": params, "tokens": tokens, "loss": loss, **columns}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"params": [1e6], "tokens": [2e7], "loss": [3.0]}, "1 runs are too few"),
        ({"params": [], "tokens": [], "loss": []}, "no runs"),
        (
            {"params": [1e6] * 4, "tokens": [1e7, 2e7, 3e7, 4e7], "loss": [4.0, 3.9, 3.8, 3.7]},
            "have one size: A and alpha",
        ),
        ({"params": [1e6, 2e6, 4e6], "tokens": [1e7, 2e7], "loss": [4.0]}, "different lengths"),
        (changed(loss=np.full(24, np.nan)), "column loss: is not a finite number: nan in row 1"),
        (changed(loss=np.zeros(24)), "column loss: is not above zero: 0 in row 1"),
        (
            changed(tokens=-np.ones(24)),
            "column tokens: is not above zero: -1 in row 1, -1 in row 2, -1 in row 3 and 21 more",
        ),
    ],
)
def test_what_cannot_be_fitted_is_said(columns, message):
    with pytest.raises(InputError) as raised:
        LossLaw.fit(**columns)
    assert message in str(raised.value)


@pytest.mark.filterwarnings("ignore::assay.scaling.checks.ScalingWarning")
def test_one_multiplier_only():
    params = np.geomspace(1e7, 1e9, 6)
    columns = params, 20 * params, TRUE.loss(params, 20 * params)
    law = LossLaw.fit(*columns)
    assert any("are not identified, only E, eta and their sum" in note for note in law.notes)
    assert law.predict(4e9, 8e10) == pytest.approx(TRUE.loss(4e9, 8e10), rel=0.02)
    with pytest.raises(InputError, match="a and b are not identified"):
        LossLaw.fit(*columns, preset="paper")


def test_few_sizes_and_few_runs_are_noted():
    params = np.repeat([1e7, 1e8], 3)
    tokens = params * np.tile([10, 20, 80], 2)
    with pytest.warns(ScalingWarning):
        law = LossLaw.fit(params, tokens, TRUE.loss(params, tokens))
    assert any("only 2 distinct sizes" in note for note in law.notes)
    assert any("fewer than 3 degrees of freedom" in note for note in law.notes)
    assert not law.backed


def test_duplicated_rows_count_once():
    columns = np.array(ladder(noise=0.005))
    twice = np.concatenate([columns, columns[:, :3]], axis=1)
    with pytest.warns(ScalingWarning, match="3 duplicated rows"):
        law = LossLaw.fit(*twice)
    assert law.constants == LossLaw.fit(*columns).constants


def test_a_far_target_warns():
    law = LossLaw.fit(*ladder())
    largest = max(n * d for n, d in zip(law.params, law.tokens, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        law.predict(1e10, 900 * largest / 1e10)
    with pytest.warns(ScalingWarning, match="extrapolates 1,100 times"):
        law.predict(1e10, 1100 * largest / 1e10)


def test_undertrained_runs_are_left_out():
    params, tokens, loss = ladder()
    columns = np.append(params, 1e9), np.append(tokens, 2e9), np.append(loss, 9.0)
    with pytest.warns(ScalingWarning, match="1 runs of at most 5 tokens a parameter"):
        assert LossLaw.fit(*columns).constants == LossLaw.fit(params, tokens, loss).constants


def test_an_unknown_preset_and_level():
    with pytest.raises(InputError, match="unknown preset 'papr'"):
        LossLaw.fit(*ladder(), preset="papr")
    with pytest.raises(InputError, match="not between 0 and 1"):
        LossLaw.fit(*ladder()).interval(*TARGET, level=80)
