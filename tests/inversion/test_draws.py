from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from assay.inversion.draws import LEVEL, PIXELS, PIXELS_2, Draws


def mixed(x):
    """lowbias32 in Python's integers."""
    x ^= x >> 16
    x = x * 0x7FEB352D & 0xFFFFFFFF
    x ^= x >> 15
    x = x * 0x846CA68B & 0xFFFFFFFF
    return x ^ x >> 16


def key(seed, sample, operator, draw):
    folded = mixed(seed & 0xFFFFFFFF)
    for value in (sample & 0xFFFFFFFF, sample >> 32 & 0xFFFFFFFF, operator, draw):
        folded = mixed(folded ^ value & 0xFFFFFFFF)
    return folded


def test_key_and_numbers_are_the_goldens(goldens):
    draws = Draws.of([42], seed=1234)
    assert int(draws.keys(3)[0]) & 0xFFFFFFFF == goldens["rng_key_1234_42_3_0"]
    assert np.array_equal(draws.uniform(3, 64)[0].double(), goldens["rng_u_first64"])
    assert np.abs(draws.normal(1, 64)[0].double().numpy() - goldens["rng_gauss_first64"]).max() <= 1e-6


@given(st.integers(0, 2**40), st.integers(0, 2**62), st.integers(0, 255), st.integers(0, 2**20), st.integers(0, 3))
def test_bits_are_those_of_unsigned_arithmetic(seed, sample, operator, draw, stream):
    folded = mixed(key(seed, sample, operator, 4 * draw + stream) ^ 0x9E3779B9)
    bits = Draws.of([sample], seed, draw).bits(operator, 5, stream)[0]
    assert [int(b) & 0xFFFFFFFF for b in bits] == [mixed(folded ^ n) for n in range(5)]


def test_numbers_do_not_depend_on_the_batch():
    count = 2**17  # so that a batch is worked off in pieces
    together = Draws.of([5, 9, 2**33 + 1], seed=7)
    for index, sample in enumerate([5, 9, 2**33 + 1]):
        alone = Draws.of([sample], seed=7)
        assert torch.equal(alone.uniform(3, count)[0], together.uniform(3, count)[index])
        assert torch.equal(alone.normal(1, count)[0], together.normal(1, count)[index])


def test_seed_sample_operator_draw_stream_and_place_all_matter():
    base = Draws.of([1], seed=1)
    others = [
        Draws.of([1], seed=2).bits(3, 4),
        Draws.of([2], seed=1).bits(3, 4),
        base.bits(4, 4),
        Draws.of([1], seed=1, draw=1).bits(3, 4),
        base.bits(3, 4, PIXELS_2),
        base.bits(3, 4, LEVEL),
        base.inside(0).bits(3, 4),
        base.inside(1).bits(3, 4),
        base.inside(0).inside(0).bits(3, 4),
    ]
    rows = {tuple(bits[0].tolist()) for bits in [base.bits(3, 4, PIXELS), *others]}
    assert len(rows) == len(others) + 1


def test_numbers_are_uniform_and_normal():
    draws = Draws.of(list(range(20)))
    assert kstest(draws.uniform(3, 2000).flatten().numpy(), "uniform").pvalue > 1e-3
    assert kstest(draws.normal(1, 2000).flatten().numpy(), "norm").pvalue > 1e-3
