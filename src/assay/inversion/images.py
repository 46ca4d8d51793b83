"""Images to invert on and to probe with: a folder of image files, shards of pairs, or Fashion-MNIST's files.

All are made square at the encoder's size once, and kept as bytes. What cannot be read is listed, never left out in
silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from assay.base.errors import InputError
from assay.base.progress import log
from assay.pairs.images import BadImageError, decode
from assay.pairs.shards import find_shards, read_member, read_samples
from assay.pairs.transforms import centered, pixels_of
from assay.pools.idx import read_idx
from assay.pools.quarantine import BadRow, Reading

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
_SPLITS = {"train": "train", "test": "t10k"}
_TEST_SHARE = 5
"""Of images without a split, every fifth is for the test."""


@dataclass(frozen=True)
class Images:
    """Square images, uint8 (N, C, S, S); ``labels`` int64 (N,) number ``classes``, where the images have any."""

    pixels: Tensor
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    quarantined: list[BadRow] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def channels(self) -> int:
        """1 (grey) or 3."""
        return self.pixels.shape[1]

    def batch(self, rows: Tensor) -> Tensor:
        """float32 (B, C, S, S) in [0, 1]."""
        return self.pixels[rows.cpu()].float().div_(255)

    def part(self, rows: Tensor | slice) -> Images:
        """Some of the images."""
        labels = None if self.labels is None else self.labels[rows]
        return replace(self, pixels=self.pixels[rows], labels=labels)

    def need_labels(self) -> Tensor:
        """The labels. InputError when there are none."""
        if self.labels is None:
            raise InputError("the images have no classes", hint="give a folder with one folder for each class")
        return self.labels

    def fingerprint(self) -> str:
        """Hash of shape and pixels."""
        content = sha256(str(tuple(self.pixels.shape)).encode())
        content.update(self.pixels.contiguous().numpy().data)
        return content.hexdigest()


def read_images(folder: str | Path, size: int, split: str = "train") -> Images:
    """The images of a folder at ``size`` pixels a side, with classes where its folders name them.

    The folder holds Fashion-MNIST's (or MNIST's) files, shards of pairs (``.tar``), or image files in any depth. The
    folder of an image is its class. ``split`` is "train" or "test": folders ``train`` and ``test``, or by position
    every fifth image for the test. InputError when no image can be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("is not a folder of images", where=folder)
    if any(folder.glob("*-images-idx3-ubyte*")):
        return _mnist(folder, size, split)
    bad: list[BadRow] = []
    if any(folder.glob("*.tar")) or any(folder.glob("shards/*.tar")):
        found = [(None, data, where) for data, where in _of_shards(folder, bad)]
        images = _decoded(iter(found), size, bad, folder)
    else:
        parts = {name for name in _SPLITS if (folder / name).is_dir()}
        if parts == set(_SPLITS):
            return _decoded(_of_files(folder / split), size, bad, folder / split)
        images = _decoded(_of_files(folder), size, bad, folder)
    test = torch.arange(len(images)) % _TEST_SHARE == _TEST_SHARE - 1
    return images if images.labels is None else images.part(test if split == "test" else ~test)


_Found = tuple[str | None, bytes, str]
"""Class, bytes and place of what should be an image."""


def _of_files(folder: Path) -> Iterator[_Found]:
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in _SUFFIXES and each.is_file()):
        inside = path.parent.relative_to(folder).as_posix()
        yield (None if inside == "." else inside), path.read_bytes(), path.relative_to(folder).as_posix()


def _of_shards(folder: Path, bad: list[BadRow]) -> Iterator[tuple[bytes, str]]:
    for tar in find_shards(folder):
        with tar.open("rb") as file:
            for sample in read_samples(tar, Reading(bad.append)):
                member = sample.image()
                if member is None:
                    bad.append(BadRow(f"{tar.name}:{sample.key}", "a sample without an image"))
                else:
                    yield read_member(file, member), f"{tar.name}:{sample.key}"


def _decoded(found: Iterator[_Found], size: int, bad: list[BadRow], folder: Path) -> Images:
    pixels, names = [], []
    for name, data, where in found:
        try:
            pixels.append(pixels_of(centered(decode(data), size)).transpose(2, 0, 1))
            names.append(name)
        except BadImageError as error:
            bad.append(BadRow(where, error.message))
    if not pixels:
        raise InputError(f"holds no image that can be read ({len(bad)} cannot)", where=folder)
    if bad:
        log(
            f"{folder}: {len(bad)} images cannot be read and are quarantined, the first {bad[0].where}: {bad[0].reason}"
        )
    stacked = torch.from_numpy(np.stack(pixels))
    known = [name for name in names if name is not None]
    if len(known) < len(names):
        return Images(stacked, quarantined=bad)
    classes = tuple(sorted(set(known)))
    return Images(stacked, torch.tensor([classes.index(name) for name in known]), classes, bad)


# Zalando Research's README of Fashion-MNIST.
_FASHION = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


def _mnist(folder: Path, size: int, split: str) -> Images:
    pixels, labels = (read_idx(folder / f"{_SPLITS[split]}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
    images = torch.from_numpy(pixels.copy())[:, None]
    if images.shape[-1] != size:
        parts = [functional.interpolate(part.float(), (size, size), mode="bilinear") for part in images.split(4096)]
        images = torch.cat([part.round().byte() for part in parts])
    classes = _FASHION if "fashion" in folder.name else tuple(map(str, range(10)))
    return Images(images, torch.from_numpy(labels.astype(np.int64)), classes)
