"""Requests scored in a CPU second: assay, lm-evaluation-harness's Hugging Face backend, and a straight loop.

    python benchmarks/evaluation.py --data lm_eval/local_data --tokenizer tokenizer.json --questions 8

All score the same token ids with the same weights (a Llama of transformers, never trained) in float32 in one process:
the first questions of some CORE tasks, with DCLM's prompts. The loop does what llm-foundry does, in the order of the
data and with all logits, but fills a batch up to its longest row only, where llm-foundry fills it up to 2,048 tokens.
lm-evaluation-harness scores once with a fixed batch size, once with ``batch_size="auto"``, whose trials are counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from machine import write_result
from torch.nn.functional import cross_entropy

from assay.evaluation.encoding import encode_contexts, encode_continuations, request
from assay.evaluation.in_context import InContextTask
from assay.evaluation.scoring import Scorer
from assay.evaluation.suite import load_suite
from assay.evaluation.task import Request
from assay.models.hf import HuggingFaceModel
from assay.tokens.tokenizer import Tokenizer, load_tokenizer

TASKS = ("copa", "hellaswag_zeroshot", "winogrande", "lambada_openai", "arc_easy", "piqa", "boolq", "commonsense_qa")
CONTEXT = 2048
BATCH = 8
AUTO_LIMIT = 8  # lm-evaluation-harness begins with 64 rows, which do not fit into a small machine's memory
SHAPE = {
    "hidden_size": 256,
    "intermediate_size": 768,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": False,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="folder of the task files")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=8, help="of each task")
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    tokenizer = load_tokenizer(chosen.tokenizer)
    inner = make_model(tokenizer)
    asked = questions(tokenizer, chosen.data, chosen.tasks, chosen.questions)
    scorer = Scorer(HuggingFaceModel(inner), tokenizer, CONTEXT)
    ways: dict[str, Callable[[list[Request]], list[float]]] = {
        "assay": lambda requests: [-float(losses.sum()) for losses in scorer.losses(requests)],
        "straight loop": lambda requests: straight_loop(inner, requests),
        f"lm-eval, batch size {BATCH}": lm_eval(inner, tokenizer, BATCH),
        "lm-eval, batch size auto": lm_eval(inner, tokenizer, "auto"),
    }
    scorer_warm = next(iter(asked.values()))[:4]
    for score in list(ways.values())[:3]:
        score(scorer_warm)
    rows = [measure(task, requests, ways) for task, requests in asked.items()]
    total = {name: sum(row["cpu_seconds"][name] for row in rows) for name in ways}
    result = {
        "model": SHAPE | {"vocab_size": inner.config.vocab_size},
        "threads": chosen.threads,
        "questions": chosen.questions,
        "requests": sum(row["requests"] for row in rows),
        "tokens": sum(row["tokens"] for row in rows),
        "requests_per_cpu_second": {
            name: sum(row["requests"] for row in rows) / seconds for name, seconds in total.items()
        },
        "assay_is_faster_by": {name: seconds / total["assay"] for name, seconds in total.items()},
        "largest_difference_of_log_likelihoods": max(row["difference"] for row in rows),
        "tasks": rows,
    }
    write_result("evaluation", result)


def make_model(tokenizer: Tokenizer):
    """A Llama with random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    vocabulary = -(-tokenizer.vocab_size // 64) * 64
    return LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, **SHAPE)).eval()


def questions(tokenizer: Tokenizer, data: Path, tasks: list[str], count: int) -> dict[str, list[Request]]:
    """The requests of the first questions of each task."""
    found = {}
    for task in load_suite("core", data=data, skip_missing=True).tasks:
        if task.name in tasks and isinstance(task, InContextTask):
            prompts = task.prompts()[:count]
            pairs = zip(encode_contexts(prompts, tokenizer), encode_continuations(prompts, tokenizer), strict=True)
            found[task.name] = [request(a, b, CONTEXT) for before, after in pairs for a in before for b in after]
    return found


def measure(task: str, requests: list[Request], ways: dict[str, Callable[[list[Request]], list[float]]]) -> dict:
    """CPU seconds of each way for the requests of a task, and how far their log-likelihoods lie apart."""
    seconds, scores = {}, {}
    for name, score in ways.items():
        started = time.process_time()
        scores[name] = np.array(score(requests))
        seconds[name] = time.process_time() - started
    differences = [np.abs(found - scores["assay"]).max() for found in scores.values()]
    row = {
        "task": task,
        "requests": len(requests),
        "tokens": sum(len(each.tokens) - 1 for each in requests),
        "cpu_seconds": seconds,
        "difference": float(max(differences)),
    }
    print(row, flush=True)
    return row


@torch.inference_mode()
def straight_loop(inner, requests: list[Request]) -> list[float]:
    """llm-foundry's way: batches in the order of the data, filled up, with all logits."""
    found = []
    for start in range(0, len(requests), BATCH):
        batch = requests[start : start + BATCH]
        tokens = np.zeros((len(batch), max(len(each.tokens) for each in batch)), np.int64)
        for row, each in enumerate(batch):
            tokens[row, : len(each.tokens)] = each.tokens
        logits = inner(torch.from_numpy(tokens)).logits
        for row, each in enumerate(batch):
            span = logits[row, each.first - 1 : len(each.tokens) - 1]
            targets = torch.from_numpy(each.tokens[each.first :].astype(np.int64))
            found.append(-float(cross_entropy(span, targets, reduction="sum")))
    return found


def lm_eval(inner, tokenizer: Tokenizer, batch_size: int | str) -> Callable[[list[Request]], list[float]]:
    """lm-evaluation-harness's own scoring of token ids."""
    from lm_eval.models.huggingface import HFLM
    from transformers import PreTrainedTokenizerFast

    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(tokenizer.definition)
        file.flush()
        theirs = PreTrainedTokenizerFast(tokenizer_file=file.name, eos_token="<|endoftext|>")
    model = HFLM(
        inner, tokenizer=theirs, batch_size=batch_size, max_batch_size=AUTO_LIMIT, max_length=CONTEXT, device="cpu"
    )

    def score(requests: list[Request]) -> list[float]:
        asked = [
            (("", ""), each.tokens[: each.first].tolist(), each.tokens[each.first :].tolist()) for each in requests
        ]
        return [logprob for logprob, _ in model._loglikelihood_tokens(asked, disable_tqdm=True)]

    return score


if __name__ == "__main__":
    main()
