from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from assay.base.errors import InputError
from assay.inversion.probes import fit_paper_probe, fit_probe, labelled, mean_cosine, retrieval_at_1


def clouds(count, spread, seed=0):
    """Three Gaussian clouds in the first two of 20 dimensions; the last dimension is constant."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    embeddings = torch.randn(count, 20, generator=generator, dtype=torch.float64) * spread
    embeddings[:, :2] += torch.tensor([[2.0, 0], [-2, 0], [0, 2]], dtype=torch.float64)[labels]
    embeddings[:, -1] = 7
    return embeddings, labels


def test_probe_is_the_minimum_that_scipy_finds():
    embeddings, labels = clouds(60, 2.0)
    inputs = embeddings[:, :-1].numpy()
    inputs = (inputs - inputs.mean(0)) / inputs.std(0)

    def loss(flat):
        weight, bias = flat[:57].reshape(3, 19), flat[57:]
        logits = inputs @ weight.T + bias
        losses = np.log(np.exp(logits).sum(1)) - logits[np.arange(60), labels.numpy()]
        return losses.mean() + 0.05 * (weight**2).sum()

    expected = minimize(loss, np.zeros(60), method="L-BFGS-B", options={"maxiter": 2000, "ftol": 1e-14}).x
    probe = fit_probe(embeddings, labels, penalty=0.1)
    assert np.abs(probe.weight[:, :-1].numpy() - expected[:57].reshape(3, 19)).max() < 1e-3


def test_the_penalty_is_chosen_on_held_out_images():
    embeddings, labels = clouds(60, 2.0)
    test, answers = clouds(3000, 2.0, seed=1)
    chosen = fit_probe(embeddings, labels).accuracy(test, answers)
    assert chosen > fit_probe(embeddings, labels, penalty=1e-5).accuracy(test, answers)


def test_probes_separate_what_is_separable():
    (embeddings, labels), (test, answers) = clouds(3000, 0.3), clouds(300, 0.3, seed=1)
    assert fit_probe(embeddings, labels).accuracy(test, answers) > 0.97
    assert fit_paper_probe(embeddings, labels, batch=16).accuracy(test, answers) > 0.97


def test_one_image_a_class_is_enough():
    embeddings, labels = clouds(3, 0.1)
    assert fit_probe(embeddings, labels).accuracy(embeddings, labels) == 1


def test_subsets_are_balanced_and_the_same_for_a_seed():
    labels = torch.arange(1000) % 10
    for fraction, count in [(0.1, 10), (0.011, 2), (0.0001, 1), (1, 100)]:
        chosen = labelled(labels, fraction)
        assert torch.bincount(labels[chosen]).tolist() == [count] * 10
        assert len(chosen.unique()) == len(chosen)
    assert torch.equal(labelled(labels, 0.1, seed=1), labelled(labels, 0.1, seed=1))
    assert not torch.equal(labelled(labels, 0.1, seed=1), labelled(labels, 0.1, seed=2))


def test_retrieval_and_cosine():
    teacher = torch.eye(4)
    student = teacher[[0, 1, 3, 2]] * 5
    assert retrieval_at_1(student, teacher) == 0.5
    assert mean_cosine(student, teacher) == 0.5


def test_what_does_not_match_is_refused():
    with pytest.raises(InputError, match="do not match"):
        fit_probe(torch.ones(3, 2), torch.zeros(4, dtype=torch.int64))
    with pytest.raises(InputError, match="share of the labels"):
        labelled(torch.zeros(4), 0)
