"""Tropical division of networks (arXiv 1911.12922, ICML 2020, ICLR 2022) told as code: how few hidden units will do?

The papers train a network, make its two last layers smaller by several methods, and compare accuracies. So does this:

1. samples with classes: Fashion-MNIST, or reviews with a verdict as text                  ``read_samples``
2. a network of one hidden layer for each seed, trained as the papers train theirs          ``train``
3. each method at each size, with and without a refit of the output layer                   tropical/reduce.py
4. accuracy on the test samples and agreement with the network, mean ± standard error      ``reproduce``

The plain linear fit of the network's outputs has its own row: a method below it is of no use.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import zstandard
from scipy.sparse import csr_array

from assay.base.errors import InputError
from assay.base.files import open_bytes
from assay.base.progress import log
from assay.pools.idx import read_idx
from assay.tropical.calibration import Calibration
from assay.tropical.compare import compare
from assay.tropical.network import Network
from assay.tropical.network_files import from_module
from assay.tropical.reduce import METHODS, reduce
from assay.tropical.refit import linear_fit

SHARES = (0.5, 0.25, 0.1, 0.05)
"""Of the hidden units kept; the papers' tables have these and 0.9 and 0.75."""
UNITS = {10: 500, 2: 100}
"""Classes → hidden units: 500 in the papers' network for MNIST (released code); 100 is enough for two classes."""
EPOCHS = 6
BATCH = 128
"""Adam with batches of 128 is the papers' protocol (released code); they train up to 50 epochs with early stopping."""
CALIBRATION = 6000
"""Training samples that the methods may look at."""
BUCKETS = 1 << 14
"""Words of reviews are hashed into."""


@dataclass(frozen=True)
class Samples:
    """Inputs, shape (samples, inputs), and classes, shape (samples,), to train on and to test on."""

    train: np.ndarray
    train_classes: np.ndarray
    test: np.ndarray
    test_classes: np.ndarray


def reproduce(
    data: Path, classes: tuple[int, ...] = (), methods: tuple[str, ...] = tuple(METHODS), seeds: int = 3
) -> list[dict[str, Any]]:
    """One row a method and share: accuracy and agreement in percent, means and standard errors over the seeds.

    ``classes``: only these of Fashion-MNIST, such as (0, 6); two classes make a network of one output.
    """
    samples = read_samples(data, classes)
    rows: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for seed in range(seeds):
        network = train(samples, seed)
        log(f"seed {seed}: {network.inputs} → {network.units} → {network.outputs}, {_accuracy(network, samples):.2f} %")
        for key, smaller in _all_smaller(network, samples.train[:CALIBRATION], methods, seed):
            agreement = compare(network, smaller, samples.test, keep=0.5).agreement
            rows.setdefault(key, []).append((_accuracy(smaller, samples), 100 * agreement))
    return [_row(method, share, np.array(values)) for (method, share), values in rows.items()]


def _all_smaller(
    network: Network, data: np.ndarray, methods: tuple[str, ...], seed: int
) -> Iterator[tuple[tuple[str, float], Network]]:
    yield ("network", 1.0), network
    yield ("linear fit", 0.0), linear_fit(Calibration(network, data))
    for method in methods:
        if method.startswith("zonotope") and network.outputs > 1:
            continue
        for share in SHARES:
            yield (method, share), reduce(network, share, data, method=method, seed=seed)
            if METHODS[method].refit in ("none", "bias"):
                refitted = reduce(network, share, data, method=method, refit_by="ridge", seed=seed)
                yield (f"{method} + refit", share), refitted


def _row(method: str, share: float, values: np.ndarray) -> dict[str, Any]:
    mean = values.mean(axis=0)
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.full(2, np.nan)
    return {
        "method": method,
        "share": share,
        "accuracy": round(float(mean[0]), 2),
        "accuracy_error": round(float(error[0]), 2) if len(values) > 1 else None,
        "agreement": round(float(mean[1]), 2),
    }


