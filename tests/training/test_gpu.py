from __future__ import annotations

import json

import pytest
import torch

from assay.training.language import train
from training.conftest import make_scale

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
]


def test_a_gpu_trains_in_bfloat16_to_about_the_same_loss(tokens, tmp_path, monkeypatch):
    scale = make_scale(steps=60)
    on_gpu = train(tokens, scale, 0, tmp_path / "gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    on_cpu = train(tokens, scale, 0, tmp_path / "cpu", threads=1)
    assert on_gpu.metrics["device"] == "cuda"
    assert on_gpu.metrics["final_loss"] == pytest.approx(on_cpu.metrics["final_loss"], abs=0.05)
    first = [json.loads((tmp_path / name / "metrics.jsonl").read_text().split("\n")[0]) for name in ("gpu", "cpu")]
    assert first[0]["loss"] == pytest.approx(first[1]["loss"], abs=0.01)
