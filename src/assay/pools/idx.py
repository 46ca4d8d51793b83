"""Arrays of bytes in the IDX format, that of MNIST and Fashion-MNIST (http://yann.lecun.com/exdb/mnist)."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from assay.base.errors import InputError
from assay.base.files import open_bytes


def read_idx(path: Path) -> np.ndarray:
    """The array of a file, or of the same file gzipped (``.gz`` after its name). uint8, read-only.

    InputError when it is not a whole array of bytes.
    """
    path = path if path.exists() else path.with_name(f"{path.name}.gz")
    with open_bytes(path) as file:
        content = file.read()
    try:
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"not a whole gzip file: {error}", where=path) from error
    if len(content) < 4 or content[:3] != b"\0\0\x08" or len(content) < 4 + 4 * content[3]:
        raise InputError("not an array of bytes in the IDX format", where=path)
    shape = np.frombuffer(content, ">u4", count=content[3], offset=4).astype(int)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * content[3])
    if len(values) != shape.prod():
        wanted = " × ".join(map(str, shape))
        raise InputError(f"holds {len(values)} bytes, where its header says {wanted}", where=path)
    return values.reshape(shape)