def _accuracy(network: Network, samples: Samples) -> float:
    outputs = network(samples.test)
    said = outputs[:, 0] > 0 if network.outputs == 1 else outputs.argmax(axis=1)
    return float(100 * (said == samples.test_classes).mean())


def train(samples: Samples, seed: int) -> Network:
    """A network of one hidden layer: cross entropy, Adam, batches of 128."""
    import torch
    from torch.nn import Linear, ReLU, Sequential
    from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

    generator = torch.Generator().manual_seed(seed)
    classes = int(samples.train_classes.max()) + 1
    units = UNITS.get(classes, max(UNITS.values()))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = Sequential(Linear(samples.train.shape[1], units), ReLU(), Linear(units, classes if classes > 2 else 1))
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    inputs, wanted = torch.tensor(samples.train), torch.tensor(samples.train_classes)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs), generator=generator).split(BATCH):
            outputs = module(inputs[batch])
            loss = (
                cross_entropy(outputs, wanted[batch])
                if classes > 2
                else binary_cross_entropy_with_logits(outputs[:, 0], wanted[batch].float())
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return from_module(module)


def read_samples(data: Path, classes: tuple[int, ...] = ()) -> Samples:
    """Of a folder with the four files of (Fashion-)MNIST, or of JSONL of reviews: ``split``, ``label``, ``text``."""
    if not data.is_dir():
        return _reviews(data)
    parts = []
    for name in ("train", "t10k"):
        images, labels = (read_idx(data / f"{name}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
        chosen = np.isin(labels, classes) if classes else np.ones(len(labels), dtype=bool)
        named = np.searchsorted(np.sort(classes), labels[chosen]) if classes else labels[chosen]
        parts += [images[chosen].reshape(chosen.sum(), -1).astype(np.float32) / 255, named.astype(np.int64)]
    return Samples(*parts)


def _reviews(path: Path) -> Samples:
    """Words of the reviews, hashed, weighted by rarity, and projected onto their 256 leading directions."""
    rows = list(_json_lines(path))
    missing = {"split", "label", "text"} - set(rows[0] if rows else {})
    if missing:
        raise InputError(f"the reviews have no {', '.join(sorted(missing))}", where=path)
    words = _hashed_words([row["text"] for row in rows])
    train = np.array([row["split"] == "train" for row in rows])
    good = np.array([row["label"] in ("pos", 1) for row in rows], dtype=np.int64)
    words = words.multiply(np.log(train.sum() / (1 + (words[train] > 0).sum(axis=0)))).tocsr()
    projected = words @ _leading(words[train])
    projected *= 16 / np.linalg.norm(projected, axis=1, keepdims=True).clip(1e-9)  # about 1 a feature
    projected = projected.astype(np.float32)
    return Samples(projected[train], good[train], projected[~train], good[~train])


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    opened: dict[str, Any] = {".zst": zstandard.open, ".gz": gzip.open}
    with open_bytes(path), opened.get(path.suffix, open)(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _hashed_words(texts: list[str]) -> csr_array:
    """Roots of counts of words, shape (texts, BUCKETS)."""
    found = [[crc32(word.encode()) % BUCKETS for word in re.findall(r"\w+", text.lower())] for text in texts]
    ends = np.cumsum([0, *map(len, found)])
    counts = csr_array((np.ones(ends[-1]), np.concatenate(found).astype(np.int64), ends), shape=(len(texts), BUCKETS))
    counts.sum_duplicates()
    counts.data = np.sqrt(counts.data)
    return counts


def _leading(table: csr_array, directions: int = 256) -> np.ndarray:
    """About the leading right singular vectors (Halko et al. 2011, with one power iteration)."""
    sketch = table @ np.random.default_rng(0).normal(size=(BUCKETS, directions + 32))
    basis, _ = np.linalg.qr(table @ (table.T @ sketch))
    _, _, right = np.linalg.svd((table.T @ basis).T, full_matrices=False)
    return right[:directions].T
