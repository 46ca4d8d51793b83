"""What all methods have in common, and what a user can get wrong."""

from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.tropical.calibration import Calibration
from assay.tropical.network import Network
from assay.tropical.reduce import METHODS, reduce
from assay.tropical.refit import linear_fit

OF_ONE_OUTPUT = {"zonotope_kmeans", "zonotope_kmeans_sum"}
WITHOUT_DATA = {
    "auto", "l1", "merge", "path_kmeans", "path_kmeans_sum", "random", "torch_structured", *OF_ONE_OUTPUT,
}  # fmt: skip


def make_network(outputs: int = 3, units: int = 60, inputs: int = 8, seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    shapes = (units, inputs), (units,), (outputs, units), (outputs,)
    return Network(*(rng.normal(size=shape) for shape in shapes))


def make_data(network: Network, samples: int = 400, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(samples, network.inputs))


def error(smaller: Network, network: Network, data: np.ndarray) -> float:
    """Root mean square of the change, relative to the spread of the outputs."""
    outputs = network(data)
    return float(np.sqrt(((smaller(data) - outputs) ** 2).sum() / ((outputs - outputs.mean(axis=0)) ** 2).sum()))


def cases() -> list:
    return [
        pytest.param(name, outputs, id=f"{name}-{outputs}")
        for name in METHODS
        for outputs in ((1,) if name in OF_ONE_OUTPUT else (1, 3))
    ]


@pytest.mark.parametrize(("method", "outputs"), cases())
def test_every_method(method, outputs):
    network = make_network(outputs)
    data = make_data(network)
    smaller = reduce(network, 12, data, method=method)
    assert (smaller.units, smaller.inputs, smaller.outputs) == (smaller.units, network.inputs, outputs)
    assert 1 <= smaller.units <= 12
    again = reduce(network, 12, data, method=method)
    np.testing.assert_array_equal(smaller(data), again(data))
    refitted = [
        error(reduce(network, 12, data, method=method, refit_by=kind), network, data)
        for kind in ("bias", "ridge", "linear")
    ]
    if method != "auto":  # which is distilled for a linear path
        assert refitted[2] <= refitted[1] + 1e-3 <= refitted[0] + 2e-3


@pytest.mark.parametrize("method", sorted(set(METHODS) - OF_ONE_OUTPUT - {"heuristic", "stable", "stable_released"}))
def test_all_units_can_be_kept(method):
    network = make_network(units=10, outputs=1)
    data = make_data(network)
    smaller = reduce(network, 10, data, method=method, refit_by="ridge")
    assert error(smaller, network, data) < 0.05


@pytest.mark.parametrize("method", METHODS)
def test_what_needs_no_data(method):
    network = make_network(1)
    if method in WITHOUT_DATA:
        assert reduce(network, 5, method=method).units == 5
    else:
        with pytest.raises(InputError, match="needs data"):
            reduce(network, 5, method=method)


def test_the_default_is_better_than_all_others_and_than_a_linear_fit():
    network = make_network(units=100)
    data, unseen = make_data(network, 2000), make_data(network, 2000, seed=2)
    ours = error(reduce(network, 10, data), network, unseen)
    for method in sorted(set(METHODS) - OF_ONE_OUTPUT - {"auto"}):
        assert ours < error(reduce(network, 10, data, method=method, refit_by="linear"), network, unseen), method
    assert ours < error(linear_fit(Calibration(network, data)), network, unseen)


def test_a_linear_path_of_the_network_is_kept():
    network = make_network(2)
    network = Network(
        network.hidden_weights, network.hidden_biases, network.output_weights, network.output_biases, np.ones((2, 8))
    )
    data = make_data(network)
    for method in ("omp", "merge", "random"):
        assert error(reduce(network, 59, data, method=method, refit_by="ridge"), network, data) < 0.2


def test_a_share_of_the_units():
    network = make_network(1)
    assert reduce(network, 0.1, method="l1").units == 6
    assert reduce(network, 0.001, method="l1").units == 1


@pytest.mark.parametrize("units", [0, -1, 61, 2.5, float("nan")])
def test_impossible_units(units):
    with pytest.raises(InputError, match="units of the 60 there are"):
        reduce(make_network(), units, method="l1")


def test_unknown_names():
    with pytest.raises(InputError, match="unknown method 'mergee'"):
        reduce(make_network(), 5, method="mergee")
    with pytest.raises(InputError, match="unknown refit"):
        reduce(make_network(), 5, method="l1", refit_by="some")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.zeros((0, 8)), "no samples"),
        (np.zeros((5, 7)), "network of 8 inputs"),
        (np.full((5, 8), np.nan), "NaN or infinite"),
    ],
)
def test_bad_data(data, message):
    with pytest.raises(InputError, match=message):
        reduce(make_network(), 5, data)


def test_one_output_only():
    with pytest.raises(InputError, match="for one output, not 3"):
        reduce(make_network(3), 5, method="zonotope_kmeans")


@pytest.mark.filterwarnings("error")
def test_units_that_are_never_active():
    network = make_network(2)
    biases = network.hidden_biases.copy()
    biases[:50] = -1e3
    network = Network(network.hidden_weights, biases, network.output_weights, network.output_biases)
    data = make_data(network)
    for method in sorted(set(METHODS) - OF_ONE_OUTPUT):
        assert np.isfinite(reduce(network, 12, data, method=method)(data)).all(), method
