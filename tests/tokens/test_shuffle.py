from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.tokens import shuffle
from assay.tokens.shuffle import write_shuffled


class Memory:
    """Sequences that tell what was read of them."""

    def __init__(self, count: int, length: int = 3):
        self.length, self.dtype = length, np.dtype("<u2")
        self.all = np.arange(count * length, dtype=self.dtype).reshape(count, length)
        self.reads: list[tuple[int, int]] = []

    def read(self, first: int, last: int) -> np.ndarray:
        self.reads.append((first, last))
        return self.all[first:last]


def shuffled(sequences: Memory, order: np.ndarray, size: int, folder: Path) -> np.ndarray:
    counts = write_shuffled(sequences, order, size, lambda number: folder / f"{number}.bin", folder / "work")
    shards = [np.fromfile(folder / f"{number}.bin", sequences.dtype) for number in range(len(counts))]
    assert [len(shard) // sequences.length for shard in shards] == counts
    return np.concatenate(shards).reshape(-1, sequences.length)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.integers(0, 30), min_size=1, max_size=80),
    size=st.integers(1, 40),
    block=st.integers(1, 200),
)
def test_the_shards_hold_the_sequences_in_order(tmp_path_factory, order, size, block):
    sequences, order = Memory(31), np.array(order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shuffle, "_BLOCK_BYTES", block)
        found = shuffled(sequences, order, size, tmp_path_factory.mktemp("shuffle"))
    assert np.array_equal(found, sequences.all[order])
    firsts = [first for first, _ in sequences.reads]
    assert firsts == sorted(firsts)
    assert all(last - first <= max(1, block // 6) for first, last in sequences.reads)


def test_what_is_done_is_not_done_again(tmp_path, monkeypatch):
    sequences, order = Memory(20), np.random.default_rng(0).permutation(20)
    gather = shuffle._gather

    def killed(chosen, *given):
        if order[10] == chosen[0]:
            raise KeyboardInterrupt
        gather(chosen, *given)

    monkeypatch.setattr(shuffle, "_gather", killed)
    with pytest.raises(KeyboardInterrupt):
        shuffled(sequences, order, 5, tmp_path)
    monkeypatch.setattr(shuffle, "_gather", gather)
    before, reads = (tmp_path / "0.bin").stat().st_mtime_ns, len(sequences.reads)
    assert np.array_equal(shuffled(sequences, order, 5, tmp_path), sequences.all[order])
    assert (tmp_path / "0.bin").stat().st_mtime_ns == before
    assert len(sequences.reads) == reads


def test_half_a_scatter_is_begun_anew(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "00000").write_bytes(b"left by a killed run")
    sequences, order = Memory(20), np.random.default_rng(0).permutation(20)
    assert np.array_equal(shuffled(sequences, order, 5, tmp_path), sequences.all[order])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from Linux's /proc")
def test_memory_is_bounded(tmp_path):
    """200 MB of tokens are shuffled in 60 MB more than Python with NumPy needs anyway."""
    code = f"""
from pathlib import Path
import numpy as np
from assay.tokens import shuffle
from assay.tokens.stream import Packed, Stream, TokenFile
folder, dtype, length = Path({str(tmp_path)!r}), np.dtype("<u2"), 2049
count = 200_000_000 // 2 // length
with open(folder / "tokens", "wb") as file:
    for number in range(count):
        file.write(np.full(length, number % 60_000, dtype).data)
shuffle._BLOCK_BYTES = 1 << 22
stream = Stream([TokenFile(folder / "tokens", dtype, count * length)])
def peak():  # of this program alone: ru_maxrss begins with what the parent held
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
before = peak()
order = np.random.default_rng(0).permutation(count)
packed = Packed([stream], [count], length, dtype)
shuffle.write_shuffled(packed, order, 2048, lambda n: folder / f"{{n}}.bin", folder / "work")
print(peak() - before)
first = np.fromfile(folder / "0.bin", dtype).reshape(-1, length)
assert np.array_equal(first[:, 7], (order[:2048] % 60_000).astype(dtype))
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 1_000 < int(shown.stdout) < 60_000  # kB
