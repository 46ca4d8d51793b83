from __future__ import annotations

import gzip

import numpy as np
import pytest
import torch

from assay.base.errors import InputError
from assay.inversion.images import read_images

Image = pytest.importorskip("PIL.Image")


def picture(path, mode="RGB", size=(20, 12), value=128):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)


def test_folders_are_classes_and_every_fifth_is_for_the_test(tmp_path):
    for name in ("cat", "dog"):
        for number in range(5):
            picture(tmp_path / name / f"{number}.png")
    train, test = (read_images(tmp_path, 8, split) for split in ("train", "test"))
    assert train.classes == ("cat", "dog")
    assert train.pixels.shape == (8, 3, 8, 8)
    assert train.labels.tolist() == [0] * 4 + [1] * 4
    assert test.labels.tolist() == [0, 1]


def test_folders_named_train_and_test_are_the_split(tmp_path):
    picture(tmp_path / "train" / "a" / "1.png")
    picture(tmp_path / "test" / "a" / "1.png", value=0)
    assert len(read_images(tmp_path, 4)) == len(read_images(tmp_path, 4, "test")) == 1


def test_odd_images_are_read(tmp_path):
    picture(tmp_path / "grey.png", "L")
    picture(tmp_path / "cmyk.jpg", "CMYK", value=(10, 20, 30, 40))
    picture(tmp_path / "alpha.png", "RGBA", value=(1, 2, 3, 4))
    picture(tmp_path / "deep.png", "I;16", value=40_000)
    picture(tmp_path / "one.png", size=(1, 1))
    frames = [Image.new("P", (9, 9), value) for value in (0, 1)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    images = read_images(tmp_path, 8)
    assert images.pixels.shape == (6, 3, 8, 8)
    assert images.labels is None
    assert images.quarantined == []


def test_broken_images_are_quarantined(tmp_path, capsys):
    picture(tmp_path / "good.png", size=(60, 60))
    picture(tmp_path / "cut.png", size=(60, 60))
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.jpg").write_text("no image")
    images = read_images(tmp_path, 8)
    assert len(images) == 1
    assert {bad.where for bad in images.quarantined} == {"cut.png", "text.jpg"}
    assert "2 images cannot be read" in capsys.readouterr().err


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no image that can be read"):
        read_images(tmp_path, 8)
    with pytest.raises(InputError, match="not a folder"):
        read_images(tmp_path / "absent", 8)


def idx(values: np.ndarray) -> bytes:
    shape = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return b"\0\0\x08" + bytes([values.ndim]) + shape + values.tobytes()


def mnist(folder, count=64):
    """Pictures of ten classes: class k has a bright row k."""
    draws = np.random.default_rng(0)
    for split in ("train", "t10k"):
        labels = np.arange(count, dtype=np.uint8) % 10
        pixels = draws.integers(0, 60, (count, 28, 28), dtype=np.uint8)
        pixels[np.arange(count), 2 * labels] = 250
        folder.mkdir(exist_ok=True, parents=True)
        (folder / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pixels)))
        (folder / f"{split}-labels-idx1-ubyte").write_bytes(idx(labels))
    return folder


def test_mnist_is_read_and_resized(tmp_path):
    folder = mnist(tmp_path / "fashion-mnist")
    images = read_images(folder, 28)
    assert images.pixels.shape == (64, 1, 28, 28)
    assert images.classes[9] == "ankle boot"
    assert (images.pixels[3, 0, 6] == 250).all()
    assert read_images(folder, 14).pixels.shape == (64, 1, 14, 14)
    assert torch.equal(images.part(slice(2, 4)).labels, torch.tensor([2, 3]))
    (folder / "train-labels-idx1-ubyte").write_bytes(b"nothing")
    with pytest.raises(InputError, match="IDX"):
        read_images(folder, 28)
