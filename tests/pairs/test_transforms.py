"""Crops, resizing and blur, beside what torchvision and img2dataset made of the same images."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from assay.pairs.faces import blur_faces
from assay.pairs.transforms import eval_array, normalized, random_crop, train_array

torch = pytest.importorskip("torch")


class TorchDraws:
    """What torchvision draws from."""

    def uniform(self, low: float, high: float) -> float:
        return torch.empty(1).uniform_(low, high).item()

    def integers(self, low: int, high: int) -> int:
        return torch.randint(low, high, (1,)).item()


def test_golden_images(shared_data):
    golden = np.load(shared_data / "clip_transform_golden.npz")
    about = json.loads((shared_data / "clip_transform_golden.json").read_text())
    for number in range(len(about["images"])):
        image = Image.open(io.BytesIO(golden[f"png{number}"].tobytes()))
        torch.manual_seed(100 + number)
        crop = random_crop(*image.size, TorchDraws())
        pairs = {"train": train_array(image, 32, crop), "val": eval_array(image, 32)}
        for name, array in pairs.items():
            wanted = golden[f"{name}{number}"]
            assert np.abs(array - wanted).max() <= 1 / 255, (name, about["images"][number])


def test_golden_crops(shared_data):
    table = np.load(shared_data / "clip_transform_golden.npz")["crop_params_seed_w_h_top_left_height_width"]
    for seed, width, height, *wanted in table.tolist():
        torch.manual_seed(seed)
        assert list(random_crop(width, height, TorchDraws())) == wanted


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (7, 3)])
def test_crops_lie_within_the_image(size):
    draws = np.random.default_rng(0)
    for _ in range(50):
        crop = random_crop(*size, draws)
        assert 0 <= crop.left < crop.left + crop.width <= size[0]
        assert 0 <= crop.top < crop.top + crop.height <= size[1]
    image = Image.new("RGB", size, "white")
    assert eval_array(image, 16).shape == train_array(image, 16, crop).shape == (3, 16, 16)


def test_batches_are_normalised_like_single_images():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    assert np.array_equal(normalized(pixels)[1], normalized(pixels[1]))


def test_golden_blur(shared_data):
    golden = np.load(shared_data / "datacomp_blur_golden.npz")
    cases = {"blurred": golden["boxes"], "blurred_one": golden["boxes"][:1], "blurred_none": []}
    for name, boxes in cases.items():
        blurred = blur_faces(golden["image"], boxes)
        assert np.abs(blurred.astype(int) - golden[name]).max() <= 1, name


def test_boxes_that_make_no_sense_do_no_harm():
    image = np.full((20, 30, 3), 200, np.uint8)
    boxes = [[0, 0, 0, 0], [0.9, 0.9, 0.1, 0.1], [-5, -5, 9, 9], [float("nan"), 0, 1, 1], [2, 2, 3, 3]]
    for box in boxes:
        assert blur_faces(image, [box]).shape == image.shape
    assert np.abs(blur_faces(image, boxes).astype(int) - 200).max() <= 1
