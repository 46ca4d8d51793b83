"""Comparisons of networks, and the search for the smallest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from assay.base.errors import InputError
from assay.tropical.compare import auc, compare, samples_per_second, top
from assay.tropical.smallest import smallest
from tropical.test_reduce import make_data, make_network


def test_a_network_agrees_with_itself():
    for outputs in (1, 3):
        network = make_network(outputs)
        same = compare(network, network, make_data(network))
        assert (same.agreement, same.error) == (1, 0)
        assert same.spearman == pytest.approx(1)
        assert same.overlap == (1 if outputs == 1 else None)


def test_numbers_of_one_output():
    network = make_network(1)
    other = network.keep(np.arange(20))
    data = make_data(network, 1000)
    labels = (network(data)[:, 0] + np.random.default_rng(0).normal(size=1000) * 5 > 0).astype(int)
    found = compare(network, other, data, labels, keep=0.2)
    a, b = network(data)[:, 0], other(data)[:, 0]
    kept = set(np.argsort(-a)[:200].tolist()) & set(np.argsort(-b)[:200].tolist())
    assert found.overlap == len(kept) / 200
    assert found.agreement == pytest.approx(1 - 2 * (200 - len(kept)) / 1000)
    assert found.spearman == pytest.approx(spearmanr(a, b).statistic)
    assert found.accuracy is None
    assert found.auc is not None
    assert found.auc[0] == pytest.approx(np.mean([(x > y) for x in a[labels == 1] for y in a[labels == 0]]))


def test_accuracy_of_several_outputs():
    network = make_network(3)
    data = make_data(network)
    labels = network(data).argmax(axis=1)
    other = replace(network, output_biases=network.output_biases + np.array([100, 0, 0]))
    assert compare(network, other, data, labels).accuracy == (1, pytest.approx((labels == 0).mean()))


def test_ties_and_one_kind_only():
    assert top(np.zeros(10), 0.3).tolist() == [True] * 3 + [False] * 7
    assert auc(np.array([1.0, 1.0]), np.array([0, 1])) == 0.5
    assert np.isnan(auc(np.array([1.0, 1.0]), np.array([1, 1])))


def test_fewer_multiply_adds_are_faster():
    network = make_network(1, units=4000, inputs=200)
    data = make_data(network, 500)
    assert samples_per_second(network.keep(np.arange(40)), data) > 3 * samples_per_second(network, data)


@pytest.mark.parametrize("needed", [1, 2, 3, 17, 60])
def test_the_smallest_that_agrees(needed):
    network = make_network()
    found = smallest(60, lambda units: network.keep(np.arange(units)), lambda made: made.units / needed, 1.0)
    assert found.units == needed


def test_no_network_agrees():
    network = make_network()
    with pytest.raises(InputError, match="agreement is 0.5000 even with all 60 units"):
        smallest(60, lambda units: network.keep(np.arange(units)), lambda _: 0.5, 0.9)


def test_bad_comparisons():
    network = make_network()
    with pytest.raises(InputError, match="a keep rate of 0"):
        compare(network, network, make_data(network), keep=0)
    with pytest.raises(InputError, match="labels of shape"):
        compare(network, network, make_data(network), np.zeros(3))
