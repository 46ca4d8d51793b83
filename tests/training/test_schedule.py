from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.models.scales import load_scale
from assay.training.schedule import learning_rate


def reference(step, steps, base, end, warmup):
    """As open_lm writes it (scheduler.py, cosine_lr)."""
    if step < warmup:
        return base * (step + 1) / warmup
    e, es = step - warmup, steps - warmup
    return max(end + 0.5 * (1 + np.cos(np.pi * e / es)) * (base - end), 0.0)


@pytest.mark.parametrize("name", ["dclm-411m-1x", "dclm-7b-2x", "lm-demo"])
def test_rates_are_those_of_open_lm(name):
    scale = load_scale(name)
    o = scale.optimizer
    for step in {0, 1, o.warmup_steps - 1, o.warmup_steps, o.warmup_steps + 1, scale.steps // 2, scale.steps - 1}:
        expected = reference(step, scale.steps, o.learning_rate, o.end_learning_rate, o.warmup_steps)
        assert learning_rate(step, scale.steps, o) == pytest.approx(expected, rel=1e-12)


def test_rates_of_dclm_411m_at_known_steps():
    scale = load_scale("dclm-411m-1x")
    rates = [learning_rate(step, scale.steps, scale.optimizer) for step in (0, 999, 1999, 2000, 4925)]
    assert rates == pytest.approx([1.5e-6, 1.5e-3, 3e-3, 3e-3, 1.515e-3], rel=1e-9)
    assert 3e-5 < learning_rate(scale.steps - 1, scale.steps, scale.optimizer) < 3.001e-5


def test_no_warm_up_starts_at_the_base():
    o = load_scale("lm-demo", ["optimizer.warmup_steps=0"]).optimizer
    assert learning_rate(0, 10, o) == o.learning_rate


@given(st.integers(1, 500), st.data())
def test_it_rises_then_falls_between_its_bounds(steps, data):
    warmup = data.draw(st.integers(0, steps - 1))
    o = load_scale("lm-1m").optimizer.model_copy(update={"warmup_steps": warmup})
    rates = [learning_rate(step, steps, o) for step in range(steps)]
    assert all(np.diff(rates[:warmup]) > 0)
    assert all(np.diff(rates[warmup:]) < 0)
    assert max(rates) == o.learning_rate or warmup == steps
    assert min(rates[warmup:]) >= o.end_learning_rate


def test_a_constant_rate_cools_down_as_one_minus_a_root():
    o = load_scale("lm-demo", ["optimizer.schedule=wsd", "optimizer.warmup_steps=10"]).optimizer
    rates = [learning_rate(step, 100, o) for step in range(100)]
    base, end = o.learning_rate, o.end_learning_rate
    assert rates[:10] == pytest.approx([base * (step + 1) / 10 for step in range(10)])
    assert set(rates[10:81]) == {base}
    assert rates[80:] == pytest.approx(
        [end + (1 - ((step - 80) / 20) ** 0.5) * (base - end) for step in range(80, 100)]
    )


@given(st.integers(2, 500), st.floats(0.01, 0.99), st.integers(0, 100))
def test_longer_runs_share_the_constant_phase(steps, cooldown, more):
    o = load_scale("lm-1m").optimizer.model_copy(update={"schedule": "wsd", "cooldown": cooldown, "warmup_steps": 0})
    shared = o.stable_steps(steps)
    assert o.stable_steps(steps + more) >= shared
    assert [learning_rate(s, steps, o) for s in range(shared)] == [
        learning_rate(s, steps + more, o) for s in range(shared)
    ]


def test_a_cooldown_in_the_warm_up_is_refused():
    with pytest.raises(InputError, match="begins in the warm-up"):
        load_scale("lm-demo", ["optimizer.schedule=wsd", "optimizer.cooldown=0.99"])


def test_rates_are_those_of_open_clip(shared_data):
    published = json.loads((shared_data / "clip_schedule_golden.json").read_text())
    for setting, rates in published.items():
        base, warmup, steps = map(float, setting.split(","))
        o = load_scale("lm-demo").optimizer.model_copy(
            update={"learning_rate": base, "warmup_steps": int(warmup), "end_learning_rate": 0.0}
        )
        found = [learning_rate(step, int(steps), o) for step, _ in rates]
        assert found == pytest.approx([rate for _, rate in rates], rel=1e-9)
