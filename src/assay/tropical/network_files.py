"""Two-layer ReLU networks in safetensors and ONNX files, and as torch modules. Nothing here runs code from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from assay.base.errors import InputError
from assay.base.files import atomic_write, open_bytes
from assay.tropical.network import Network
from assay.tropical.onnx_graph import read_onnx

_ACTIVATION = {"activation": "relu"}
_SAME = 1e-4
"""Relative difference up to which a module and the network read from it say the same (float32)."""


def read_network(path: str | Path) -> Network:
    """The network of a .safetensors or .onnx file; InputError where the file does not hold one.

    Safetensors say nothing of activations: the file must hold the weights and biases of two layers, whose names sort in
    their order, as in a state dict of torch (``0.weight, 0.bias, 2.weight, 2.bias``); or what ``write_network`` wrote.
    """
    if Path(path).suffix == ".onnx":
        return read_onnx(path)
    try:
        with open_bytes(path) as file:
            tensors = safetensors.numpy.load(file.read())
    except SafetensorError as error:
        raise InputError(
            f"not a safetensors file: {error}", where=path, hint="give a network as .safetensors or .onnx"
        ) from error
    return network_of(tensors, path)


def write_network(network: Network, path: str | Path) -> None:
    """As safetensors, whole or not at all: ``hidden.weight``, ``hidden.bias``, ``output.weight`` … as in torch."""
    tensors = {
        "hidden.weight": network.hidden_weights,
        "hidden.bias": network.hidden_biases,
        "output.weight": network.output_weights,
        "output.bias": network.output_biases,
    }
    if network.linear is not None:
        tensors["linear.weight"] = network.linear
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    with atomic_write(Path(path)) as file:
        file.write(safetensors.numpy.save(contiguous, metadata=_ACTIVATION))


def from_module(module: Any) -> Network:
    """The network that a torch module is, checked on random inputs: InputError where it computes something else."""
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()}
    network = network_of(tensors, type(module).__name__)
    data = np.random.default_rng(0).normal(size=(64, network.inputs)).astype(network.hidden_weights.dtype)
    parameter = next(module.parameters())
    training = module.training
    found = module.eval()(parameter.detach().new_tensor(data.tolist())).detach().cpu().numpy()
    module.train(training)
    expected = network(data)
    if found.size != expected.size or np.abs(found.reshape(expected.shape) - expected).max() > _SAME * (
        1 + np.abs(expected).max()
    ):
        raise InputError(
            "does not compute an affine layer, ReLU, and an affine layer",
            where=type(module).__name__,
            hint="another activation? give the part of the model that is such a network, without softmax",
        )
    return network


def network_of(tensors: dict[str, np.ndarray], where: object) -> Network:
    """The network of the named weights and biases of two layers. InputError for others."""
    tensors = dict(tensors)
    linear = tensors.pop("linear.weight", None)
    weights = [tensor for _, tensor in sorted(tensors.items()) if tensor.ndim == 2]
    biases = [tensor for _, tensor in sorted(tensors.items()) if tensor.ndim == 1]
    if len(weights) != 2 or len(biases) != 2 or len(tensors) != 4:
        shapes = ", ".join(f"{name} {tensor.shape}" for name, tensor in sorted(tensors.items())[:8])
        raise InputError(
            f"not the weights and biases of two layers: {shapes or 'no tensors'}",
            where=where,
            hint="the network must be an affine layer, ReLU, and an affine layer, both with biases",
        )
    try:
        return Network(weights[0], biases[0], weights[1], biases[1], linear)
    except InputError as error:
        raise InputError(error.message, where=where, hint=error.hint) from error
