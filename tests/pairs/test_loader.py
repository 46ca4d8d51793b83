"""Batches do not depend on who makes them, and go on past bad images."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assay.base.errors import InputError
from assay.pairs.index import read_index, write_index
from assay.pairs.loader import PairLoader
from assay.pairs.subset import UID
from pairs.pair_pools import write_tar


def jpeg(color: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (color, 255 - color, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def write_pool(folder: Path, pairs: int = 12, bad: tuple[int, ...] = ()) -> Path:
    for shard in range(2):
        numbers = range(shard * pairs // 2, (shard + 1) * pairs // 2)
        samples = [
            (
                f"{number:012d}",
                {
                    "png": b"broken" if number in bad else jpeg(10 * number),
                    "txt": f"picture {number}".encode(),
                    "json": {"uid": f"{number:032x}", "face_bboxes": [[0.1, 0.1, 0.5, 0.5]]},
                },
            )
            for number in numbers
        ]
        write_tar(folder / f"{shard:08d}.tar", samples)
    return folder


def seen(loader: PairLoader, last: int) -> list[tuple[bytes, list[str]]]:
    return [(batch.pixels.tobytes(), batch.captions) for batch in loader.batches(0, last)]


def test_the_same_batches_whoever_makes_them(tmp_path):
    assert write_index(write_pool(tmp_path / "pool"), None, tmp_path / "index") == {}
    alone = seen(PairLoader(tmp_path / "index", 5, 16), 5)
    assert seen(PairLoader(tmp_path / "index", 5, 16, workers=2), 5) == alone
    resumed = [batch.pixels.tobytes() for batch in PairLoader(tmp_path / "index", 5, 16).batches(3, 5)]
    assert resumed == [pixels for pixels, _ in alone[3:]]
    assert seen(PairLoader(tmp_path / "index", 5, 16, seed=1), 5) != alone
    captions = [caption for _, captions in alone for caption in captions]
    assert sorted(captions[:12]) == sorted(f"picture {number}" for number in range(12))
    assert captions[:12] != captions[12:24]


def test_one_round_in_order(tmp_path):
    write_index(write_pool(tmp_path / "pool"), None, tmp_path / "index")
    batches = list(PairLoader(tmp_path / "index", 5, 16, shuffled=False).batches())
    assert [len(batch.captions) for batch in batches] == [5, 5, 2]
    assert [batch.uids[0].tolist() for batch in batches] == [[0, 0], [0, 5], [0, 10]]
    assert batches[0].images().shape == (5, 3, 16, 16)


def test_a_subset_with_repeats_without_resharding(tmp_path):
    np.save(tmp_path / "subset.npy", np.array([(0, 2), (0, 2), (0, 7), (5, 5)], UID))
    write_index(write_pool(tmp_path / "pool"), tmp_path / "subset.npy", tmp_path / "index", workers=2)
    assert read_index(tmp_path / "index").pairs["low"].tolist() == [2, 2, 7]
    np.save(tmp_path / "other.npy", np.array([(5, 5)], UID))
    with pytest.raises(InputError, match="no pair of the subset"):
        write_index(tmp_path / "pool", tmp_path / "other.npy", tmp_path / "index2")


def test_bad_images_are_replaced_and_counted(tmp_path):
    write_index(write_pool(tmp_path / "pool", bad=(1, 2)), None, tmp_path / "index")
    batches = list(PairLoader(tmp_path / "index", 6, 16).batches(0, 2))
    assert [len(batch.captions) for batch in batches] == [6, 6]
    assert sum(sum(batch.bad.values()) for batch in batches) >= 2
    assert {reason for batch in batches for reason in batch.bad} == {"not an image of a known format"}
    write_index(write_pool(tmp_path / "broken", bad=tuple(range(12))), None, tmp_path / "index2")
    with pytest.raises(InputError, match="in a row"):
        list(PairLoader(tmp_path / "index2", 6, 16).batches(0, 1))


def test_samples_without_caption_are_counted(tmp_path):
    write_tar(tmp_path / "pool" / "0.tar", [("a", {"png": jpeg(0)}), ("b", {"jpg": jpeg(1), "txt": b"a caption"})])
    assert write_index(tmp_path / "pool", None, tmp_path / "index") == {"a sample without image or caption": 1}
    assert len(read_index(tmp_path / "index")) == 1
