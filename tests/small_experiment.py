"""A very small experiment: two recipes, one tiny scale, two seeds, two held-out domains."""

from __future__ import annotations

import json
import random
from pathlib import Path

import yaml

WORDS = "the river of time and that long road to an old town have been with be slow bridge water people day"

SCALE = {
    "name": "tiny",
    "model": {"width": 32, "layers": 1, "heads": 2, "vocab_size": 400},
    "sequence_length": 32,
    "batch_sequences": 8,
    "tokens": 8 * 32 * 12,
    "optimizer": {
        "learning_rate": 0.01,
        "end_learning_rate": 0.001,
        "warmup_steps": 2,
        "weight_decay": 0.033,
        "z_loss": 1e-4,
    },
}


def page(rng: random.Random, words: int = 80) -> str:
    return " ".join(rng.choice(WORDS.split()) + rng.choice(["", "", ".", ","]) for _ in range(words))


def write_experiment(folder: Path) -> Path:
    """Everything the experiment needs; returns its experiment.yaml."""
    rng = random.Random(0)
    folder.mkdir(parents=True, exist_ok=True)
    for shard in range(2):
        rows = [{"id": f"p{shard}-{n}", "text": page(rng)} for n in range(80)]
        rows += [{"id": f"j{shard}-{n}", "text": f"0x{rng.getrandbits(250):064x} " * 9} for n in range(20)]
        _write_jsonl(folder / f"pool{shard}.jsonl", rows)
    for domain in ("letters", "notes"):
        _write_jsonl(folder / f"{domain}.jsonl", [{"id": f"{domain}{n}", "text": page(rng, 40)} for n in range(12)])
    recipe = {"name": "wordy", "steps": [{"stop_word_filter": {"min_stop_word": 2}}]}
    suite = {
        "name": "heldout",
        "tasks": [{"name": d, "type": "bits_per_byte", "data": f"{d}.jsonl"} for d in ("letters", "notes")],
    }
    experiment = {
        "name": "small",
        "pool": ["pool*.jsonl"],
        "recipes": ["no-filter", "wordy.yaml"],
        "tokenizer": {"vocab_size": 400},
        "scales": ["tiny.yaml"],
        "seeds": 2,
        "suite": "suite.yaml",
    }
    for name, value in (("wordy", recipe), ("suite", suite), ("tiny", SCALE), ("experiment", experiment)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(value))
    return folder / "experiment.yaml"


def _write_jsonl(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
