"""Whether a gzip file is whole, by its end."""

from __future__ import annotations

import gzip
import random

import pytest

from assay.pools import members
from assay.pools.members import ends_whole

PARTS = [gzip.compress(random.Random(number).randbytes(200), mtime=0) for number in range(4)]


@pytest.mark.parametrize("window", [16, 100, 10_000])
def test_a_cut_anywhere_is_seen(tmp_path, monkeypatch, window):
    monkeypatch.setattr(members, "_WINDOWS", (window, window * 4))
    path, data = tmp_path / "file.gz", b"".join(PARTS)
    ends = {sum(map(len, PARTS[:count])) for count in range(1, 5)}
    for cut in range(1, len(data) + 1):
        path.write_bytes(data[:cut])
        assert ends_whole(path) == (cut in ends), cut


def test_padding_and_damage(tmp_path):
    path, data = tmp_path / "file.gz", b"".join(PARTS)
    path.write_bytes(data + bytes(700))
    assert ends_whole(path)
    path.write_bytes(data + b"not a member")
    assert not ends_whole(path)
    path.write_bytes(data[:-6] + bytes([data[-6] ^ 1]) + data[-5:])
    assert not ends_whole(path)


def test_a_page_that_says_sorry_is_no_gzip_file(tmp_path):
    path = tmp_path / "file.warc.gz"
    path.write_bytes(b"<html>The file has moved.</html>")
    assert not ends_whole(path)


def test_magic_numbers_everywhere(tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(PARTS[0] + b"\x1f\x8b\x08" * 500_000)
    assert not ends_whole(path)
