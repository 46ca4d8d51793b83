from __future__ import annotations

import math

import pytest
from pydantic import BaseModel, ValidationError

from assay.evaluation.proxies import PROXIES, Proxy, proxy


def row(logs, gold=0, tokens=None, characters=None):
    ones = [1] * len(logs)
    return {
        "log_likelihoods": logs,
        "gold": gold,
        "tokens": tokens or ones,
        "characters": characters or ones,
        "bytes": characters or ones,
    }


ROW = row([math.log(0.25), math.log(0.01), math.log(0.125)], gold=0, tokens=[2, 1, 3], characters=[2, 2, 1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("correct_prob", 0.25),
        ("correct_prob_per_token", 0.5),
        ("correct_prob_per_character", 0.5),
        ("margin", 0.125),
        ("margin_per_token", 0.0),
        ("margin_per_character", 0.375),
        ("norm_correct_prob", 0.25 / 0.385),
        ("norm_correct_prob_per_token", 0.5 / 1.01),
        ("total_prob", 0.385),
        ("total_prob_per_character", 0.5 + 0.1 + 0.125),
        ("bits_per_byte", 1.0),
    ],
)
def test_a_proxy_by_hand(name, value):
    assert proxy(name, [ROW]) == (pytest.approx(value), None)


def test_a_proxy_is_the_mean_over_questions_with_its_error():
    value, stderr = proxy("correct_prob", [row([math.log(p)]) for p in (0.1, 0.3)])
    assert (value, stderr) == (pytest.approx(0.2), pytest.approx(0.1))


@pytest.mark.parametrize("name", PROXIES)
def test_what_was_not_measured_has_no_proxy(name):
    assert proxy(name, [row([], gold=None)]) is None


def test_a_choice_without_any_probability_is_no_division_by_zero():
    assert proxy("norm_correct_prob", [row([-1e5, -1e5])]) is None


def test_unknown_names_are_refused():
    class Model(BaseModel):
        proxies: list[Proxy]

    assert Model(proxies=["margin"]).proxies == ["margin"]
    with pytest.raises(ValidationError, match="there is no proxy 'magrin'; there are correct_prob,"):
        Model(proxies=["magrin"])
