"""Two-layer ReLU networks in ONNX files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.base.files import open_bytes
from assay.base.optional import optional
from assay.tropical.network import Network

_NOTHING = {"Identity", "Flatten", "Dropout", "Constant", "Cast"}
_WANTED = ["affine", "Relu", "affine"]


def read_onnx(path: str | Path) -> Network:
    """The network of a graph of Gemm (or MatMul and Add), Relu, and Gemm. InputError for any other graph."""
    onnx = optional("onnx", "onnx", "reading an ONNX file")
    with open_bytes(path) as file:
        content = file.read()
    try:
        graph = onnx.load_model_from_string(content).graph
    except Exception as error:  # protobuf raises what it likes
        raise InputError("not an ONNX file", where=path) from error
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
            constants[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
    layers, kinds = _layers(graph, constants, path)
    if kinds != _WANTED:
        raise InputError(
            f"the graph computes {', '.join(kinds) or 'nothing'}",
            where=path,
            hint="it must be an affine layer, Relu, and an affine layer",
        )
    (hidden, hidden_biases), (output, output_biases) = layers
    return Network(hidden, hidden_biases, output, output_biases)


def _layers(
    graph: Any, constants: dict[str, np.ndarray], where: object
) -> tuple[list[tuple[np.ndarray, np.ndarray]], list[str]]:
    """Weights and biases of the affine layers, and the kinds of all nodes that compute, in their order."""
    layers, kinds = [], []
    for node in graph.node:
        given = [constants[name] for name in node.input if name in constants]
        if node.op_type == "Gemm" and len(given) == 2:
            layers.append(_gemm(node, *given))
        elif node.op_type == "MatMul" and len(given) == 1 and given[0].ndim == 2:
            layers.append((given[0].T, np.zeros(given[0].shape[1], given[0].dtype)))
        elif node.op_type == "Add" and len(given) == 1 and kinds[-1:] == ["affine"]:
            weights, biases = layers[-1]
            layers[-1] = weights, biases + given[0].reshape(-1)
            continue
        elif node.op_type in _NOTHING:
            continue
        kinds.append("affine" if node.op_type in ("Gemm", "MatMul") and given else node.op_type)
    if sum(kind == "affine" for kind in kinds) != len(layers):
        raise InputError("an affine layer whose weights are not constants of two dimensions", where=where)
    return layers, kinds


def _gemm(node: Any, weights: np.ndarray, biases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    settings = {attribute.name: attribute for attribute in node.attribute}
    scale = settings["alpha"].f if "alpha" in settings else 1.0
    shift = settings["beta"].f if "beta" in settings else 1.0
    transposed = "transB" in settings and settings["transB"].i
    weights = weights if transposed else weights.T
    return weights * np.float32(scale), np.broadcast_to(biases.reshape(-1) * np.float32(shift), weights.shape[:1])
