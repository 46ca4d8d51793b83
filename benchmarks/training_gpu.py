"""Training on one GPU: MFU, memory, tokens a second and compile time at full width, and a short real run.

    python benchmarks/training_gpu.py [--tiny] [TOKENS_FOLDER]

Measures ``dclm-411m`` and ``dclm-1b`` at their width and 2,048 tokens a sequence, in bfloat16, compiled, with random
tokens; then trains ``dclm-411m-1x`` on 100M tokens of a folder of token shards (context 2,048) when one is given.
``--tiny`` measures a very small model instead, on whatever device there is, to see that the script works.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from machine import write_result
from torch import nn
from training_cpu import RandomTokens

from assay.models.language import new_language_model
from assay.models.scales import Scale, load_scale
from assay.training.device import best_device, computing, matmul_rate, peak_memory
from assay.training.language import token_flops, train
from assay.training.objective import LanguageObjective
from assay.training.optimizer import make_optimizer
from assay.training.settings import RunSettings
from assay.training.world import World

STEPS = 10
CASES = {
    "dclm-411m": ("dclm-411m-1x", ["batch_sequences=64", "micro_batch_sequences=16"]),
    "dclm-1b": ("dclm-1b-1x", ["batch_sequences=32", "micro_batch_sequences=8"]),
}
TINY = {"tiny": ("lm-demo", ["model.width=32", "sequence_length=32", "micro_batch_sequences=2"])}
SHORT = ["batch_sequences=64", "tokens=100M", "optimizer.warmup_steps=100"]


def timed(scale: Scale, settings: RunSettings) -> dict[str, Any]:
    device = best_device()
    model = new_language_model(scale.model, 0)
    with LanguageObjective(model, RandomTokens(scale), scale, World(device), settings) as objective:  # pyright: ignore
        optimizer = make_optimizer(model, scale.optimizer)

        def step(number: int) -> float:
            started = time.perf_counter()
            loss = objective.backward(number)
            nn.utils.clip_grad_norm_(model.parameters(), scale.optimizer.clip_norm)
            optimizer.step()
            optimizer.zero_grad()
            loss.item()  # waits for the device
            return time.perf_counter() - started

        first = step(0)
        seconds = sorted(step(number) for number in range(1, STEPS + 1))[STEPS // 2]
    rate = matmul_rate(device, settings.precision, torch.get_num_threads())
    return {
        "parameters": int(scale.model.parameters),
        "batch": [scale.batch_sequences, scale.sequence_length],
        "micro_batch": scale.micro_batch_sequences,
        "first_step_seconds": first,
        "step_seconds": seconds,
        "tokens_per_second": scale.batch_tokens / seconds,
        "matmul_rate": rate,
        "mfu": token_flops(scale) * scale.batch_tokens / seconds / rate,
        "peak_memory": peak_memory(device),
        "waited_for_data": objective.data_seconds,
    }


def short_run(tokens: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        record = train(tokens, load_scale("dclm-411m-1x", SHORT), 0, Path(folder) / "run")
        rows = (Path(folder) / "run" / "metrics.jsonl").read_text().splitlines()
    return {"metrics": record.metrics, "curve": rows[:: max(1, len(rows) // 50)]}


def main(arguments: list[str]) -> None:
    tiny = "--tiny" in arguments
    folders = [Path(argument) for argument in arguments if argument != "--tiny"]
    settings = RunSettings(compile=False, precision="bfloat16") if tiny else RunSettings()
    with computing(None):
        cases = {name: timed(load_scale(*where), settings) for name, where in (TINY if tiny else CASES).items()}
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    result = {"device": device, **cases, "short_runs": [short_run(folder) for folder in folders]}
    write_result("training-gpu-tiny" if tiny else "training-gpu", result)


if __name__ == "__main__":
    main(sys.argv[1:])
