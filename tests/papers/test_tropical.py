"""The experiments of the papers on tropical division, very small."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.papers import tropical
from assay.papers.tropical import read_samples, reproduce


@pytest.fixture
def images(tmp_path):
    """Three classes of bright corners, in the format of MNIST."""
    rng = np.random.default_rng(0)
    for name, count in (("train", 600), ("t10k", 200)):
        labels = rng.integers(3, size=count).astype(np.uint8)
        pixels = rng.integers(0, 120, size=(count, 6, 6), dtype=np.uint8)
        pixels[np.arange(count), labels, labels] += 100
        for kind, array in (("images-idx3", pixels), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
            (tmp_path / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))
    return tmp_path


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(tropical, "UNITS", {10: 30, 2: 20})
    monkeypatch.setattr(tropical, "SHARES", (0.5, 0.1))
    monkeypatch.setattr(tropical, "EPOCHS", 60)


def test_every_method_at_every_size(images):
    rows = reproduce(images, methods=("auto", "stable", "zonotope_kmeans"), seeds=2)
    found = {(row["method"], row["share"]): row for row in rows}
    assert set(found) == {("network", 1.0), ("linear fit", 0.0)} | {
        (method, share) for method in ("auto", "stable", "stable + refit") for share in (0.5, 0.1)
    }
    assert found["network", 1.0]["agreement"] == 100
    assert found["network", 1.0]["accuracy"] > 60
    assert found["auto", 0.5]["agreement"] > found["stable", 0.1]["agreement"]
    assert all(row["accuracy_error"] is not None for row in rows)


def test_two_classes_make_one_output(images):
    samples = read_samples(images, (2, 0))
    assert set(samples.train_classes.tolist()) == {0, 1}
    rows = reproduce(images, (0, 2), methods=("zonotope_kmeans",), seeds=1)
    assert {row["method"] for row in rows} >= {"zonotope_kmeans", "zonotope_kmeans + refit"}


def test_reviews(tmp_path):
    rng = np.random.default_rng(0)
    with open(tmp_path / "reviews.jsonl", "w", encoding="utf-8") as file:
        for i in range(800):
            words = rng.integers(300, size=30) + (50 if i % 2 else 0)
            row = {"split": "train" if i < 600 else "test", "label": "pos" if i % 2 else "neg"}
            file.write(json.dumps({**row, "text": " ".join(f"w{word}" for word in words)}) + "\n")
    samples = read_samples(tmp_path / "reviews.jsonl")
    assert samples.train.shape == (600, 256)
    rows = reproduce(tmp_path / "reviews.jsonl", methods=("merge",), seeds=1)
    assert rows[0]["accuracy"] > 70


def test_what_is_not_data(images):
    (images / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"text"))
    with pytest.raises(InputError, match="not an array of bytes"):
        read_samples(images)
    with pytest.raises(InputError, match="no such file"):
        read_samples(images / "none.jsonl")
    (images / "other.jsonl").write_text('{"words": 3}\n')
    with pytest.raises(InputError, match="no label, split, text"):
        read_samples(images / "other.jsonl")


def test_the_command(images, capsys):
    assert invoke(["paper", "tropical", str(images), "--method", "l1", "--seeds", "1"]) == 0
    assert "linear fit" in capsys.readouterr().out
    assert invoke(["paper", "tropical", str(images), "--method", "l1", "--seeds", "1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 6
