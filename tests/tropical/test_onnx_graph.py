"""Networks in ONNX files."""

from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.tropical.network import Network
from assay.tropical.network_files import read_network
from tropical.test_reduce import make_data, make_network

onnx = pytest.importorskip("onnx")


def write(path, network: Network, activation: str = "Relu", gemm: bool = True) -> None:
    """A file with both layers, as Gemm with transposed weights or as MatMul and Add."""
    helper = onnx.helper
    layers = {
        "a": (network.hidden_weights, network.hidden_biases),
        "b": (network.output_weights, network.output_biases),
    }
    constants = [
        onnx.numpy_helper.from_array(np.ascontiguousarray(array.astype(np.float32)), name + kind)
        for name, (weights, biases) in layers.items()
        for kind, array in (("w", weights if gemm else weights.T), ("b", biases))
    ]

    def affine(source: str, name: str, to: str) -> list:
        if gemm:
            return [helper.make_node("Gemm", [source, name + "w", name + "b"], [to], transB=1)]
        matmul = helper.make_node("MatMul", [source, name + "w"], [to + "0"])
        return [matmul, helper.make_node("Add", [to + "0", name + "b"], [to])]

    nodes = [*affine("x", "a", "h"), helper.make_node(activation, ["h"], ["r"]), *affine("r", "b", "y")]
    values = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, size])
        for name, size in (("x", network.inputs), ("y", network.outputs))
    ]
    onnx.save(helper.make_model(helper.make_graph(nodes, "net", values[:1], values[1:], constants)), str(path))


@pytest.mark.parametrize("gemm", [True, False])
def test_a_network_in_a_file(tmp_path, gemm):
    network = make_network()
    write(tmp_path / "net.onnx", network, gemm=gemm)
    data = make_data(network)
    np.testing.assert_allclose(read_network(tmp_path / "net.onnx")(data), network(data), rtol=1e-4, atol=1e-4)


def test_another_activation(tmp_path):
    write(tmp_path / "net.onnx", make_network(), activation="Tanh")
    with pytest.raises(InputError, match="computes affine, Tanh, affine"):
        read_network(tmp_path / "net.onnx")


def test_not_onnx(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"\xff\xff nothing")
    with pytest.raises(InputError, match="not an ONNX file"):
        read_network(tmp_path / "net.onnx")
