from __future__ import annotations

import numpy as np
import pytest
import tokenizers
from safetensors.numpy import save_file

from assay.base.errors import InputError
from assay.scorers.encoders import load_encoder

WORDS = {"[UNK]": 0, "a": 1, "dog": 2, "barked": 3}
VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3) ** 2
TEXTS = ["a dog barked", "dog", "a cat"]
MEANS = [VECTORS[[1, 2, 3]].mean(0), VECTORS[2], VECTORS[[1, 0]].mean(0)]


@pytest.fixture
def folder(tmp_path):
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def test_static_embeddings_are_averaged(folder):
    save_file({"embeddings": VECTORS}, folder / "model.safetensors")
    assert np.allclose(load_encoder(str(folder))([*TEXTS, ""]), [*MEANS, np.zeros(3)])


def test_padding_does_not_change_what_a_network_gives(folder):
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    integers, floats = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Gather", ["vectors", "input_ids"], ["hidden"])],
        "embeddings",
        [onnx.helper.make_tensor_value_info("input_ids", integers, ["texts", "tokens"])],
        [onnx.helper.make_tensor_value_info("hidden", floats, ["texts", "tokens", 3])],
        [onnx.numpy_helper.from_array(VECTORS, "vectors")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "model.onnx"))
    assert np.allclose(load_encoder(str(folder))(TEXTS), MEANS)


@pytest.mark.parametrize("name", ["no/such/folder", "no.such.module:function", "json:no_such_function"])
def test_what_is_no_encoder_is_refused(name):
    with pytest.raises(InputError):
        load_encoder(name)


def test_a_function_is_an_encoder():
    assert load_encoder("numpy:atleast_2d") is np.atleast_2d
