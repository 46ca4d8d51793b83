from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.scaling import ErrorLaw
from assay.scaling.downstream import fit_error, tasks_of
from assay.scaling.error_curves import Curve
from assay.scaling.fit import fit_runs

pytestmark = pytest.mark.filterwarnings("ignore::assay.scaling.checks.ScalingWarning")

LOSSES = np.linspace(2.3, 5.0, 12)


def test_the_papers_constants_for_every_loss_and_average(published, golden):
    checked = 0
    for train_set, losses in golden["error_law"].items():
        runs = published.of(train_set)
        without = runs.where(~((runs.params > 1e9) & (runs.params < 2e9) & (np.round(runs.multipliers) == 20)))
        for loss, splits in losses.items():
            for split, expected in splits.items():
                average, _, points = split.partition("/")
                found = fit_runs(runs if points == "with_1.4B" else without, loss, average, "paper")
                curve = found.error_law.curve
                assert curve.k == pytest.approx(expected["k"], rel=5e-3)
                assert curve.gamma == pytest.approx(expected["gamma"], rel=1e-3)
                assert curve.epsilon == pytest.approx(expected["eps"], abs=2e-4)
                checked += _errors_agree(found, expected["models"], 0.01)
    assert checked > 100


def _errors_agree(found, models, tolerance):
    unseen = {each.name: each for each in (*found.unseen(), *found.seen())}
    shared = models.keys() & unseen.keys()
    for name in shared:
        off = 100 * unseen[name].error_relative_error
        assert off == pytest.approx(models[name]["rel_err"], abs=tolerance), name
    return len(shared)


def test_each_task_as_published(published, golden):
    """Where the published search found the optimum."""
    checked = 0
    for train_set, tasks in golden["per_task_c4_eval"].items():
        runs = published.of(train_set)
        for task, splits in tasks.items():
            if splits["with_1.4B"]["status"] == "global":
                found = fit_runs(runs, "c4_eval", task, "paper")
                checked += _errors_agree(found, splits["with_1.4B"]["models"], 0.05)
    assert checked >= 60


@pytest.mark.parametrize("form", ["gompertz", "logistic", "exponential"])
@given(st.floats(0.6, 1.8), st.floats(0.5, 0.9), st.floats(0.3, 0.8))
def test_a_curve_is_recovered(form, gamma, chance, lowest_skill):
    k = chance * lowest_skill * np.exp(gamma * 2.3)
    true = Curve(form, chance, k, gamma)
    preset = {"gompertz": "assay"}.get(form, form)
    law = ErrorLaw.fit(LOSSES, true.error(LOSSES), chance, preset)
    assert law.predict(2.0) == pytest.approx(true.error(np.array(2.0)), abs=0.01)


@settings(max_examples=15)
@given(st.integers(0, 500), st.floats(0.05, 1.0), st.floats(0.1, 20))
def test_forecasts_stay_between_perfect_and_chance(seed, chance, loss):
    errors = np.clip(chance * np.random.default_rng(seed).random(12), 0, 1)
    law = ErrorLaw.fit(LOSSES, errors, chance)
    assert 0 <= law.predict(loss) <= chance
    low, high = law.interval(loss)
    assert 0 <= low <= high <= 1


def test_an_average_by_the_default_rule_is_near_the_large_models(published):
    runs = published.of("refinedweb")
    law = fit_error(runs.where((runs.params < 1e9) & runs.trained_enough()), "c4_eval", "avg46")
    large = runs.where(runs.params > 1e9)
    assert law.predict(large.loss("c4_eval")) == pytest.approx(large.error("avg46"), rel=0.04)


def test_without_a_chance_error_the_worst_run_is_the_end():
    errors = np.linspace(0.4, 0.77, 12)
    assert ErrorLaw.fit(LOSSES, errors).chance == 0.77


def test_an_uncertain_loss_widens_the_interval():
    law = ErrorLaw.fit(LOSSES, np.linspace(0.4, 0.77, 12), 0.8)
    sure, unsure = law.interval(2.2), law.interval(2.2, loss_deviation=0.2)
    assert unsure.high - unsure.low > 1.5 * (sure.high - sure.low)


def test_saved_and_loaded(tmp_path):
    law = ErrorLaw.fit(LOSSES, np.linspace(0.4, 0.77, 12), 0.8)
    law.save(tmp_path / "law.json")
    assert ErrorLaw.load(tmp_path / "law.json") == law
    with pytest.raises(InputError, match="is not an error law"):
        ErrorLaw.from_json({})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"error": [0.5, 0.6, 70.0]}, "column error: is outside [0, 1]: 70 in row 3"),
        ({"error": [-0.1, 0.6, 0.7]}, "-0.1 in row 1"),
        ({"error": [0.5, 0.6]}, "different lengths"),
        ({"loss": [3.0, 3.0, 3.0]}, "3 different losses"),
        ({"loss": [3.0, np.nan, 4.0]}, "nan in row 2"),
        ({"chance": 1.5}, "chance error of 1.5 is outside"),
        ({"preset": "papr"}, "unknown preset"),
    ],
)
def test_what_cannot_be_fitted_is_said(arguments, message):
    with pytest.raises(InputError) as raised:
        ErrorLaw.fit(**{"loss": [3.0, 3.5, 4.0], "error": [0.5, 0.6, 0.7]} | arguments)
    assert message in str(raised.value)


def test_the_papers_tasks():
    assert (len(tasks_of("avg46")), len(tasks_of("avg17"))) == (46, 17)
