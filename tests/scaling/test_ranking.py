from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.scaling.forms import Constants
from assay.scaling.ranking import fair_losses, rank
from assay.scaling.runs import Runs, join
from scaling.conftest import TRUE, ladder


def runs_on(group, quality, own=1.0):
    """A training set whose data is worth ``quality`` on "far" and "other", and more on its own kind of text."""
    losses = {}
    for name, better in (("far", quality), ("other", quality), (f"{group}_eval", own * quality)):
        law = Constants(TRUE.E, TRUE.A / better, TRUE.B / better, TRUE.alpha, TRUE.beta)
        params, tokens, losses[name] = ladder(law)
    errors = {"task": 0.75 * np.exp(-9 * np.exp(-1.4 * losses["far"]))}
    return Runs(np.arange(24).astype(object), np.full(24, group, dtype=object), params, tokens, losses, errors)


@pytest.fixture
def runs():
    parts = [runs_on("good", 1.3), runs_on("bad", 1.0, own=2.0), runs_on("middling", 1.15)]
    names = {name for part in parts for name in part.losses}
    return join([Runs(**{**vars(p), "losses": {n: p.losses.get(n, p.losses["far"]) for n in names}}) for p in parts])


def test_candidates_own_losses_are_left_out(runs):
    assert sorted(fair_losses(runs)) == ["far", "other"]


def test_the_better_data_is_ranked_first_by_several_losses_and_a_task(runs):
    found = rank(runs, (3e9, 6e10), tasks=["task"])
    assert [each.train_set for each in found] == ["good", "middling", "bad"]
    assert found[0].ranks == {"far": 1.0, "other": 1.0, "task": 1.0}
    assert found[0].forecasts["task"] < found[2].forecasts["task"]


def test_by_its_own_loss_alone_the_worse_data_wins(runs):
    assert rank(runs, (3e9, 6e10), losses=["bad_eval"])[0].train_set == "bad"


def test_the_published_corpora_from_small_models(published):
    """At 6.9B the model trained on C4 has the highest 17-task error. C4's own loss ranks it first, fair ones last."""
    small = published.where((published.params < 1e9) & published.trained_enough())
    large = published.where(published.params == 6_889_410_560)
    target = (large.params[0], large.tokens[0])
    worst = large.groups[np.argmax(large.error("avg17"))]
    assert worst == "c4" == rank(small, target, losses=["c4_eval"])[0].train_set
    assert rank(small, target, tasks=["avg17"])[-1].train_set == worst


def test_nothing_to_rank(runs):
    with pytest.raises(InputError, match="only one training set"):
        rank(runs.of("good"), (3e9, 6e10))
    with pytest.raises(InputError, match="every loss is on text"):
        rank(Runs(**{**vars(runs), "losses": {"bad_eval": runs.loss("bad_eval")}}), (3e9, 6e10))
