"""Two-layer ReLU networks in safetensors and ONNX files, and as torch modules. Nothing here runs code from a file."""

from __future__ import annotations

import copy
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
    their order, as in a state dict of torch (``8.weight, 8.bias, 10.weight, 10.bias``); or be what ``write_network``
    wrote.
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
    """The network that a torch module is, checked on random inputs: InputError where it computes something else.

    Weights in bfloat16 or float16 are taken as float32.
    """
    name, module = type(module).__name__, copy.deepcopy(module).eval()
    if any(parameter.itemsize < 4 for parameter in module.parameters()):
        module = module.float()
    tensors = {key: tensor.detach().cpu().numpy() for key, tensor in module.state_dict().items()}
    network = network_of(tensors, name)
    data = np.random.default_rng(0).normal(size=(64, network.inputs)).astype(network.hidden_weights.dtype)
    parameter = next(module.parameters())
    found = module(parameter.detach().new_tensor(data.tolist())).detach().cpu().numpy()
    expected = network(data)
    if found.size != expected.size or np.abs(found.reshape(expected.shape) - expected).max() > _SAME * (
        1 + np.abs(expected).max()
    ):
        raise InputError(
            "does not compute an affine layer, ReLU, and an affine layer",
            where=name,
            hint="another activation? give the part of the model that is such a network, without softmax",
        )
    return network


def network_of(tensors: dict[str, np.ndarray], where: object) -> Network:
    """The network of the named weights and biases of two layers. InputError for others."""
    tensors = dict(tensors)
    linear = tensors.pop("linear.weight", None)
    ordered = [tensors[name] for name in sorted(tensors, key=_layer)]
    weights, biases = ([tensor for tensor in ordered if tensor.ndim == ndim] for ndim in (2, 1))
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


def _layer(name: str) -> list[tuple[int, str]]:
    """Sorts names with numbers by the numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in name.split(".")]
