"""DataComp's subset files: which uids of a pool make a dataset, and how many times each.

A subset is an array of pairs of little-endian 64-bit words, the high one first, sorted as the 128-bit numbers that they
are. A uid that is there k times is used k times.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from assay.base.errors import InputError
from assay.base.files import atomic_write
from assay.curation.documents import string_bytes

UID = np.dtype([("f0", "<u8"), ("f1", "<u8")])
"""What DataComp calls dtype("u8,u8")."""
SUBSET = "subset.npy"
_MAGIC = b"\x93NUMPY"
_CHECKED = 1 << 20


def parse_uids(ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """uint64 (n, 2), high and low word of each uid of 32 hex digits; and which are uids (bool)."""
    from assay.pairs.kernels.uids import parse

    return parse(*string_bytes(ids.cast(pa.large_string())))


def sorted_words(words: np.ndarray) -> np.ndarray:
    """The rows of a uint64 (n, 2) array in the order of the 128-bit numbers."""
    words = words[np.argsort(words[:, 0])]
    tied = np.zeros(len(words), np.bool_)
    equal = words[1:, 0] == words[:-1, 0]
    tied[1:] |= equal
    tied[:-1] |= equal
    rows = np.flatnonzero(tied)  # few: uids are random
    words[rows] = words[rows[np.lexsort((words[rows, 1], words[rows, 0]))]]
    return words


def write_subset(path: Path, words: np.ndarray) -> None:
    """Write uids, uint64 (n, 2) in any order, as DataComp's file."""
    with atomic_write(path) as file:
        np.save(file, sorted_words(words).view(UID).reshape(-1), allow_pickle=False)


def read_subset(path: str | Path) -> np.ndarray:
    """The uids of a subset, uint64 (n, 2), mapped into memory; ``path`` may be the dataset that holds it.

    A file that is not ``.npy`` is read as bare records of 16 bytes, as DataComp does. InputError when the file is not a
    subset, or is not sorted.
    """
    path = Path(path) / SUBSET if Path(path).is_dir() else Path(path)
    if not path.is_file():
        raise InputError("no such subset", where=path)
    with open(path, "rb") as file:
        is_npy = file.read(len(_MAGIC)) == _MAGIC
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False) if is_npy else _bare(path)
    except ValueError as error:
        raise InputError(f"is not a subset: {error}", where=path) from error
    if found.dtype != UID or found.ndim != 1:
        raise InputError(f"is not a subset: holds {found.dtype} of shape {found.shape}", where=path)
    words = found.view(np.uint64).reshape(-1, 2)
    _check_sorted(words, path)
    return words


def _bare(path: Path) -> np.ndarray:
    size = path.stat().st_size
    return np.memmap(path, UID, "r") if size else np.empty(0, UID)


def _check_sorted(words: np.ndarray, path: Path) -> None:
    for start in range(0, len(words) - 1, _CHECKED):
        part = words[start : start + _CHECKED + 1]
        before, after = part[:-1], part[1:]
        falls = (before[:, 0] > after[:, 0]) | ((before[:, 0] == after[:, 0]) & (before[:, 1] > after[:, 1]))
        if falls.any():
            row = start + int(np.argmax(falls)) + 1
            raise InputError(f"is not sorted: row {row} comes before the one above it", where=path)


def times_in(subset: np.ndarray, words: np.ndarray) -> np.ndarray:
    """int64: how many times each of some uids, uint64 (n, 2), is in a subset."""
    from assay.pairs.kernels.uids import count_in

    return count_in(subset, words)


def hex_uid(words: np.ndarray) -> str:
    """The 32 hex digits of one uid."""
    return f"{int(words[0]):016x}{int(words[1]):016x}"
