"""Bytes that claim to be an image → pixels, within limits. What cannot be used has a reason."""

from __future__ import annotations

import io
import struct
import warnings
from typing import TYPE_CHECKING, Any

from assay.base.errors import AssayError
from assay.base.optional import optional

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 64 << 20
"""A larger image is refused before it is decoded: 64 million pixels are 192 MB."""
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""What Pillow may try: formats that run other programs, as EPS does, are not among them."""
_DEEP = ("I", "I;16", "I;16B", "I;16L", "F")


class BadImageError(AssayError):
    """An image that cannot be used; the message is the same for all with this trouble."""


def pillow() -> Any:
    """Pillow's module Image; MachineError when it is not installed."""
    return optional("PIL.Image", "pairs", "reading images")


def decode(data: bytes, rgb: bool = True, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The image: of an animation its first frame, of 16 bits the high 8; loaded, and made RGB unless told otherwise.

    BadImageError when it is no image, is cut off, has more than ``max_pixels``, or none.
    """
    library = pillow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is refused or repaired here
            image = library.open(io.BytesIO(data), formats=_FORMATS)
            if image.width * image.height > max_pixels:
                raise BadImageError(f"more than {max_pixels >> 20} million pixels")
            image.load()
            return to_rgb(image) if rgb else image
    except library.DecompressionBombError as error:
        raise BadImageError(f"more than {max_pixels >> 20} million pixels") from error
    except library.UnidentifiedImageError as error:
        raise BadImageError("not an image of a known format") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, MemoryError) as error:
        raise BadImageError("an image that is cut off or damaged") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """As ``convert("RGB")``; what has 16 bits is made 8 first, which Pillow would clip."""
    if image.mode in _DEEP:
        return image.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    return image.convert("RGB")
