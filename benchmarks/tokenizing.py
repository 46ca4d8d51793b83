"""Encoding, shuffling and loading of tokens: bytes a second, peak memory, and the seconds that a step waits.

    python benchmarks/tokenizing.py --text ../shared/data/text --tokenizer tokenizer.json.gz

Encoding is on one core: our encoder beside Hugging Face tokenizers and, where they are installed, gigatoken and
tiktoken (with GPT-2's pattern and the vocabulary's own ranks), on the same documents; the ids of all are compared with
those of Hugging Face. ``x yard`` is the speed over that of ``sum(len(text.split()) for text in texts)``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}

import numpy as np
from machine import write_result

from assay.tokens.format import Manifest, Shard
from assay.tokens.jsonl import read_jsonl
from assay.tokens.loader import Loader
from assay.tokens.prefetch import Prefetcher
from assay.tokens.tokenizer import Tokenizer, load_tokenizer

_BATCH = 500


def documents(folder: Path, megabytes: float) -> list[str]:
    """Texts of all files, as much of each as of the others where there is enough."""
    files = sorted(folder.glob("*.jsonl.*"))
    texts: list[str] = []
    for file in files:
        size = 0
        for _, row in read_jsonl(file):
            if isinstance(row.get("text"), str):
                texts.append(row["text"])
                size += len(row["text"].encode())
            if size > megabytes * 1e6 / len(files):
                break
    return texts


def timed(function: Callable[[list[str]], Any], texts: list[str], runs: int) -> tuple[float, list[Any]]:
    """The least CPU seconds of several runs, and what came out, batch by batch."""
    best, out = float("inf"), []
    for _ in range(runs):
        started = time.process_time()
        out = [function(texts[first : first + _BATCH]) for first in range(0, len(texts), _BATCH)]
        best = min(best, time.process_time() - started)
    return best, out


def flat(tokenizer: Tokenizer) -> Callable[[list[str]], list[list[int]]]:
    def encode(texts: list[str]) -> list[list[int]]:
        ids, ends = tokenizer.encode_flat(texts)
        return np.split(ids, ends)[:-1]

    return encode


def peers(tokenizer: Tokenizer) -> dict[str, Callable[[list[str]], Any]]:
    """Other encoders of the same tokenizer.json that are installed."""
    found: dict[str, Callable[[list[str]], Any]] = {}
    try:
        from gigatoken.gigatoken_rs import load_hf_json

        found["gigatoken"] = load_hf_json(tokenizer.definition).encode_batch_list
    except ImportError:
        pass
    try:
        import tiktoken

        found["tiktoken"] = tiktoken_of(tokenizer, tiktoken).encode_ordinary_batch
    except ImportError:
        pass
    return found


def tiktoken_of(tokenizer: Tokenizer, tiktoken: Any) -> Any:
    from assay.tokens.ranks import _byte_characters

    byte = {character: number for number, character in enumerate(_byte_characters())}
    vocabulary = json.loads(tokenizer.definition)["model"]["vocab"]
    ranks = {bytes(byte[c] for c in token): id_ for token, id_ in vocabulary.items() if set(token) <= set(byte)}
    pattern = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
    return tiktoken.Encoding("own", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


def encoding(tokenizer: Tokenizer, texts: list[str], runs: int) -> dict[str, Any]:
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    yard, _ = timed(lambda batch: sum(len(text.split()) for text in batch), texts, runs)
    reference, wanted = timed(tokenizer.encode_batch, texts, 1)
    rows = {"Hugging Face tokenizers": {"megabytes_per_second": megabytes / reference, "yards": yard / reference}}
    for name, encode in {f"assay ({tokenizer.encoder})": flat(tokenizer), **peers(tokenizer)}.items():
        seconds, found = timed(encode, texts, runs)
        same = sum(
            list(a) == b for ours, theirs in zip(found, wanted, strict=True) for a, b in zip(ours, theirs, strict=True)
        )
        rows[name] = {
            "megabytes_per_second": megabytes / seconds,
            "yards": yard / seconds,
            "times_hugging_face": reference / seconds,
            "documents_with_the_same_ids": same,
        }
    return {"documents": len(texts), "megabytes": megabytes, "rows": rows}


_SHUFFLE = """
import sys, time
from pathlib import Path
import numpy as np
from assay.tokens import shuffle
from assay.tokens.stream import Packed, Stream, TokenFile
folder, count, length, dtype = Path(sys.argv[1]), int(sys.argv[2]), 2049, np.dtype("<u2")
with open(folder / "tokens", "wb") as file:
    for number in range(count):
        file.write(np.full(length, number % 60_000, dtype).data)
shuffle._BLOCK_BYTES = 1 << 22
def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
before, started = peak(), time.monotonic()
stream = Stream([TokenFile(folder / "tokens", dtype, count * length)])
order = np.random.default_rng(0).permutation(count)
shuffle.write_shuffled(
    Packed([stream], [count], length, dtype), order, 1024, lambda n: folder / f"{n}.bin", folder / "work"
)
print(peak() - before, time.monotonic() - started)
"""


def shuffling(megabytes: float) -> dict[str, float]:
    """A shuffle in a process of its own, with blocks and shards as much smaller as its data are."""
    count = int(megabytes * 1e6 / 2049 / 2)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _SHUFFLE, folder, str(count)]
        shown = subprocess.run(command, check=True, capture_output=True, text=True)
    peak, seconds = map(float, shown.stdout.split())
    return {"megabytes": megabytes, "peak_megabytes": peak / 1000, "megabytes_per_second": megabytes / seconds}


def loading(folder: Path, batch_sequences: int = 256, steps: int = 40, step_seconds: float = 0.25) -> dict[str, float]:
    """How long a step waits for its batch, read when it asks and read ahead, when the step itself takes a while."""
    loader = Loader(folder, batch_sequences, seed=0)
    started = time.monotonic()
    for step in range(steps):
        loader.batch(step)
    alone = (time.monotonic() - started) / steps
    with Prefetcher(loader) as ahead:
        ahead.batch(0)
        first = ahead.waited_seconds
        for step in range(1, steps):
            time.sleep(step_seconds)
            ahead.batch(step)
        waited = (ahead.waited_seconds - first) / (steps - 1)
    return {
        "batch_tokens": batch_sequences * loader.sequence_length,
        "milliseconds_to_read": alone * 1000,
        "milliseconds_waited": waited * 1000,
        "share_of_step": waited / (waited + step_seconds),
    }


def random_tokens(folder: Path, sequences: int = 20_000, length: int = 2049) -> Path:
    """A tokens folder of random ids."""
    (folder / "shards").mkdir()
    ids = np.random.default_rng(0).integers(0, 50_000, (sequences, length), np.uint16)
    (folder / "shards" / "00000.bin").write_bytes(ids.tobytes())
    manifest = Manifest(
        dtype="uint16",
        sequence_length=length,
        vocab_size=50_277,
        end_of_text=0,
        sequences=sequences,
        tokens=sequences * length,
        documents=1,
        bytes=None,
        shards=[Shard(file="shards/00000.bin", sequences=sequences)],
    )
    manifest.write(folder)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--shuffle-megabytes", type=float, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    texts = documents(given.text, given.megabytes)
    with tempfile.TemporaryDirectory() as folder:
        loaded = loading(random_tokens(Path(folder)))
    result = {
        "note": "the machine had other work",
        "encoding": encoding(load_tokenizer(given.tokenizer), texts, given.runs),
        "shuffling": shuffling(given.shuffle_megabytes),
        "loading": loaded,
    }
    write_result("tokenizing", result)


if __name__ == "__main__":
    main()
