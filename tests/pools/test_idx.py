from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.pools.idx import read_idx

VALUES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
CONTENT = struct.pack(">BBBB3I", 0, 0, 8, 3, 2, 3, 4) + VALUES.tobytes()
PACKED = gzip.compress(CONTENT, mtime=0)  # names of tests must not tell the time


@pytest.mark.parametrize(("name", "content"), [("a", CONTENT), ("a.gz", PACKED)], ids=["plain", "gzipped"])
def test_the_array_plain_or_gzipped(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    assert np.array_equal(read_idx(tmp_path / "a"), VALUES)


@pytest.mark.parametrize(
    "content", [b"", b"PK", CONTENT[:3], CONTENT[:9], CONTENT[:-1], CONTENT + b"x", PACKED[:-9],
                b"\0\0\x0d" + CONTENT[3:]]
)  # fmt: skip
def test_another_file_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(InputError, match="bad"):
        read_idx(tmp_path / "bad")
