from __future__ import annotations

import numpy as np
import pytest
import torch

from assay.base.errors import InputError
from assay.evaluation.scoring import Scorer
from assay.evaluation.task import Request
from assay.models.hf import HuggingFaceModel, load_huggingface

transformers = pytest.importorskip("transformers")

_SMALL = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
CONFIGS = {
    "llama": lambda: transformers.LlamaConfig(**_SMALL, intermediate_size=48, num_key_value_heads=2),
    "gpt_neox": lambda: transformers.GPTNeoXConfig(**_SMALL, intermediate_size=48),
    "gpt2": lambda: transformers.GPT2Config(vocab_size=64, n_embd=32, n_layer=2, n_head=4, n_positions=128),
    "qwen2": lambda: transformers.Qwen2Config(**_SMALL, intermediate_size=48, num_key_value_heads=2),
    "granite": lambda: transformers.GraniteConfig(**_SMALL, intermediate_size=48, logits_scaling=3.0),
    "gemma2, window": lambda: transformers.Gemma2Config(
        **_SMALL, intermediate_size=48, num_key_value_heads=2, head_dim=8, sliding_window=8, final_logit_softcapping=0.5
    ),
    "bloom": lambda: transformers.BloomConfig(vocab_size=64, hidden_size=32, n_layer=2, n_head=4),
}
WITHOUT_BRANCHES = {"gemma2, window", "bloom"}


def make(name: str):
    torch.manual_seed(0)
    config = CONFIGS[name]()
    if not hasattr(config, "max_position_embeddings"):
        config.max_position_embeddings = 128
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


class Letters:
    """Ids as text."""

    end_of_text = 0

    def encode(self, text: str) -> list[int]:
        return [ord(letter) - 60 for letter in text]

    def decode(self, ids: list[int]) -> str:
        return "".join(chr(60 + id_) for id_ in ids)


def requests() -> list[Request]:
    rng = np.random.default_rng(0)
    made = []
    for length in (3, 20, 40):
        prompt = rng.integers(0, 64, length)
        made += [Request(np.array([*prompt, *rng.integers(0, 64, 4)], np.int32), length) for _ in range(3)]
    return made


@pytest.mark.parametrize("name", CONFIGS)
def test_every_architecture_scores_as_by_itself(name):
    inner = make(name)
    model = HuggingFaceModel(inner)
    assert model.branches == (name not in WITHOUT_BRANCHES)
    for request, losses in zip(requests(), Scorer(model, Letters(), 128).losses(requests()), strict=True):
        tokens = torch.from_numpy(request.tokens.astype(np.int64))[None]
        with torch.inference_mode():
            logits = inner(tokens[:, :-1]).logits.log_softmax(-1)[0]
        wanted = -logits[torch.arange(len(logits)), tokens[0, 1:]][request.first - 1 :]
        np.testing.assert_allclose(losses, wanted.numpy(), atol=1e-4)


@pytest.mark.parametrize("name", ["llama", "gpt_neox"])
def test_generation_is_that_of_transformers(name):
    inner = make(name)
    prompts = [[5, 9, 2], [7], [1, 2, 3, 4, 5, 6]]
    found = Scorer(HuggingFaceModel(inner), Letters(), 128).generate(prompts, 8)
    for prompt, text in zip(prompts, found, strict=True):
        ids = inner.generate(torch.tensor([prompt]), max_new_tokens=8, do_sample=False, eos_token_id=0, pad_token_id=0)
        answer = ids[0, len(prompt) :].tolist()
        assert text == Letters().decode(answer[: answer.index(0)] if 0 in answer else answer)


def test_a_trunk_is_read_once(monkeypatch):
    rng = np.random.default_rng(0)
    examples = rng.integers(0, 64, 140).tolist()
    asked = [Request(np.array([*examples, *rng.integers(0, 64, 60)], np.int32), 150) for _ in range(5)]
    inner = make("llama")
    found = list(Scorer(HuggingFaceModel(inner), Letters(), 256).losses(asked))
    for request, losses in zip(asked, found, strict=True):
        tokens = torch.from_numpy(request.tokens.astype(np.int64))[None]
        with torch.inference_mode():
            logits = inner(tokens[:, :-1]).logits.log_softmax(-1)[0]
        wanted = -logits[torch.arange(len(logits)), tokens[0, 1:]][149:]
        np.testing.assert_allclose(losses, wanted.numpy(), atol=1e-4)


def test_a_folder_is_loaded_in_float32(tmp_path):
    make("llama").to(torch.bfloat16).save_pretrained(tmp_path)
    model = load_huggingface(tmp_path)
    assert model.logits(torch.arange(4)[None]).shape == (1, 4, 64)
    assert next(model.output.parameters()).dtype == torch.float32


def test_what_is_no_model_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="transformers cannot load it"):
        load_huggingface(tmp_path)
