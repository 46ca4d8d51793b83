"""Images of every kind: those that can be used are, the others have a reason."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from assay.pairs.images import BadImageError, decode


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(mode: str = "RGB") -> Image.Image:
    return Image.fromarray(np.arange(32 * 48 * 3, dtype=np.uint8).reshape(32, 48, 3)).convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA", "P", "1"])
def test_every_mode_becomes_rgb(mode):
    image = decode(encoded(gradient(mode)))
    assert (image.mode, image.size) == ("RGB", (48, 32))
    assert decode(encoded(gradient(mode)), rgb=False).mode == mode


def test_cmyk_and_animations():
    assert decode(encoded(gradient("CMYK"), "JPEG")).mode == "RGB"
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    moving = decode(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert moving.getpixel((0, 0)) == (255, 0, 0)


def test_sixteen_bits_become_eight():
    deep = Image.fromarray(np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16))
    shallow = np.asarray(decode(encoded(deep)))[..., 0].reshape(-1)
    assert np.abs(shallow.astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_cut_anywhere_is_told(kind):
    data = encoded(gradient(), kind)
    for end in range(0, len(data) - 20, 37):
        with pytest.raises(BadImageError):
            decode(data[:end])


def test_bombs_and_rubbish():
    with pytest.raises(BadImageError, match="million pixels"):
        decode(encoded(Image.new("1", (9000, 9000))))
    for data in (b"", b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xff\xd8\xff" * 9, bytes(1000)):
        with pytest.raises(BadImageError):
            decode(data)
