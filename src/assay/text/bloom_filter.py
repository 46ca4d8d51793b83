"""A Bloom filter of n-grams: its size from what it is for, how full it is, and its file.

The size is that of DCLM's ``bff``: the fewest bytes m/8 for which (1 − (1 − 1/m)^(k n))^k is at most the rate wanted,
with k = ⌈m/n · ln 2⌉ hashes for n n-grams.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assay.base.errors import InputError, MachineError
from assay.base.files import atomic_write, open_bytes

_WORD_BYTES = 8
_SMALLEST = 16
_LARGEST = 1 << 32
"""Words of the largest filter: 32 GiB."""
_FORMAT = "assay bloom filter 1"
_SHARE_OF_MEMORY = 0.9
"""The most that the reference takes."""


def false_positives(size: int, ngrams: int, hashes: int) -> float:
    """Share of unknown n-grams that a filter of ``size`` bytes takes for known ones when it holds so many."""
    return (1.0 - (1.0 - 1.0 / (8 * size)) ** (hashes * ngrams)) ** hashes


def optimal_hashes(size: int, ngrams: int) -> int:
    """Bits that each of so many n-grams sets in a filter of ``size`` bytes."""
    return math.ceil(8 * size / ngrams * math.log(2))


def optimal_size(ngrams: int, rate: float) -> int:
    """Bytes of the smallest filter of that rate; the reference's search for it ends up to two bytes beside."""
    low, high = 1, 1
    while false_positives(high, ngrams, optimal_hashes(high, ngrams)) > rate:
        high *= 2
    while low < high:
        middle = (low + high) // 2
        if false_positives(middle, ngrams, optimal_hashes(middle, ngrams)) > rate:
            low = middle + 1
        else:
            high = middle
    return high


@dataclass
class BloomFilter:
    """The bits, how many of them an n-gram sets, and for how many n-grams it was made."""

    bits: np.ndarray
    hashes: int
    made_for: int = 0
    held: int = 0
    """N-grams that were looked up, and at most as many put in."""

    @classmethod
    def sized(cls, ngrams: int, rate: float) -> BloomFilter:
        """The smallest filter of that rate of false positives after so many n-grams.

        MachineError when it takes more than 90 % of the memory; it says what rate that much would give.
        """
        ngrams = max(ngrams, 1)
        size = optimal_size(ngrams, rate)
        available = int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _SHARE_OF_MEMORY)
        if size > min(available, _LARGEST * _WORD_BYTES):
            most = min(available, _LARGEST * _WORD_BYTES)
            reached = false_positives(most, ngrams, max(1, optimal_hashes(most, ngrams)))
            raise MachineError(
                f"a filter for {ngrams:,} n-grams at a rate of false positives of {rate:g} takes {size:,} bytes; the "
                f"{most:,} that can be had give {reached:.2g}",
                hint="raise fp_rate, or divide the pool: partitions",
            )
        words = max(_SMALLEST, math.ceil(size / _WORD_BYTES))
        return cls(np.zeros(words, np.uint64), optimal_hashes(size, ngrams), ngrams)

    @property
    def fill(self) -> float:
        """Share of the bits that are set; half of them when it holds what it was made for."""
        from assay.text.kernels.bloom import count_bits_set

        return count_bits_set(self.bits) / (64 * len(self.bits))

    def summary(self) -> dict[str, Any]:
        """What a user wants to know of it."""
        fill = self.fill
        return {
            "filter_bytes": self.bits.nbytes,
            "hashes": self.hashes,
            "made_for_ngrams": self.made_for,
            "ngrams": self.held,
            "fill": fill,
            "expected_false_positives": fill**self.hashes,
        }

    def write(self, path: Path, ngram_sizes: tuple[int, int]) -> None:
        """Keep it as safetensors, with its checksum."""
        from safetensors.numpy import save

        about = {
            "sha256": hashlib.sha256(self.bits.tobytes()).hexdigest(),
            "hashes": self.hashes,
            "made_for": self.made_for,
            "held": self.held,
            "ngram_sizes": "{}-{}".format(*ngram_sizes),
        }
        with atomic_write(path) as file:
            file.write(save({"bits": self.bits}, {_FORMAT: json.dumps(about)}))  # one entry: their order is random

    @classmethod
    def read(cls, path: str | Path, ngram_sizes: tuple[int, int]) -> BloomFilter:
        """The filter in a file. InputError when it is damaged, none, or of n-grams of other sizes."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        with open_bytes(path) as file:
            data = file.read()
        try:
            bits = load(data)["bits"].copy()
            about = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
            about = json.loads(about[_FORMAT])
            found = cls(bits, int(about["hashes"]), int(about["made_for"]), int(about["held"]))
        except (SafetensorError, KeyError, ValueError) as error:
            raise InputError("is no Bloom filter, or a damaged one", where=path, hint="make it again") from error
        if hashlib.sha256(bits.tobytes()).hexdigest() != about["sha256"]:
            raise InputError("the Bloom filter is damaged: its checksum is another", where=path, hint="make it again")
        if about["ngram_sizes"] != "{}-{}".format(*ngram_sizes):
            raise InputError(
                f"the Bloom filter is of n-grams of {about['ngram_sizes']} words, not {'{}-{}'.format(*ngram_sizes)}",
                where=path,
                hint="use the same min_ngram_size and max_ngram_size",
            )
        return found
