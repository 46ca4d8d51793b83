"""Methods that choose units, held to the plainest form of what they say they do."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.utils import prune

from assay.tropical.calibration import Calibration
from assay.tropical.methods.obs import eliminate
from assay.tropical.methods.omp import pursue
from assay.tropical.reduce import reduce
from tropical.test_reduce import make_data, make_network


def least_squares_error(features: np.ndarray, targets: np.ndarray) -> float:
    features = np.column_stack([features, np.ones(len(features))])
    return float(((targets - features @ np.linalg.lstsq(features, targets)[0]) ** 2).sum())


def test_matching_pursuit_takes_what_lessens_the_error_most():
    network = make_network(2, units=20)
    calibration = Calibration(network, make_data(network))
    order = pursue(network, 6, calibration, np.random.default_rng(0)).tolist()
    hidden, targets = calibration.hidden, calibration.outputs
    for k, unit in enumerate(order):
        errors = {j: least_squares_error(hidden[:, [*order[:k], j]], targets) for j in range(20) if j not in order[:k]}
        assert errors[unit] <= min(errors.values()) * 1.001


def test_elimination_drops_what_costs_least():
    network = make_network(2, units=8)
    hidden = network.hidden(make_data(network))
    gram, weights = np.cov(hidden.T, bias=True), network.output_weights
    targets = hidden @ weights.T
    kept = list(range(8))
    for units in range(7, 3, -1):
        errors = {j: least_squares_error(hidden[:, [i for i in kept if i != j]], targets) for j in kept}
        kept.remove(min(errors, key=errors.__getitem__))
        assert eliminate(gram, weights, units).tolist() == kept


def test_greedy_choice_adds_what_is_missing():
    network = make_network(1, units=15)
    data = make_data(network, 200)
    contributions = network.hidden(data) * network.output_weights[0]
    kept: list[int] = []
    for _ in range(5):
        left = {
            j: ((contributions.sum(axis=1) - contributions[:, [*kept, j]].sum(axis=1)) ** 2).sum()
            for j in range(15)
            if j not in kept
        }
        kept.append(min(left, key=left.__getitem__))
    smaller = reduce(network, 5, data, method="thinet")
    np.testing.assert_array_equal(smaller.hidden_weights, network.hidden_weights[sorted(kept)])


def test_structured_pruning_is_that_of_torch():
    network = make_network(3, units=20)
    layer = torch.nn.Linear(8, 20).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(network.hidden_weights))
        layer.bias.copy_(torch.tensor(network.hidden_biases))
    prune.ln_structured(layer, "weight", amount=15, n=1, dim=0)
    data = make_data(network)
    with torch.no_grad():
        hidden = torch.relu(layer(torch.tensor(data))).numpy()
    expected = hidden @ network.output_weights.T + network.output_biases
    np.testing.assert_allclose(reduce(network, 5, data, method="torch_structured")(data), expected)


def test_pivots_span_the_others():
    """Copies of units are not taken twice."""
    network = make_network(2, units=10)
    twice = network.keep(np.repeat(np.arange(10), 2))
    data = make_data(network)
    for method in ("qr", "omp", "obs"):
        smaller = reduce(twice, 10, data, method=method, refit_by="none")
        assert len(np.unique(smaller.hidden_weights, axis=0)) == 10, method
