from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.scaling.downstream import (
    chance_error,
    corrected,
    fit_tasks,
    known_chances,
    mean_error,
    select_tasks,
    tasks_of,
    with_averages,
)
from assay.scaling.runs import Runs


def runs_with(errors):
    count = len(next(iter(errors.values())))
    names = np.array([f"run {n}" for n in range(count)], dtype=object)
    params = np.geomspace(1e7, 1e9, count)
    losses = {"loss": np.linspace(4.5, 2.6, count)}
    arrays = {name: np.asarray(values, float) for name, values in errors.items()}
    return Runs(names, np.full(count, "set", dtype=object), params, 20 * params, losses, arrays)


def test_the_selection_rule_gives_the_papers_tasks(published, golden):
    small = published.where(published.params == 153_677_376)
    selected = select_tasks(small, known_chances(), 0.10)
    assert sorted(selected) == sorted(golden["subset_rule"]["selected"]) == sorted(tasks_of("avg17"))
    for task, margin in selected.items():
        assert margin == pytest.approx(golden["subset_rule"]["margins"][task], abs=1e-6)


def test_averages_are_uniform_means_of_the_tasks(published):
    again = with_averages(Runs(**{**vars(published), "errors": {t: published.error(t) for t in tasks_of("avg46")}}))
    for average in ("avg46", "avg17"):
        assert again.error(average) == pytest.approx(published.error(average), rel=1e-9)
    assert (chance_error("avg17"), chance_error("avg46")) == pytest.approx((0.8088, 0.7500), abs=1e-4)


def test_an_average_over_a_suite_of_ones_own():
    runs = runs_with({"a": [0.5, 0.4], "b": [0.3, 0.2], "c": [0.9, 0.9]})
    assert mean_error(runs, ["a", "b"]) == pytest.approx([0.4, 0.3])
    with pytest.raises(InputError, match="unknown task 'd'"):
        mean_error(runs, ["a", "d"])


def test_the_error_of_guessing_is_one():
    assert corrected([0.75, 0.375, 0.0], 0.75) == pytest.approx([1.0, 0.5, 0.0])


def test_a_task_that_does_not_move_is_not_predictable():
    loss = np.linspace(4.5, 2.6, 12)
    wiggle = 0.02 * np.random.default_rng(1).standard_normal(12)
    falling = 0.8 * np.exp(-np.exp(-1.5 * (loss - 2.5)))
    laws = fit_tasks(runs_with({"falling": falling, "still": 0.75 + wiggle}), "loss", ["falling", "still"])
    by_name = {law.task: law for law in laws}
    assert by_name["falling"].predictable
    assert by_name["falling"].law_error < by_name["falling"].no_change_error
    assert not by_name["still"].predictable
    assert by_name["still"].predict(np.array([2.0, 2.3])) == pytest.approx([0.75 + wiggle[-1]] * 2)
    assert by_name["falling"].predict(np.array([2.3])) < falling[-1]
