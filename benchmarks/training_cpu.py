"""A training step on a CPU: ours, transformers' Llama, and eager code in the manner of nanoGPT, of the same size.

    python benchmarks/training_cpu.py [SCALE] [STEPS] [THREADS]

Each side runs in a process of its own, in turns, on the same tokens, with the same batch, AdamW and clipping, in
float32; the best of two turns counts, in CPU seconds. The peers are plain PyTorch: whole logits,
``functional.cross_entropy``, AdamW as it comes. Start-up is the wall time of a new process from its first import to
the end of its first step.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from machine import write_result
from torch import Tensor, nn
from torch.nn import functional

from assay.models.scales import LanguageShape, Scale, load_scale

SIDES = ("ours", "transformers", "nanogpt")
TURNS = 2
Step = Callable[[int], None]


class RandomTokens:
    """What the objective asks of a loader."""

    def __init__(self, scale: Scale):
        self.scale, self.batch_sequences = scale, scale.batch_sequences

    def batch(self, step: int, rank: int = 0, world: int = 1) -> np.ndarray:
        shape = (self.batch_sequences, self.scale.sequence_length + 1)
        return np.random.default_rng(step).integers(0, self.scale.model.vocab_size, shape)


def ours(scale: Scale, threads: int) -> Step:
    from assay.models.language import new_language_model
    from assay.training.device import computing
    from assay.training.objective import LanguageObjective
    from assay.training.optimizer import make_optimizer
    from assay.training.world import World

    computing(threads).__enter__()  # for the life of the process
    model = new_language_model(scale.model, 0)
    optimizer = make_optimizer(model, scale.optimizer)
    objective = LanguageObjective(model, RandomTokens(scale), scale, World(torch.device("cpu")))  # pyright: ignore

    def step(number: int) -> None:
        objective.backward(number).item()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def eager(scale: Scale, threads: int, model: nn.Module, loss: Callable[[Tensor], Tensor]) -> Step:
    torch.set_num_threads(threads)
    loader = RandomTokens(scale)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.033)

    def step(number: int) -> None:
        optimizer.zero_grad(set_to_none=True)
        value = loss(torch.from_numpy(loader.batch(number)))
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        value.item()

    return step


def transformers(scale: Scale, threads: int) -> Step:
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = scale.model
    config = LlamaConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.width,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        max_position_embeddings=scale.sequence_length,
        tie_word_embeddings=False,
        use_cache=False,
    )
    model = LlamaForCausalLM(config).train()

    def loss(tokens: Tensor) -> Tensor:
        logits = model(tokens[:, :-1]).logits
        return functional.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten())

    return eager(scale, threads, model, loss)


class NanoBlock(nn.Module):
    """nanoGPT's block; the MLP is as wide as makes it as large as SwiGLU."""

    def __init__(self, shape: LanguageShape):
        super().__init__()
        width, hidden = shape.width, 3 * shape.hidden // 2
        self.heads = shape.heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width, bias=False), nn.LayerNorm(width, bias=False)
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.mlp = nn.Sequential(nn.Linear(width, hidden, bias=False), nn.GELU(), nn.Linear(hidden, width, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.c_attn(self.ln_1(x)).chunk(3, -1)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.c_proj(mixed.transpose(1, 2).flatten(2))
        return x + self.mlp(self.ln_2(x))


def nanogpt(scale: Scale, threads: int) -> Step:
    shape = scale.model
    embedding, positions = nn.Embedding(shape.vocab_size, shape.width), nn.Embedding(scale.sequence_length, shape.width)
    blocks = nn.Sequential(*(NanoBlock(shape) for _ in range(shape.layers)), nn.LayerNorm(shape.width, bias=False))
    head = nn.Linear(shape.width, shape.vocab_size, bias=False)

    def loss(tokens: Tensor) -> Tensor:
        places = torch.arange(scale.sequence_length)
        logits = head(blocks(embedding(tokens[:, :-1]) + positions(places)))
        return functional.cross_entropy(logits.view(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1))

    return eager(scale, threads, nn.ModuleList([embedding, positions, blocks, head]), loss)


def run_side(side: str, scale: Scale, steps: int, threads: int) -> dict[str, float]:
    step = {"ours": ours, "transformers": transformers, "nanogpt": nanogpt}[side](scale, threads)
    step(0)
    seconds = []
    for number in range(1, steps + 1):
        started = time.process_time()
        step(number)
        seconds.append(time.process_time() - started)
    return {"best": min(seconds, default=0.0), "median": float(np.median(seconds or [0.0]))}


def measure(side: str, name: str, steps: int, threads: int) -> dict[str, float]:
    command = [sys.executable, __file__, name, str(steps), str(threads), side]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(shown.stdout.splitlines()[-1])


def start_up() -> float:
    """Wall seconds of a new process from its first import to the end of a step of lm-demo."""
    started = time.monotonic()
    measure("ours", "lm-demo", 0, 1)
    return time.monotonic() - started


def main(name: str, steps: int, threads: int) -> None:
    scale = load_scale(name)
    turns = [{side: measure(side, name, steps, threads) for side in SIDES} for _ in range(TURNS)]
    best = {side: min(turn[side]["best"] for turn in turns) for side in SIDES}
    median = {side: min(turn[side]["median"] for turn in turns) for side in SIDES}
    speed = {side: scale.batch_tokens * threads / best[side] for side in SIDES}
    write_result(
        "training-cpu",
        {
            "scale": name,
            "parameters": int(scale.model.parameters),
            "batch": [scale.batch_sequences, scale.sequence_length],
            "threads": threads,
            "cpu_seconds_a_step": best,
            "median_cpu_seconds_a_step": median,
            "tokens_per_second_without_waiting": {side: round(value) for side, value in speed.items()},
            "ratio_to_transformers": best["transformers"] / best["ours"],
            "ratio_to_nanogpt": best["nanogpt"] / best["ours"],
            "start_up_seconds": start_up(),
        },
    )


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "lm-1m"
    count, cores = (int(sys.argv[place]) if len(sys.argv) > place else default for place, default in ((2, 8), (3, 1)))
    if len(sys.argv) > 4:
        print(json.dumps(run_side(sys.argv[4], load_scale(chosen), count, cores)))
    else:
        main(chosen, count, cores)
