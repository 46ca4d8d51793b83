from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from assay.base.errors import InputError
from assay.scorers.semantic_dedup import SemanticDedup
from assay.text.semantic import nearest_preferred, normalised
from text.plain import documents


def letters(texts: list[str]) -> np.ndarray:
    """An encoder for tests: how often each letter occurs."""
    return np.array([[text.count(letter) for letter in "abcdefgh"] for text in texts], np.float64)


def decide(step: SemanticDedup, *texts: str):
    return step.decide(pa.Table.from_batches([step.observe(documents(*texts))]))


def test_near_neighbours_go_and_name_what_stays():
    texts = ["aab", "aaab", "aaaabb", "ccd", "cccd", "h", ""]
    decision = decide(SemanticDedup(encoder="scorers.test_semantic_dedup:letters", epsilon=0.1, clusters=2), *texts)
    vectors = normalised(letters(texts))
    pairs = decision.twins.to_pylist()
    assert {pair["row"] for pair in pairs} == set(np.flatnonzero(decision.codes == 0).tolist())
    for pair in pairs:
        assert decision.codes[pair["twin"]] == -1
        assert pair["cosine"] == pytest.approx(float(vectors[pair["row"]] @ vectors[pair["twin"]]), abs=1e-6)
        assert pair["cosine"] >= 0.9
    assert decision.codes[5:].tolist() == [-1, -1]
    assert 2 <= len(pairs) <= 3


def test_what_stays_within_a_cluster_is_far_apart():
    vectors = normalised(np.random.default_rng(1).normal(size=(200, 3)))
    twins, cosines = nearest_preferred(vectors, 0.95)
    kept = vectors[twins < 0]
    assert (np.triu(kept @ kept.T, 1) < 0.95).all()
    assert all(twins[twins[twins >= 0]] == -1)
    assert (cosines[twins >= 0] >= 0.95).all()


def test_static_embeddings_from_a_folder(tmp_path):
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    tokenizer = Tokenizer(WordLevel({"cat": 0, "kitten": 1, "car": 2, "?": 3}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    save_file({"embeddings": np.array([[1, 0], [1, 0.1], [0, 1], [0, 0]], np.float32)}, tmp_path / "model.safetensors")
    decision = decide(SemanticDedup(encoder=str(tmp_path), clusters=1), "cat", "kitten", "car", "")
    assert decision.codes.tolist().count(0) == 1
    assert decision.codes[2:].tolist() == [-1, -1]


def test_encoders_that_are_none(tmp_path):
    for name, match in (("nowhere", "is no encoder"), ("json:nothing", "cannot be imported")):
        with pytest.raises(InputError, match=match):
            decide(SemanticDedup(encoder=name), "x")
    with pytest.raises(InputError, match="numbers that are none"):
        decide(SemanticDedup(encoder="scorers.test_semantic_dedup:nothing"), json.dumps("x"))


def nothing(texts: list[str]) -> np.ndarray:
    """An encoder that fails."""
    return np.full((len(texts), 2), np.nan)
