"""Networks written out as max-plus polynomials, and bounds of what merging changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.tropical.network import Network
from assay.tropical.zonotope import (
    error_bound,
    hausdorff,
    merge_bound,
    network_polynomials,
    sampled_hausdorff,
    vertex_count,
    zonotope_polynomial,
)
from tropical.plain import many, same_terms


def random_network(seed: int, inputs: int = 2, units: int = 6, outputs: int = 2) -> Network:
    rng = np.random.default_rng(seed)
    shapes = (units, inputs), (units,), (outputs, units), (outputs,)
    return Network(*(rng.normal(size=shape) for shape in shapes))


def test_networks_of_the_goldens(golden):
    for case in golden["networks"]:
        network = Network(*(np.array(case[key], dtype=float) for key in ("W", "b", "C", "c0")))
        x = np.array(case["X"])
        np.testing.assert_allclose(network(x), np.array(case["Y"]).reshape(len(x), -1), atol=1e-9)
        for output, wanted in enumerate(case["outputs"]):
            p, q = network_polynomials(network, output)
            assert same_terms(p, wanted["p"])
            assert same_terms(q, wanted["q"])
            np.testing.assert_allclose(p(x), wanted["p_at"], atol=1e-6)
            np.testing.assert_allclose(q(x), wanted["q_at"], atol=1e-6)


def test_figures_of_the_paper(golden):
    for name, figure in golden["icml_figures"].items():
        assert same_terms(zonotope_polynomial(np.array(figure["generators"], dtype=float)), figure["upper_terms"]), name


def test_counts_of_vertices(golden):
    for case in golden["zonotope_counts"]:
        assert vertex_count(case["n"], case["d"]) == case["formula"]
        generators = np.random.default_rng(0).normal(size=(case["n"], case["d"] + 1))
        assert len(zonotope_polynomial(generators)) == case["upper_terms"]


@many
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_a_network_is_the_difference_of_its_polynomials(seed, inputs):
    network = random_network(seed, inputs)
    x = np.random.default_rng(seed).normal(size=(100, inputs)) * 5
    for output in range(2):
        p, q = network_polynomials(network, output)
        np.testing.assert_allclose(network(x)[:, output], p(x) - q(x) + network.output_biases[output], atol=1e-9)


def test_a_network_too_large_to_write_out_is_refused():
    with pytest.raises(InputError, match="up to"):
        zonotope_polynomial(np.ones((500, 17)))


def test_bounds_of_merging(golden):
    for case in golden["merge_bounds"]:
        generators, labels = np.array(case["generators"]), np.array(case["labels"])
        merged = np.stack([generators[labels == label].sum(axis=0) for label in np.unique(labels)])
        means = np.stack([generators[labels == label].mean(axis=0) for label in np.unique(labels)])
        assert merge_bound(generators, labels) == pytest.approx(case["bound_half_sum"], abs=1e-6)
        exact = hausdorff(generators, merged)
        assert case["max_err_sum_over_rho"] <= exact <= case["bound_half_sum"]
        assert case["hausdorff_sum"] - 1e-6 <= exact <= case["hausdorff_sum"] * 1.05  # the golden is sampled
        assert exact * 0.9 <= sampled_hausdorff(generators, merged, samples=200_000) <= exact
        assert hausdorff(generators, means) == pytest.approx(case["hausdorff_mean"], rel=0.02)


@many
@given(st.integers(0, 2**32))
def test_what_merging_by_sum_changes_is_within_the_bound(seed):
    """Each output's positive and negative part is merged for itself."""
    network = random_network(seed, units=8)
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=8)
    x = rng.normal(size=(500, 2))
    x *= 4 * rng.random((500, 1)) / np.linalg.norm(x, axis=1, keepdims=True)
    change = np.zeros(500)
    for weights in network.output_weights:
        merged = np.zeros(500)
        for sign in (1, -1):
            for label in np.unique(labels[sign * weights > 0]):
                chosen = (labels == label) & (sign * weights > 0)
                unit = (np.abs(weights[chosen, None]) * network.generators[chosen]).sum(axis=0)
                merged += sign * np.maximum(x @ unit[:-1] + unit[-1], 0)
        change += np.abs(network.hidden(x) @ weights - merged)
    assert change.max() <= error_bound(network, labels, radius=4.0) + 1e-9


def test_the_exact_distance_has_a_limit():
    with pytest.raises(InputError, match="at most 10"):
        hausdorff(np.ones((11, 2)), np.ones((1, 2)))
