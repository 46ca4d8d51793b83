"""Read the file of a fastText classifier, in the layout of ``FastText::saveModel`` (fastText 0.9.2).

Both forms are read: ``.bin``, whose matrix stays in the file and is mapped into memory, and ``.ftz``, whose quantised
vectors are decoded into 4 bytes a number.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from assay.base.errors import InputError

if TYPE_CHECKING:
    from assay.scorers.kernels.dictionary import Dictionary
    from assay.scorers.kernels.output import Output

_MAGIC = 793712314
_NEWEST, _WITHOUT_NGRAMS = 12, 11
"""Versions; classifiers of the older one have no n-grams of characters, whatever their file says."""
_SUPERVISED = 3
_LONGEST = 1_000
"""Characters of an n-gram, at most; there is room for that many."""
_CENTROIDS = 256
_NOT_PRUNED = -1


class _File:
    """A file, mapped into memory, that is read from front to back."""

    def __init__(self, path: str):
        self.path = path
        self.data = np.asarray(np.memmap(path, np.uint8, "r")) if Path(path).stat().st_size else np.empty(0, np.uint8)
        self.place = 0

    def array(self, kind: str, count: int) -> np.ndarray:
        """The next ``count`` numbers, in place."""
        self.check(count >= 0)
        start, self.place = self.place, self.place + count * np.dtype(kind).itemsize
        if self.place > len(self.data):
            raise InputError("is cut off: the file ends before the model does", where=self.path)
        return self.data[start : self.place].view(kind)

    def numbers(self, *kinds: str) -> list[Any]:
        """The next numbers, one of each kind."""
        return [self.array(kind, 1)[0].item() for kind in kinds]

    def check(self, holds: bool) -> None:
        """InputError unless what was read makes sense."""
        if not holds:
            raise InputError("is not a model file of fastText, or is damaged", where=self.path)


class _Settings(NamedTuple):
    """How a model was trained, as the file has it."""

    dim: int
    window: int
    epoch: int
    min_count: int
    negatives: int
    word_ngrams: int
    loss: int
    kind: int
    buckets: int
    shortest: int
    longest: int
    update_rate: int


def read_model(path: str) -> tuple[tuple[str, ...], Dictionary, np.ndarray, Output]:
    """The labels, the dictionary, the input matrix (float32) and the output of a classifier.

    InputError when the file is cut off or is not a classifier of fastText.
    """
    file = _File(path)
    if len(file.data) < 8 or file.numbers("<i4") != [_MAGIC]:
        raise InputError("is not a model file of fastText", where=path)
    settings = _read_settings(file)
    dictionary, labels, counts = _read_dictionary(file, settings)
    (quantised,) = file.numbers("u1")
    file.check(quantised or not len(dictionary.rows))
    matrix = _read_matrix(file, settings.dim, quantised)
    file.check(len(matrix) == _rows(dictionary))
    (quantised_output,) = file.numbers("u1")
    output = _read_output(file, settings, counts, quantised and quantised_output)
    return labels, dictionary, matrix, output


def _read_settings(file: _File) -> _Settings:
    (version,) = file.numbers("<i4")
    settings = _Settings(*file.numbers(*["<i4"] * len(_Settings._fields)))
    file.numbers("<f8")  # the threshold of sub-sampling
    file.check(0 < version <= _NEWEST and settings.dim > 0 and settings.longest <= _LONGEST)
    if settings.kind != _SUPERVISED:
        raise InputError("holds word vectors, not a classifier", where=file.path)
    return settings._replace(longest=0) if version == _WITHOUT_NGRAMS else settings


def _read_dictionary(file: _File, settings: _Settings) -> tuple[Dictionary, tuple[str, ...], list[int]]:
    """The dictionary, and the labels with the number of times that each was seen in training."""
    from assay.scorers.kernels import dictionary as kernels

    entries, words, labels, _, pruned = file.numbers("<i4", "<i4", "<i4", "<i8", "<i8")
    file.check(words >= 0 and labels > 0 and words + labels == entries and pruned >= _NOT_PRUNED)
    file.check(settings.buckets > 0 or (settings.word_ngrams <= 1 and settings.longest <= 0))
    file.check(entries <= len(file.data))
    starts = kernels.find_entries(file.data, file.place, entries)
    file.array("u1", int(starts[-1]) - file.place)
    file.check(len(starts) == entries + 1)
    kinds = file.data[starts[1:] - 1]
    file.check(not kinds[:words].any() and bool(np.all(kinds[words:] == 1)))
    names, counts = zip(*(_label(file.data[starts[k] : starts[k + 1]]) for k in range(words, entries)), strict=True)
    rows = _read_rows(file, settings.buckets, words, pruned)
    dictionary = kernels.Dictionary(
        data=file.data,
        starts=starts,
        slots=kernels.hash_entries(file.data, starts),
        words=words,
        shortest=settings.shortest,
        longest=max(settings.longest, 0),
        word_ngrams=settings.word_ngrams,
        buckets=max(settings.buckets, 0),
        rows=rows,
        has_row=kernels.bit_set(np.flatnonzero(rows >= 0), len(rows)),
    )
    return dictionary, names, list(counts)


def _label(entry: np.ndarray) -> tuple[str, int]:
    """The label in an entry of the dictionary, and how often it was seen."""
    name, _, rest = bytes(entry).partition(b"\0")
    return name.decode(errors="replace"), int.from_bytes(rest[:8], "little")


def _read_rows(file: _File, buckets: int, words: int, pruned: int) -> np.ndarray:
    """The row of each bucket, when only some have one; see ``Dictionary.rows``."""
    if pruned == _NOT_PRUNED:
        return np.empty(0, np.int32)
    pairs = file.array("<i4", 2 * pruned).reshape(-1, 2)
    file.check(bool(np.all((pairs >= 0) & (pairs < [buckets, pruned]))))
    rows = np.full(buckets, -1, np.int32)
    rows[pairs[:, 0]] = words + pairs[:, 1]
    return rows


def _rows(dictionary: Dictionary) -> int:
    """How many rows the input matrix must have."""
    ngrams = np.count_nonzero(dictionary.rows >= 0) if len(dictionary.rows) else dictionary.buckets
    return dictionary.words + int(ngrams)


def _read_output(file: _File, settings: _Settings, counts: list[int], quantised: bool) -> Output:
    from assay.scorers.kernels.output import HIERARCHICAL, ONE_VS_ALL, Output

    file.check(HIERARCHICAL <= settings.loss <= ONE_VS_ALL)
    scales = np.ones(len(counts), np.float32)
    if quantised:
        matrix, norms = _read_quantised(file, settings.dim)
        scales = norms if len(norms) else scales
    else:
        matrix = np.array(_read_matrix(file, settings.dim, False))
    file.check(len(matrix) == len(counts))
    return Output(settings.loss, matrix, scales, _grow_tree(counts))


def _grow_tree(counts: list[int]) -> np.ndarray:
    """The children of each node of the Huffman tree over labels that occurred so often, most frequent first.

    int32 (2 * labels - 1, 2); leaves first, the root last. As in HierarchicalSoftmaxLoss::buildTree.
    """
    leaf, inner = len(counts) - 1, len(counts)
    weights = counts + [10**15] * (len(counts) - 1)
    children = np.full((len(weights), 2), -1, np.int32)
    for node in range(len(counts), len(weights)):
        for side in range(2):
            if leaf >= 0 and weights[leaf] < weights[inner]:
                children[node, side], leaf = leaf, leaf - 1
            else:
                children[node, side], inner = inner, inner + 1
        weights[node] = sum(weights[child] for child in children[node])
    return children


def _read_matrix(file: _File, dim: int, quantised: bool) -> np.ndarray:
    """A matrix of float32 with ``dim`` columns."""
    if quantised:
        vectors, norms = _read_quantised(file, dim)
        if len(norms):
            vectors *= norms[:, None]
        return vectors
    rows, columns = file.numbers("<i8", "<i8")
    file.check(columns == dim)
    return file.array("<f4", rows * columns).reshape(rows, columns)


def _read_quantised(file: _File, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """The decoded vectors (float32), and the norms they are to be multiplied by (none when there are none)."""
    with_norms, rows, columns, size = file.numbers("u1", "<i8", "<i8", "<i4")
    codes = file.array("u1", size)
    parts, width, centroids = _read_quantiser(file)
    file.check(rows >= 0 and columns == dim and parts > 0 and size == rows * parts)
    file.check((parts - 1) * width < dim <= parts * width)
    codes = codes.reshape(rows, parts)
    vectors = np.empty((rows, dim), np.float32)
    for part in range(parts):
        columns_of_part = slice(part * width, min((part + 1) * width, dim))
        last = columns_of_part.stop - columns_of_part.start
        table = centroids[_CENTROIDS * width * part :][: _CENTROIDS * last].reshape(_CENTROIDS, last)
        vectors[:, columns_of_part] = table[codes[:, part]]
    if not with_norms:
        return vectors, np.empty(0, np.float32)
    norm_codes = file.array("u1", rows)
    _, _, norms = _read_quantiser(file)
    return vectors, norms[norm_codes]


def _read_quantiser(file: _File) -> tuple[int, int, np.ndarray]:
    """A product quantiser: its number of parts, the columns of each but the last, and all centroids (float32)."""
    dim, parts, width, _ = file.numbers("<i4", "<i4", "<i4", "<i4")
    file.check(dim > 0 and width > 0)
    return parts, width, np.array(file.array("<f4", dim * _CENTROIDS))
