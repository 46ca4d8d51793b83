"""Batches of pairs for a model: read from the shards, decoded, cropped, in worker processes.

What a batch holds depends on the index, the seed and the number of the batch alone: not on how many workers there are,
nor on where a run began anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path

import numpy as np

from assay.base.errors import InputError
from assay.base.parallel import run_ordered
from assay.pairs.faces import blur_faces
from assay.pairs.images import BadImageError, decode, pillow
from assay.pairs.index import Index, read_index
from assay.pairs.transforms import centered, normalized, pixels_of, random_crop, train_pixels

MAX_CAPTION = 1 << 16
"""Bytes of a caption that are read: a model sees 77 tokens."""
_SUBSTITUTES = 100
"""Bad images one after the other, at which the pool is taken to be broken."""


@dataclass(frozen=True)
class Batch:
    """Some pairs."""

    pixels: np.ndarray
    """uint8 (pairs, size, size, 3)."""
    captions: list[str]
    uids: np.ndarray
    """uint64 (pairs, 2)."""
    bad: dict[str, int] = field(default_factory=dict)
    """Images for which the next ones were taken, by reason."""

    def images(self) -> np.ndarray:
        """float32 (pairs, 3, size, size), normalised as CLIP expects."""
        return normalized(self.pixels)


@dataclass(frozen=True)
class PairLoader:
    """The pairs of an index, again and again, each time in another order; or once in order, for looking at them."""

    index: Path
    batch_size: int
    image_size: int = 224
    seed: int = 0
    workers: int = 0
    """Processes that decode; 0: this one."""
    shuffled: bool = True
    """Random order and random crops; otherwise the pool's order, and the middle of each image."""
    blur: bool = True
    """Blur the faces whose boxes the JSON of a pair has (``face_bboxes``)."""

    def batches(self, first: int = 0, last: int | None = None) -> Iterator[Batch]:
        """The batches from number ``first`` on and before ``last``; without end when shuffled, otherwise one round."""
        pairs = len(read_index(self.index))
        if self.shuffled:
            numbers = count(first) if last is None else range(first, last)
        else:
            rounds = -(-pairs // self.batch_size)
            numbers = range(first, rounds if last is None else min(last, rounds))
        yield from run_ordered(self.load, numbers, self.workers)

    def load(self, number: int) -> Batch:
        """One batch. InputError when hardly an image of the pool can be read."""
        index = _open(self.index)
        bad: dict[str, int] = {}
        start = number * self.batch_size
        stop = start + self.batch_size if self.shuffled else min(start + self.batch_size, len(index))
        pairs = [self._pair(index, place, bad) for place in range(start, stop)]
        pixels = np.stack([pixels for pixels, _, _ in pairs])
        return Batch(pixels, [caption for _, caption, _ in pairs], np.array([uid for _, _, uid in pairs]), bad)

    def _pair(self, index: Index, place: int, bad: dict[str, int]) -> tuple[np.ndarray, str, tuple[int, int]]:
        """The pair at a place of the endless order; where its image is bad, one further on."""
        for substitute in range(_SUBSTITUTES):
            round_, row = divmod(place + substitute * self.batch_size, len(index))
            if self.shuffled:
                row = _order(self.seed, round_, len(index))[row]
            pair = index.pairs[row]
            try:
                return self._pixels(pair, index, round_), _caption(pair, index), (int(pair["high"]), int(pair["low"]))
            except BadImageError as error:
                bad[error.message] = bad.get(error.message, 0) + 1
        raise InputError(f"{_SUBSTITUTES} images in a row cannot be read", where=self.index, hint=str(bad))

    def _pixels(self, pair: np.void, index: Index, round_: int) -> np.ndarray:
        image = decode(_read(pair, "image", index))
        boxes = _boxes(pair, index) if self.blur else []
        if boxes:
            image = pillow().fromarray(blur_faces(np.asarray(image), boxes))
        if not self.shuffled:
            return pixels_of(centered(image, self.image_size))
        draws = np.random.default_rng([self.seed, round_, int(pair["high"]), int(pair["low"])])
        width, height = image.size
        return train_pixels(image, self.image_size, random_crop(width, height, draws))


def _caption(pair: np.void, index: Index) -> str:
    return _read(pair, "caption", index, MAX_CAPTION).decode(errors="replace")


def _boxes(pair: np.void, index: Index) -> list[list[float]]:
    """The faces that the JSON names; none where it cannot be read."""
    try:
        found = json.loads(_read(pair, "metadata", index) or b"{}").get("face_bboxes") or []
        return [[float(side) for side in box] for box in found if len(box) == 4]
    except (ValueError, TypeError, AttributeError):
        return []


def _read(pair: np.void, part: str, index: Index, most: int | None = None) -> bytes:
    offset, size = pair[part].tolist()
    end = offset + (size if most is None else min(size, most))
    return _mapped(index.shards[pair["shard"]])[offset:end].tobytes()


@lru_cache(maxsize=4096)
def _mapped(shard: str) -> np.ndarray:
    return np.memmap(shard, np.uint8, "r")


_open = lru_cache(maxsize=2)(read_index)


@lru_cache(maxsize=2)
def _order(seed: int, round_: int, pairs: int) -> np.ndarray:
    """The order of one round."""
    return np.random.default_rng([seed, round_]).permutation(pairs)
