from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.models.scales import Scale
from assay.scaling.read import read_runs
from assay.training.budgets import train_budgets
from assay.training.language import train
from training.conftest import make_scale
from training.test_language import assert_same_run, metrics

BUDGETS = ["10k", "5120"]


def wsd(**changes) -> Scale:
    return make_scale(optimizer={"schedule": "wsd", "warmup_steps": 2}, **changes)


@pytest.fixture(scope="module")
def family(tokens, tmp_path_factory):
    folder = tmp_path_factory.mktemp("family")
    return folder, train_budgets(tokens, wsd(), BUDGETS, 0, folder, threads=1)


def test_every_budget_is_the_run_from_the_start(tokens, family, tmp_path):
    folder, records = family
    assert list(records) == [folder / "5120", folder / "10000"]
    for tokens_seen, steps in ((5120, 20), (10000, 39)):
        scale = validate(Scale, wsd().resolved() | {"tokens": tokens_seen}, "here")
        assert train(tokens, scale, 0, tmp_path / str(tokens_seen), threads=1).metrics["tokens"] == steps * 256
        assert_same_run(tmp_path / str(tokens_seen), folder / str(tokens_seen))


def test_the_constant_phase_is_trained_once(tokens, family, tmp_path, monkeypatch):
    import assay.training.loop

    taken = []
    step = assay.training.loop._Loop._step
    monkeypatch.setattr(
        assay.training.loop._Loop, "_step", lambda self, k, asked: taken.append(k) or step(self, k, asked)
    )
    train_budgets(tokens, wsd(), BUDGETS, 0, tmp_path, threads=1)
    assert taken == [*range(20), *range(16, 39)]
    del taken[:]
    train_budgets(tokens, wsd(), BUDGETS, 0, tmp_path, threads=1)
    assert not taken


def test_laws_read_each_budget_once(family):
    runs = read_runs(family[0])
    assert sorted(runs.tokens) == [5120, 9984]
    shortest = runs.loss("training")[runs.tokens == 5120]
    assert shortest == pytest.approx(metrics(family[0] / "5120")[-1]["loss"])


def test_a_cosine_has_no_constant_phase(tokens, tmp_path):
    with pytest.raises(InputError, match="constant learning rate") as error:
        train_budgets(tokens, make_scale(), BUDGETS, 0, tmp_path)
    assert "--set optimizer.schedule=wsd" in str(error.value)


@pytest.mark.parametrize("budget", ["many", "10"])
def test_budgets_that_are_none(tokens, tmp_path, budget):
    with pytest.raises(InputError) as error:
        train_budgets(tokens, wsd(), [budget], 0, tmp_path)
    assert error.value.where == "--budgets"
