"""Subset files: written as DataComp writes them, and read whatever wrote them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.pairs.subset import UID, hex_uid, parse_uids, read_subset, sorted_words, times_in, write_subset
from pairs.pair_pools import many

numbers = st.integers(0, 2**128 - 1) | st.integers(0, 3).map(lambda low: 5 << 64 | low)


def words_of(values: list[int]) -> np.ndarray:
    return parse_uids(pa.array([f"{value:032x}" for value in values], pa.string()))[0]


@many
@given(st.lists(st.text("0123456789abcdefABCDEFg ", min_size=30, max_size=33) | st.text(max_size=34)))
def test_uids_are_32_hex_digits(texts):
    words, valid = parse_uids(pa.array(texts, pa.string()))
    for text, row, is_uid in zip(texts, words, valid, strict=True):
        hexadecimal = len(text) == 32 and set(text) <= set("0123456789abcdefABCDEF")
        assert is_uid == hexadecimal
        if hexadecimal:
            assert tuple(map(int, row)) == divmod(int(text, 16), 1 << 64)
            assert hex_uid(row) == text.lower()


@many
@given(st.lists(numbers, max_size=40))
def test_sorting_is_that_of_the_whole_numbers(values):
    assert np.array_equal(sorted_words(words_of(values)), words_of(sorted(values)))


@many
@given(st.lists(numbers, max_size=30), st.lists(numbers, max_size=10))
def test_how_many_times(values, others):
    subset = words_of(sorted(values))
    wanted = values[:5] + others
    assert times_in(subset, words_of(wanted)).tolist() == [values.count(value) for value in wanted]


def test_the_file_is_that_of_numpy(tmp_path):
    values = [3, 1 << 127, 1, 1 << 64]
    write_subset(tmp_path / "a.npy", words_of(values))
    plain = np.array([divmod(value, 1 << 64) for value in values], np.dtype("u8,u8"))
    plain.sort()
    np.save(tmp_path / "b.npy", plain)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    plain.tofile(tmp_path / "bare.bin")
    assert np.array_equal(read_subset(tmp_path / "bare.bin"), read_subset(tmp_path / "a.npy"))


def test_what_is_no_subset_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such"):
        read_subset(tmp_path / "none.npy")
    np.save(tmp_path / "floats.npy", np.zeros(3))
    with pytest.raises(InputError, match="float64"):
        read_subset(tmp_path / "floats.npy")
    np.save(tmp_path / "unsorted.npy", np.array([(2, 0), (1, 0)], UID))
    with pytest.raises(InputError, match="not sorted: row 1"):
        read_subset(tmp_path / "unsorted.npy")
    (tmp_path / "odd.bin").write_bytes(b"x" * 17)
    with pytest.raises(InputError):
        read_subset(tmp_path / "odd.bin")
