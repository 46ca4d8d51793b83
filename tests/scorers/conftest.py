"""Good text and other text that a classifier can learn to tell apart."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.scorers.training import Training
from text import conftest as goldens

golden = goldens.golden
SMALL = Training(lr=0.5, dim=8, epoch=10, bucket=20_000)

_COMMON = "the a of and is in it for with on this that page time one more new".split()  # noqa: SIM905
_GOOD = "because explains therefore measured theory evidence example reason".split()  # noqa: SIM905
_OTHER = "buy cheap click offer login cart shipping discount subscribe".split()  # noqa: SIM905


def make_texts(kind: str, count: int) -> list[str]:
    """Texts of 5 to 40 words over a few lines, a fifth of them typical of their kind."""
    chance = random.Random(kind)
    typical = _GOOD if kind == "good" else _OTHER

    def word() -> str:
        return chance.choice(typical if chance.random() < 0.2 else _COMMON)

    lines = [[" ".join(word() for _ in range(chance.randint(5, 20))) for _ in range(2)] for _ in range(count)]
    return ["\n".join(pair) for pair in lines]


def write_jsonl(path: Path, texts: list[str]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="session")
def good_file(tmp_path_factory) -> str:
    return write_jsonl(tmp_path_factory.mktemp("texts") / "good.jsonl", make_texts("good", 150))


@pytest.fixture(scope="session")
def other_file(tmp_path_factory) -> str:
    return write_jsonl(tmp_path_factory.mktemp("texts") / "other.jsonl", make_texts("other", 120))


@pytest.fixture(scope="session")
def model(good_file, other_file, tmp_path_factory) -> Path:
    """A trained classifier's model file."""
    from assay.scorers.classifier import train_classifier

    out = tmp_path_factory.mktemp("classifier") / "out"
    train_classifier([good_file], [other_file], out, SMALL)
    return out / "model.bin"


_TRAIN = """
import json, sys, fasttext
options = json.loads(sys.argv[1])
quantise = options.pop("quantise", None)
kind = options.pop("kind", "supervised")
model = getattr(fasttext, f"train_{kind}")(sys.argv[2], thread=1, verbose=0, **options)
if quantise:
    model.quantize(**quantise)
model.save_model(sys.argv[3])
"""


def make_examples(labels: int) -> str:
    """Lines for fastText to train on, in which each label has words of its own."""
    chance = random.Random(0)
    syllables = ["ba", "ko", "tü", "日本", "ré", "שא", "x", "ni", "mo", "1", "-"]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 6))) for _ in range(1_500)]
    return "".join(
        f"__label__{label} {' '.join(chance.choice(words[5 * label :][:9] + words[:40]) for _ in range(12))}\n"
        for label in range(labels)
        for _ in range(4)
    )


@pytest.fixture(scope="session")
def train(tmp_path_factory) -> Callable[..., Path]:
    """Train a small model with fastText itself, in a process whose memory is zeroed; see training.py."""

    def run(labels: int = 300, **options) -> Path:
        folder = tmp_path_factory.mktemp("fasttext")
        (folder / "examples.txt").write_text(make_examples(labels), encoding="utf-8")
        model = folder / ("model.ftz" if "quantise" in options else "model.bin")
        command = [sys.executable, "-c", _TRAIN, json.dumps(options), str(folder / "examples.txt"), str(model)]
        subprocess.run(command, env=os.environ | {"MALLOC_PERTURB_": "255"}, check=True, capture_output=True)
        return model

    return run
