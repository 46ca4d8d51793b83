"""Token shards of real text that every installation has, and a scale that trains in a second."""

from __future__ import annotations

from pydoc_data.topics import topics

import pytest

from assay.models.scales import Scale
from assay.tokens.pack import tokenize
from assay.tokens.tokenizer import train_bpe
from tokens.datasets import make_dataset

CONTEXT = 32
VOCABULARY = 400


@pytest.fixture(scope="session")
def tokens(tmp_path_factory):
    """A tokens folder of some hundred sequences."""
    folder = tmp_path_factory.mktemp("tokens")
    texts = [text for _, text in sorted(topics.items())][:12]
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(train_bpe(texts, VOCABULARY).definition)
    dataset = make_dataset(folder / "dataset", [texts])
    tokenize(dataset, tokenizer, folder / "tokens", CONTEXT)
    return folder / "tokens"


@pytest.fixture
def scale():
    return make_scale()


def make_scale(steps: int = 12, **changes) -> Scale:
    optimizer = {
        "learning_rate": 1e-2,
        "end_learning_rate": 1e-3,
        "warmup_steps": 2,
        "weight_decay": 0.033,
        "z_loss": 1e-4,
    } | changes.pop("optimizer", {})
    values = {
        "name": "tiny",
        "model": {"width": 16, "layers": 2, "heads": 2, "vocab_size": VOCABULARY},
        "sequence_length": CONTEXT,
        "batch_sequences": 8,
        "tokens": steps * 8 * CONTEXT,
    }
    return Scale.model_validate(values | changes | {"optimizer": optimizer})
