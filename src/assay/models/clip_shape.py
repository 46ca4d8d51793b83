"""The shape of a CLIP, and open_clip's configuration as one. This module imports no torch."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, PositiveInt, model_validator

from assay.base.errors import InputError
from assay.base.settings import Settings
from assay.base.units import Params

_HEAD_WIDTH = 64
"""Of every published CLIP; open_clip's ``head_width``."""


class TowerShape(Settings):
    """A transformer of ``layers`` blocks."""

    width: PositiveInt
    layers: PositiveInt
    heads: PositiveInt = Field(default_factory=lambda known: max(1, known["width"] // _HEAD_WIDTH))
    hidden: PositiveInt = Field(default_factory=lambda known: 4 * known["width"])
    """Channels of the feed-forward layer."""

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} does not split into {self.heads} heads")
        return self

    @property
    def block_parameters(self) -> int:
        """Of all blocks: four matrices of attention, two of the feed-forward layer, their biases, two norms."""
        width, hidden = self.width, self.hidden
        return self.layers * (4 * width * (width + 1) + 2 * width * hidden + hidden + width + 4 * width)


class ImageShape(TowerShape):
    """The vision transformer."""

    image_size: PositiveInt
    patch_size: PositiveInt

    @model_validator(mode="after")
    def _patches_divide(self) -> Self:
        if self.image_size % self.patch_size:
            raise ValueError(f"image_size {self.image_size} does not split into patches of {self.patch_size}")
        return self

    @property
    def positions(self) -> int:
        """Patches, and the class token."""
        return (self.image_size // self.patch_size) ** 2 + 1


class TextShape(TowerShape):
    """The text transformer; by default with the context and the vocabulary of CLIP's tokenizer."""

    context: PositiveInt = 77
    vocab_size: PositiveInt = 49_408


class ClipShape(Settings):
    """The shape of the model in ``clip.py``."""

    embed_dim: PositiveInt
    """Width of the features that images and texts share."""
    image: ImageShape
    text: TextShape
    quick_gelu: bool = False
    """The activation of OpenAI's weights; DataComp's have the exact GELU."""

    @property
    def parameters(self) -> Params:
        """All parameters, the logit scale among them."""
        return Params(self.image_parameters + self.text_parameters)

    @property
    def image_parameters(self) -> int:
        """Patches (no bias), class token, positions, blocks, two norms and the projection."""
        image = self.image
        inputs = 3 * image.patch_size**2 + 1 + image.positions
        return image.block_parameters + image.width * (inputs + 4 + self.embed_dim)

    @property
    def text_parameters(self) -> int:
        """Token embedding, positions, blocks, a norm and the projection, and the logit scale."""
        text = self.text
        return text.block_parameters + text.width * (text.vocab_size + text.context + 2 + self.embed_dim) + 1


def open_clip_shape(config: dict[str, Any], where: object = "open_clip_config.json") -> ClipShape:
    """The shape that a model configuration of open_clip states. InputError when it has parts that are not here."""
    config = config.get("model_cfg", config)
    try:
        image, text = dict(config["vision_cfg"]), dict(config["text_cfg"])
        return ClipShape(
            embed_dim=config["embed_dim"],
            image=ImageShape(
                heads=image["width"] // image.pop("head_width", _HEAD_WIDTH),
                hidden=round(image["width"] * image.pop("mlp_ratio", 4)),
                **image,
            ),
            text=TextShape(
                context=text.pop("context_length"),
                hidden=round(text["width"] * text.pop("mlp_ratio", 4)),
                **text,
            ),
            quick_gelu=config.get("quick_gelu", False),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"is not a CLIP of the form that assay has: {error}", where=where) from error


def open_clip_config(shape: ClipShape) -> dict[str, Any]:
    """The configuration with which open_clip builds a model of this shape."""
    image, text = shape.image, shape.text
    return {
        "embed_dim": shape.embed_dim,
        "quick_gelu": shape.quick_gelu,
        "vision_cfg": {
            "image_size": image.image_size,
            "patch_size": image.patch_size,
            "width": image.width,
            "layers": image.layers,
            "head_width": image.width // image.heads,
            "mlp_ratio": image.hidden / image.width,
        },
        "text_cfg": {
            "context_length": text.context,
            "vocab_size": text.vocab_size,
            "width": text.width,
            "heads": text.heads,
            "layers": text.layers,
            "mlp_ratio": text.hidden / text.width,
        },
    }
