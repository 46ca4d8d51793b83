"""Embeddings of pairs: arrays in the ``.npz`` beside a metadata file, read row by row, and the steps that use them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from assay.base.errors import InputError
from assay.curation.documents import Documents

_SUFFIX = ".npz"
_HALF = np.dtype("<f2")


@runtime_checkable
class UsesEmbeddings(Protocol):
    """A step that looks at embeddings."""

    def embeddings(self) -> tuple[str, ...]:
        """The arrays of the ``.npz`` that become columns, such as ``l14_img``."""
        ...


def vectors_of(documents: Documents, name: str) -> np.ndarray:
    """float32 (n, d): the embeddings of pairs. InputError when the pool has none of that name."""
    if not documents.has(name):
        raise InputError(f"the pairs have no embeddings {name!r}", hint="they lie in an .npz beside each metadata file")
    return matrix_of(documents.batch.column(name)).astype(np.float32)


def matrix_of(column: pa.FixedSizeListArray | pa.ChunkedArray) -> np.ndarray:
    """(n, d): a column of embeddings, in its own precision."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole.flatten().to_numpy(zero_copy_only=False).reshape(-1, whole.type.list_size)


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """float32: every row divided by its length, so that inner products are cosines; a row of zeros stays."""
    vectors = vectors.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def embeddings_file(metadata: str) -> Path:
    """Where the embeddings of a metadata file lie."""
    return Path(metadata).with_suffix(_SUFFIX)


@dataclass
class Embeddings:
    """An array of an ``.npz``, read from front to back without loading it."""

    path: Path
    name: str
    stream: IO[bytes]
    dtype: np.dtype
    shape: tuple[int, int]
    row: int = 0

    def rows(self, first: int, count: int) -> pa.Array:
        """fixed_size_list<float16>: the embeddings of some rows, which lie behind those of the last call."""
        width = self.shape[1] * self.dtype.itemsize
        if first + count > self.shape[0]:
            raise InputError(f"{self.name!r} has {self.shape[0]} rows, its Parquet file more", where=self.path)
        self.stream.seek((first - self.row) * width, 1)
        data = self.stream.read(count * width)
        if len(data) < count * width:
            raise InputError(f"{self.name!r} is cut off", where=self.path)
        self.row = first + count
        flat = np.frombuffer(data, self.dtype).astype(_HALF, copy=False)
        return pa.FixedSizeListArray.from_arrays(pa.array(flat), self.shape[1])


@contextmanager
def open_embeddings(metadata: str, name: str) -> Iterator[Embeddings]:
    """The embeddings of a metadata file. InputError when there are none, or not as an array (n, d) of floats."""
    path = embeddings_file(metadata)
    if not path.is_file():
        raise InputError("no such file: the recipe needs its embeddings", where=path)
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
            yield Embeddings(path, name, stream, *_read_header(stream))
    except KeyError as error:
        raise InputError(f"holds no array {name!r}", where=path) from error
    except (zipfile.BadZipFile, ValueError) as error:
        raise InputError(f"is not a readable .npz: {error}", where=path) from error


def _read_header(stream: IO[bytes]) -> tuple[np.dtype, tuple[int, int]]:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_column, dtype = read(stream)
    if by_column or len(shape) != 2 or dtype.kind != "f":
        raise ValueError(f"an array of {dtype} and shape {shape}, where rows of floats are needed")
    return dtype, shape
