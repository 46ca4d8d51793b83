"""The loss against open_clip's, in one process and in two, and against torch's cross-entropy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import multiprocessing
from torch.nn import functional

from assay.training import contrastive_loss as module
from assay.training.contrastive_loss import contrastive_loss
from assay.training.gradient_cache import backward_in_parts
from assay.training.world import World
from models.clips import random_clip, random_pairs


@pytest.fixture
def golden(shared_data):
    return dict(np.load(shared_data / "clip_loss_distributed_golden.npz"))


def losses(golden, world=None):
    """The loss of this process's share, and the gradients, as the golden names them."""
    share = world.share(len(golden["image_features"])) if world else slice(None)
    images, texts = (torch.from_numpy(golden[f"{kind}_features"][share]).requires_grad_() for kind in ("image", "text"))
    scale = torch.from_numpy(golden["logit_scale_exp"]).clone().requires_grad_()
    loss = contrastive_loss(images, texts, scale, world)
    loss.backward()
    return {
        "loss": loss.detach(),
        "grad_image": images.grad,
        "grad_text": texts.grad,
        "grad_logit_scale_exp": scale.grad,
    }


def process(rank: int, folder: Path, golden: dict) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    torch.save(losses(golden, World(torch.device("cpu"), rank, 2)), folder / f"{rank}.pt")
    dist.destroy_process_group()


def check(found, golden, prefix):
    for name, value in found.items():
        np.testing.assert_allclose(value.numpy(), golden[f"{prefix}/{name}"], atol=1e-6, rtol=1e-6, err_msg=name)


def test_one_process_is_open_clip(golden):
    check(losses(golden), golden, "single")


def test_two_processes_are_open_clip(golden, tmp_path):
    """Each alone as open_clip's local loss with gathered gradients, and their mean as one process."""
    multiprocessing.spawn(process, (tmp_path, golden), nprocs=2)
    found = [torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1)]
    for rank in (0, 1):
        check(found[rank], golden, f"local1_gathergrad1_rank{rank}")
    together = {
        "loss": (found[0]["loss"] + found[1]["loss"]) / 2,
        "grad_image": torch.cat([each["grad_image"] for each in found]) / 2,
        "grad_text": torch.cat([each["grad_text"] for each in found]) / 2,
        "grad_logit_scale_exp": (found[0]["grad_logit_scale_exp"] + found[1]["grad_logit_scale_exp"]) / 2,
    }
    check(together, golden, "single")


@pytest.mark.parametrize("at_once", [1, 40, 2**20])
def test_some_rows_at_a_time_are_all_rows(monkeypatch, at_once):
    monkeypatch.setitem(module._LOGITS_AT_ONCE, "cpu", at_once)
    generator = torch.Generator().manual_seed(0)
    inputs = [functional.normalize(torch.randn(13, 6, generator=generator)) for _ in range(2)]
    inputs = [each.requires_grad_() for each in (*inputs, torch.tensor(20.0))]
    loss = contrastive_loss(*inputs)
    logits, labels = inputs[2] * inputs[0] @ inputs[1].T, torch.arange(13)
    wanted = (functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)) / 2
    torch.testing.assert_close(loss, wanted)
    for ours, theirs in zip(
        torch.autograd.grad(3 * loss, inputs), torch.autograd.grad(3 * wanted, inputs), strict=True
    ):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("size", [1, 3, 4, 9])
def test_parts_of_a_batch_give_the_gradient_of_the_batch(size):
    images, tokens = random_pairs(9)
    whole, parted = random_clip(), random_clip()
    wanted = contrastive_loss(*whole(images, tokens))
    wanted.backward()
    parts = list(zip(images.split(size), tokens.split(size), strict=True))
    loss = backward_in_parts(parted, parts, contrastive_loss)
    torch.testing.assert_close(loss, wanted.detach())
    for (name, ours), theirs in zip(parted.named_parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, atol=2e-6, rtol=1e-4, msg=name)
