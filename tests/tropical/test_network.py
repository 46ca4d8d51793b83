"""Networks: what they compute, what is refused, and files of them."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors.torch
import torch

from assay.base.errors import InputError
from assay.tropical.network import Network
from assay.tropical.network_files import from_module, network_of, read_network, write_network
from assay.tropical.reduce import reduce
from tropical.test_reduce import make_data, make_network


def make_module(activation: torch.nn.Module | None = None) -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(8, 20), activation or torch.nn.ReLU(), torch.nn.Linear(20, 3))


def said(module: torch.nn.Module, data: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(torch.tensor(data, dtype=torch.float32)).numpy()


def test_a_network_computes_what_torch_does():
    module = make_module()
    network = from_module(module)
    data = make_data(network)
    assert network.hidden_weights.dtype == np.float32
    np.testing.assert_allclose(network(data), said(module, data), atol=1e-5)
    assert module.training
    assert network.multiply_adds == 8 * 20 + 20 * 3


def test_a_state_dict_in_a_file(tmp_path):
    module = make_module()
    safetensors.torch.save_file(module.state_dict(), tmp_path / "head.safetensors")
    network = read_network(tmp_path / "head.safetensors")
    np.testing.assert_allclose(network(make_data(network)), said(module, make_data(network)), atol=1e-5)


def test_layers_are_in_the_order_of_their_numbers():
    rng = np.random.default_rng(0)
    shapes = {"8.weight": (3, 3), "8.bias": (3,), "10.weight": (3, 3), "10.bias": (3,)}
    tensors = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    network = network_of(tensors, "head")
    np.testing.assert_array_equal(network.hidden_weights, tensors["8.weight"])
    np.testing.assert_array_equal(network.output_biases, tensors["10.bias"])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_module_of_half_precision(dtype):
    module = make_module().to(dtype)
    wanted = module.state_dict()["0.weight"].float().numpy()
    np.testing.assert_array_equal(from_module(module).hidden_weights, wanted)
    assert next(module.parameters()).dtype == dtype
    with pytest.raises(InputError, match="does not compute an affine layer"):
        from_module(make_module(torch.nn.GELU()).to(dtype))


def test_files_hold_what_was_written(tmp_path):
    network = make_network()
    data = make_data(network)
    smaller = reduce(network, 5, data)
    assert smaller.linear is not None
    for written in (network, smaller):
        write_network(written, tmp_path / "network.safetensors")
        np.testing.assert_array_equal(read_network(tmp_path / "network.safetensors")(data), written(data))


def test_what_is_not_such_a_network():
    with pytest.raises(InputError, match="does not compute an affine layer"):
        from_module(make_module(torch.nn.GELU()))
    with pytest.raises(InputError, match="not the weights and biases of two layers"):
        from_module(torch.nn.Linear(3, 2))
    with pytest.raises(InputError, match="no tensors"):
        network_of({}, "nothing")
    with pytest.raises(InputError, match="output_weights are of shape"):
        network_of({"a": np.ones((4, 2)), "b": np.ones(4), "c": np.ones((1, 5)), "d": np.ones(1)}, "head")


def test_what_is_not_a_file_of_one(tmp_path):
    (tmp_path / "text.safetensors").write_text("weights")
    with pytest.raises(InputError, match="not a safetensors file"):
        read_network(tmp_path / "text.safetensors")
    with pytest.raises(InputError, match="no such file"):
        read_network(tmp_path / "none.safetensors")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_numbers(bad):
    weights = np.ones((4, 2))
    weights[1, 1] = bad
    with pytest.raises(InputError, match="hidden_weights: 1 of 8 numbers are NaN or infinite"):
        Network(weights, np.ones(4), np.ones((1, 4)), np.ones(1))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4,), (4,), (1, 4), (1,)), "hidden weights of shape"),
        (((4, 2), (3,), (1, 4), (1,)), "hidden_biases are of shape"),
        (((4, 2), (4,), (1, 4), (2,)), "output_biases are of shape"),
        (((4, 2), (4,), (1, 4), (1,), (1, 4)), "linear are of shape"),
    ],
)
def test_layers_that_do_not_fit(shapes, message):
    with pytest.raises(InputError, match=message):
        Network(*map(np.ones, shapes))
