"""Methods that merge units, and K-means under them."""

from __future__ import annotations

import numpy as np
import pytest

from assay.tropical.calibration import Calibration
from assay.tropical.kmeans import kmeans
from assay.tropical.methods.merge import data_metric
from assay.tropical.methods.zip_merge import groups
from assay.tropical.network import Network
from assay.tropical.reduce import reduce
from tropical.test_reduce import make_data, make_network


def in_groups(copies: int, outputs: int, seed: int = 0) -> tuple[Network, Network]:
    """A network, and one with units that are positive multiples of its units."""
    rng = np.random.default_rng(seed)
    small = make_network(outputs, units=6)
    which = np.repeat(np.arange(6), copies)
    scale = rng.uniform(0.5, 2, size=len(which))
    shares = rng.dirichlet(np.ones(copies), size=6).ravel()
    return small, Network(
        small.hidden_weights[which] * scale[:, None],
        small.hidden_biases[which] * scale,
        small.output_weights[:, which] * shares / scale,
        small.output_biases,
    )


@pytest.mark.parametrize("with_data", [True, False])
def test_units_of_one_direction_are_merged_without_loss(with_data):
    small, large = in_groups(5, outputs=3)
    data = make_data(small)
    merged = reduce(large, 6, data if with_data else None, method="merge", refit_by=None if with_data else "none")
    assert merged.units == 6
    np.testing.assert_allclose(merged(data), small(data), atol=5e-2 if with_data else 1e-9)


def test_sums_keep_the_mass_that_means_lose():
    small, large = in_groups(5, outputs=1)
    data = make_data(small)
    for method in ("zonotope_kmeans_sum", "zonotope_kmeans"):
        merged = reduce(large, 30, data, method=method, refit_by="none")
        np.testing.assert_allclose(merged(data), small(data), atol=1e-9)
    change = {
        m: np.abs(reduce(large, 8, method=m)(data) - small(data)).mean()
        for m in ("zonotope_kmeans", "zonotope_kmeans_sum")
    }
    assert change["zonotope_kmeans_sum"] < change["zonotope_kmeans"]


def test_zonotope_kmeans_is_kmeans_of_the_generators_of_each_sign():
    network = make_network(1, units=20)
    smaller = reduce(network, 8, method="zonotope_kmeans", seed=3)
    rng = np.random.default_rng(3)
    weights = network.output_weights[0]
    generators = network.generators * np.abs(weights)[:, None]
    positive = generators[weights > 0]
    share = round(8 * len(positive) / 20)
    expected = np.vstack([kmeans(positive, share, rng)[1], kmeans(generators[weights < 0], 8 - share, rng)[1]])
    np.testing.assert_allclose(smaller.generators, expected)
    assert smaller.output_weights.tolist() == [[1.0] * share + [-1.0] * (8 - share)]


def test_the_metric_of_the_data_measures_what_units_see():
    network = make_network(units=5)
    data = make_data(network) * np.linspace(0.1, 3, 8)
    seen = network.generators @ data_metric(Calibration(network, data))
    before = data @ network.hidden_weights.T + network.hidden_biases
    np.testing.assert_allclose((seen**2).sum(axis=1), (before**2).mean(axis=0))


def test_groups_by_correlation_are_as_many_as_asked_for():
    """Also where all distances are equal."""
    for count in (1, 3, 7):
        assert len(set(groups(np.eye(7), count).tolist())) == count
    correlations = np.kron(np.eye(2), np.full((3, 3), 0.9))
    assert groups(correlations, 2).tolist() in ([1, 1, 1, 2, 2, 2], [2, 2, 2, 1, 1, 1])


def test_units_that_emit_the_same_for_all_samples_go_to_the_bias():
    network = make_network(2, units=20)
    data = make_data(network)
    weights, biases = network.hidden_weights.copy(), network.hidden_biases.copy()
    weights[:5], biases[:5] = 0, [-1, -1, 1, 1, 1]
    network = Network(weights, biases, network.output_weights, network.output_biases)
    merged = reduce(network, 15, data, method="zip_merge")
    np.testing.assert_allclose(merged(data), network(data), atol=1e-9)


def test_kmeans_finds_clusters_and_means():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 3)) * 20
    truth = np.repeat(np.arange(5), 30)
    points = centres[truth] + rng.normal(size=(150, 3))
    weights = rng.uniform(0.5, 2, size=150)
    labels, found = kmeans(points, 5, rng, weights)
    assert len(set(zip(labels.tolist(), truth.tolist(), strict=True))) == 5
    for label, centre in enumerate(found):
        chosen = labels == label
        np.testing.assert_allclose(centre, np.average(points[chosen], axis=0, weights=weights[chosen]))


def test_kmeans_with_fewer_points_than_clusters():
    points = np.array([[0.0], [0.0], [5.0]])
    labels, centres = kmeans(points, 3, np.random.default_rng(0))
    assert labels.tolist() in ([0, 0, 1], [1, 1, 0])
    assert sorted(centres.ravel().tolist()) == [0, 5]
