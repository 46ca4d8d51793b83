"""A tiny run: real weights, never trained, and a tokenizer trained on a little English."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.evaluation.scoring import Scorer
from assay.models.checkpoints import load_model, save_run_model
from assay.models.language import new_language_model
from assay.models.scales import Scale
from assay.records.artifact import Identity, build
from assay.tokens.tokenizer import load_tokenizer, train_bpe

CONTEXT = 48
TEXTS = [
    "The river that runs past the town is wide and slow, and the people have lived with it for a long time.",
    "Question: which of these is a metal? Answer: the ore that the assay found is mostly iron and a little copper.",
    "A man went to the market because the water in the well was too cold, and a woman sold him a loaf of bread.",
] * 5


def make_run(folder: Path, seed: int = 0) -> Path:
    scale = Scale.model_validate(
        {
            "name": "toy",
            "model": {"width": 16, "layers": 2, "heads": 2, "vocab_size": 400},
            "sequence_length": CONTEXT,
            "batch_sequences": 2,
            "tokens": 960,
            "optimizer": {
                "learning_rate": 1e-3,
                "end_learning_rate": 0.0,
                "warmup_steps": 1,
                "weight_decay": 0.0,
                "z_loss": 0.0,
            },
        }
    )
    with build(folder, Identity("run", f"toy-seed{seed}", {"seed": seed})) as draft:
        save_run_model(draft.folder, new_language_model(scale.model, seed), scale)
        (draft.folder / "tokenizer.json").write_text(train_bpe(TEXTS, 400).definition)
    return folder


def write_rows(path: Path, rows: list[dict]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Path:
    return make_run(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="session")
def scorer(run) -> Scorer:
    model, scale = load_model(run)
    return Scorer(model.eval(), load_tokenizer(run), scale.sequence_length, where=run)
