from __future__ import annotations

import numpy as np
import pytest
import torch

from assay.base.errors import InputError
from assay.inversion.objectives import DEFAULT, infonce, mse, objective

KEYS = {
    "infonce": "st",
    "infonce-students": "ss",
    "infonce-both": "both",
    "nt-xent": "ntxent",
    "symmetric": "clip_sym",
    "mse": "mse_raw",
    "mse-unit": "mse_unit",
    "cosine": "cos",
    "sum-of-squares": "fare",
    "smooth-l1": "smoothl1_beta1",
    "siglip": "siglip_t10_b-10",
    "relational": "rel_kl",
}


@pytest.fixture
def embeddings(goldens):
    return {name: torch.from_numpy(goldens[f"emb_{name}"]) for name in ("teacher", "student", "student_hard")}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("pair", ["easy", "hard"])
def test_values_are_the_goldens(goldens, embeddings, name, pair):
    key = ("hard_loss_" if pair == "hard" else "loss_") + KEYS[name]
    if key not in goldens:
        pytest.skip("no golden of this pair")
    student = embeddings["student_hard" if pair == "hard" else "student"]
    assert float(objective(name)(student, embeddings["teacher"])) == pytest.approx(float(goldens[key]), abs=1e-9)


def test_the_papers_gradient_is_the_golden(goldens, embeddings):
    student = embeddings["student"].requires_grad_()
    infonce(student, embeddings["teacher"]).backward()
    assert np.abs(student.grad.numpy() - goldens["grad_student_st"]).max() <= 1e-9


@pytest.mark.parametrize("name", [*KEYS, "mse/var"])
def test_gradients_are_those_of_differences(name):
    generator = torch.Generator().manual_seed(0)
    student, teacher = (torch.randn(4, 3, dtype=torch.float64, generator=generator) for _ in range(2))
    assert torch.autograd.gradcheck(lambda s: objective(name)(s, teacher), student.requires_grad_())


def test_mse_over_variance_of_a_constant_guess_is_one(embeddings):
    teacher = embeddings["teacher"]
    assert float(objective("mse/var")(teacher.mean(0).expand_as(teacher), teacher)) == pytest.approx(1)


def test_sums_have_weights(embeddings):
    student, teacher = embeddings["student"], embeddings["teacher"]
    both = 3 * mse(student, teacher) + 0.5 * infonce(student, teacher)
    assert torch.isclose(objective({"mse": 3, "infonce": 0.5})(student, teacher), both)
    assert torch.equal(objective()(student, teacher), objective(DEFAULT)(student, teacher))


def test_what_makes_no_sense_is_refused(embeddings):
    with pytest.raises(InputError, match="did you mean infonce"):
        objective("infonc")
    with pytest.raises(InputError, match="without terms"):
        objective({})
    with pytest.raises(InputError, match="do not match"):
        objective()(embeddings["student"][:7], embeddings["teacher"])
