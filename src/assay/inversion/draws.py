"""Counter-based random numbers: what a sample gets depends on (seed, sample, operator, draw) and on nothing else.

A 32-bit key is folded from those four; the n-th number of a key's stream is a hash of the key and n. So the numbers are
the same for any batch, order, worker and device. The hash is Chris Wellons' ``lowbias32``; it is one-to-one, so the
first 2^32 bits of a stream are all different.

Torch has no arithmetic on uint32: everything here is int32, whose products wrap around as those of uint32 do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from assay.inversion.kernels import hash_rows, unit_rows

# The multipliers of lowbias32; the golden ratio of 2^32 keeps keys apart from counters.
_FIRST, _SECOND, _GOLDEN = 0x7FEB352D, 0x846CA68B, 0x9E3779B9
# Numbers made together: on a CPU they stay in the cache.
_AT_ONCE = {"cpu": 2**18, "cuda": 2**27}
# Streams that one draw of an operator may use: two for the pixels, one for its level, one for its choices.
_STREAMS = 4
PIXELS, PIXELS_2, LEVEL, CHOICE = range(_STREAMS)
# Operator numbers are below this; above it, a key says where in a composition the operator stands.
_OPERATORS = 256


def _signed(value: int) -> int:
    """The int32 with the low 32 bits of ``value``."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def _fold(bits: Tensor, shift: int) -> Tensor:
    """``bits ^= bits >>> shift``: torch's shift brings in copies of the sign, which are cut off."""
    shifted = bits >> shift
    shifted &= (1 << (32 - shift)) - 1
    return bits.bitwise_xor_(shifted)


def mix(bits: Tensor) -> Tensor:
    """lowbias32 of int32 numbers, in place: every output bit depends on every input bit."""
    _fold(bits, 16).mul_(_FIRST)
    _fold(bits, 15).mul_(_signed(_SECOND))
    return _fold(bits, 16)


def to_unit(bits: Tensor) -> Tensor:
    """The upper 24 bits as float32 in [0, 1): every value is exact."""
    return ((bits >> 8) & 0xFFFFFF).float().mul_(2.0**-24)


@dataclass(frozen=True)
class Draws:
    """The random numbers of a batch: one key for each sample.

    ``samples`` (B,) int64 are the samples' numbers in their data set; ``draw`` counts repeated passes (an epoch, a
    repetition of a test). ``place`` is the operator's place in a composition; users leave it at 0.
    """

    seed: int
    samples: Tensor
    draw: int = 0
    place: int = 0

    @classmethod
    def of(cls, samples: Tensor | list[int], seed: int = 0, draw: int = 0) -> Draws:
        """The draws of the samples with these numbers."""
        return cls(seed, torch.as_tensor(samples, dtype=torch.int64), draw)

    def inside(self, index: int) -> Draws:
        """The draws of the ``index``-th part of a composition: two equal operators get different numbers."""
        return replace(self, place=self.place * 16 + index + 1)

    def keys(self, operator: int, stream: int = PIXELS) -> Tensor:
        """int32 (B,): seed, sample (low, high half), operator and draw, folded one after the other."""
        samples = self.samples
        key = mix(torch.full_like(samples, _signed(self.seed), dtype=torch.int32))
        operator = _signed(operator + self.place * _OPERATORS)
        draw = _signed(self.draw * _STREAMS + stream)
        for value in (samples.to(torch.int32), (samples >> 32).to(torch.int32), operator, draw):
            key = mix(key ^ value)
        return key

    def bits(self, operator: int, count: int, stream: int = PIXELS) -> Tensor:
        """int32 (B, ``count``) of random bits."""
        keys = mix(self.keys(operator, stream) ^ _signed(_GOLDEN))
        if keys.device.type == "cpu":
            out = np.empty((len(keys), count), np.uint32)
            hash_rows(keys.numpy().view(np.uint32), out)
            return torch.from_numpy(out.view(np.int32))
        return mix(keys[:, None] ^ torch.arange(count, dtype=torch.int32, device=keys.device))

    def uniform(self, operator: int, count: int, stream: int = PIXELS) -> Tensor:
        """float32 (B, ``count``), uniform in [0, 1) in steps of 2^-24."""
        if self.samples.device.type == "cpu":
            keys = mix(self.keys(operator, stream) ^ _signed(_GOLDEN))
            out = np.empty((len(keys), count), np.float32)
            unit_rows(keys.numpy().view(np.uint32), out)
            return torch.from_numpy(out)
        return to_unit(self.bits(operator, count, stream))

    def normal(self, operator: int, count: int) -> Tensor:
        """float32 (B, ``count``), standard normal by Box and Muller from two streams; the same to an ulp or so."""
        keys = self.keys(operator)
        rows = max(1, _AT_ONCE[keys.device.type] // max(1, count))
        out = torch.empty(len(keys), count, device=keys.device)
        for start in range(0, len(keys), rows):
            few = replace(self, samples=self.samples[start : start + rows])
            radius = few.uniform(operator, count, PIXELS).neg_().add_(1).log_().mul_(-2).sqrt_()
            # cos(2πu) = sin(2π(|u - ½| - ¼)): the angle is at most π/2, so float32 loses nothing.
            angle = few.uniform(operator, count, PIXELS_2).sub_(0.5).abs_().sub_(0.25).mul_(2 * math.pi)
            torch.mul(radius, angle.sin_(), out=out[start : start + rows])
        return out
