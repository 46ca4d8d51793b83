"""Steps that came after DataComp: by small pools whose answer is known, and beside plain loops."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assay.curation.recipe import parse_recipe
from assay.pairs.contrast import neg_clip_loss
from assay.pairs.curate import curate_pairs
from assay.pairs.embeddings import unit_rows
from assay.pairs.pool import describe_pairs
from assay.pairs.semantic_dedup import repeats
from assay.pairs.subset import read_subset
from pairs.pair_pools import write_pairs


def kept(folder: Path, steps: list, rows: list[dict], **embeddings: np.ndarray) -> list[int]:
    write_pairs(folder / "pool", rows, **embeddings)
    recipe = parse_recipe({"steps": steps}, "x", folder)
    curate_pairs(describe_pairs([str(folder / "pool")], recipe), recipe, folder / "out")
    return read_subset(folder / "out")[:, 1].tolist()


def directions(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float16)


def test_near_duplicates_of_held_out_images_are_dropped(tmp_path):
    np.save(tmp_path / "eval.npy", 3 * directions(0, 90))
    steps = [{"near_duplicate_filter": {"against": [str(tmp_path / "eval.npy")], "max_similarity": 0.9}}]
    assert kept(tmp_path, steps, [{}] * 4, l14_img=directions(5, 45, 85, 200)) == [1, 3]


def test_norm_sim(tmp_path):
    np.save(tmp_path / "targets.npy", directions(0, 60))
    steps = [
        {"norm_sim": {"targets": [str(tmp_path / "targets.npy")], "p": 2}},
        {"clip_score_filter": {"score": "norm_sim", "threshold": 1.2}},
    ]
    # |cos 30|² twice is 1.5, whose root is 1.22; |cos 90|² + |cos 30|² is 0.75.
    assert kept(tmp_path, steps, [{}] * 2, l14_img=directions(30, 90)) == [0]


def test_semantic_dedup_keeps_one_of_each(tmp_path):
    pytest.importorskip("faiss")
    steps = [{"semantic_dedup": {"max_similarity": 0.99, "clusters": 2}}]
    assert len(kept(tmp_path, steps, [{}] * 6, l14_img=directions(0, 1, 2, 90, 91, 140))) == 3
    funnel = json.loads((tmp_path / "out" / "funnel.json").read_text())
    assert funnel["steps"][0]["reasons"] == {"nearer than 0.99 to another": 3}


def test_repeats_beside_a_plain_loop():
    vectors = unit_rows(np.random.default_rng(0).standard_normal((300, 3)))
    dropped = repeats(vectors, 0.97)
    alive: list[int] = []
    for row in range(len(vectors)):
        if all(vectors[row] @ vectors[other] <= 0.97 for other in alive):
            alive.append(row)
    assert np.flatnonzero(~dropped).tolist() == alive


def test_neg_clip_loss_is_the_negative_of_clips_loss():
    draws = np.random.default_rng(0)
    images, captions = (unit_rows(draws.standard_normal((7, 4))) for _ in range(2))
    logits = images @ captions.T / 0.07
    rows, columns = (np.diag(logits) - np.log(np.exp(logits).sum(axis)) for axis in (1, 0))
    assert np.allclose(neg_clip_loss(images, captions, 0.07), 0.07 * (rows + columns) / 2, atol=1e-5)


def test_neg_clip_loss_prefers_pairs_that_belong_together(tmp_path):
    captions = directions(0, 60, 120, 180, 300, 240)
    steps = [{"neg_clip_loss_top_fraction": {"fraction": 0.5, "temperature": 0.1, "batch_size": 6}}]
    images = directions(0, 60, 120, 180, 120, 60)  # the last two belong to others
    assert not {4, 5} & set(kept(tmp_path, steps, [{}] * 6, l14_img=images, l14_txt=captions))


def test_concepts_are_balanced(tmp_path):
    (tmp_path / "concepts.txt").write_text("dog\nred panda\n\nDOG\n")
    rows = [{"text": "A dog"}] * 200 + [{"text": "one  Red\tpanda"}] * 5 + [{"text": "dogs, redpanda"}] * 3
    steps = [{"concept_balance": {"concepts": str(tmp_path / "concepts.txt"), "most": 50}}]
    found = kept(tmp_path, steps, rows)
    assert set(range(200, 205)) <= set(found)
    assert 25 <= len(found) - 5 <= 80
    assert not set(range(205, 208)) & set(found)
