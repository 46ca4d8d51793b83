from __future__ import annotations

import json

import pytest
import torch

from assay.base.errors import InputError
from assay.models.loading import load_language_model
from models.runs import make_run
from models.test_checkpoints import Hostile


def test_a_run(tmp_path):
    model = make_run(tmp_path / "run")
    loaded, context = load_language_model(tmp_path / "run")
    assert context == 32
    assert all(torch.equal(weight, loaded.get_parameter(name)) for name, weight in model.named_parameters())


def open_lm_state(model) -> dict[str, torch.Tensor]:
    state = {f"module.{name}": weight for name, weight in model.state_dict().items()}
    table = torch.ones(model.shape.head_width // 2)
    return state | {f"module.layers.{index}.attention.pos_embed.inv_freq": table for index in range(3)}


def test_a_checkpoint_of_open_lm_tells_its_shape(tmp_path):
    model = make_run(tmp_path / "run")
    torch.save({"epoch": 1, "state_dict": open_lm_state(model)}, tmp_path / "epoch_1.pt")
    loaded, context = load_language_model(tmp_path / "epoch_1.pt")
    assert loaded.shape == model.shape
    assert context == 2048
    tokens = torch.arange(20)[None]
    with torch.no_grad():
        assert torch.equal(loaded(tokens), model(tokens))


def test_the_reference_weights_load_and_give_its_logits(shared_data, tmp_path):
    import numpy as np

    with np.load(shared_data / "open_lm_parity.npz", allow_pickle=False) as values:
        small = {name.removeprefix("small/"): torch.from_numpy(values[name]) for name in values.files}
    state = {name.removeprefix("param/"): value for name, value in small.items() if name.startswith("param/")}
    torch.save({"state_dict": state}, tmp_path / "epoch_5.pt")
    loaded, _ = load_language_model(tmp_path / "epoch_5.pt")
    with torch.no_grad():
        torch.testing.assert_close(loaded(small["tokens"]), small["logits"], atol=1e-4, rtol=0)


def test_a_checkpoint_with_code_is_refused_and_not_run(tmp_path):
    torch.save({"state_dict": Hostile(tmp_path / "ran")}, tmp_path / "hostile.pt")
    with pytest.raises(InputError, match="could run code"):
        load_language_model(tmp_path / "hostile.pt")
    assert not (tmp_path / "ran").exists()


def test_half_a_checkpoint_is_named(tmp_path):
    torch.save({"state_dict": {"tok_embeddings.weight": torch.ones(3, 4)}}, tmp_path / "half.pt")
    with pytest.raises(InputError, match=r"lacks 'layers\.0\.attention"):
        load_language_model(tmp_path / "half.pt")


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(InputError, match="holds no model"):
        load_language_model(tmp_path)


@pytest.mark.parametrize("tied", [True, False])
def test_a_llama_of_transformers(tmp_path, tied):
    transformers = pytest.importorskip("transformers")
    config = transformers.LlamaConfig(
        hidden_size=48, intermediate_size=100, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2,
        vocab_size=99, max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=tied,
        rope_parameters={"rope_type": "default", "rope_theta": 5000.0},
    )  # fmt: skip
    torch.manual_seed(0)
    theirs = transformers.LlamaForCausalLM(config).eval()
    theirs.save_pretrained(tmp_path)
    ours, context = load_language_model(tmp_path)
    tokens = torch.arange(40).reshape(2, 20)
    with torch.no_grad():
        torch.testing.assert_close(ours(tokens), theirs(tokens).logits, atol=1e-5, rtol=0)
    assert context == 64


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "qwen3"}, "model_type qwen3"),
        ({"rms_norm_eps": 1e-6}, "rms_norm_eps 1e-06"),
        ({"attention_bias": True}, "attention_bias True"),
        ({"head_dim": 7}, "head_dim 7"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "rope_type llama3"),
        ({"intermediate_size": None}, "intermediate|hidden"),
        ({}, "embed_tokens"),
    ],
)
def test_what_is_not_our_llama_is_refused(tmp_path, changes, message):
    config = {
        "model_type": "llama", "hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1,
        "intermediate_size": 20, "vocab_size": 9, "rms_norm_eps": 1e-5,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config | changes))
    with pytest.raises(InputError, match=message):
        load_language_model(tmp_path)
