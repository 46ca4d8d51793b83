"""CLIP: an image tower and a text tower whose features are alike where image and text belong together.

Radford et al. 2021 (arXiv 2103.00020), in the form of open_clip that DataComp trains; ``open_clip.py`` has its names of
the weights. Shapes: B images or texts, T positions, D width of a tower, E width of the features, S pixels a side.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.models.attention import Attention
from assay.models.blocks import MLP, Block, quick_gelu
from assay.models.clip_shape import ClipShape, TowerShape

_LOGIT_SCALE = math.log(1 / 0.07)
"""To begin with (Radford et al. 2021, section 2.5): a temperature of 0.07."""
MAX_LOGIT_SCALE = math.log(100)
"""Scales above 100 made training unstable (the same)."""
_TOKEN_DEVIATION = 0.02
_POSITION_DEVIATION = 0.01


class ImageTower(nn.Module):
    """A vision transformer without an output layer but a projection (Dosovitskiy et al. 2021)."""

    def __init__(self, shape: ClipShape):
        super().__init__()
        image = shape.image
        self.class_embedding = nn.Parameter(torch.empty(image.width))
        self.positional_embedding = nn.Parameter(torch.empty(image.positions, image.width))
        self.proj = nn.Parameter(torch.empty(image.width, shape.embed_dim))
        self.conv1 = nn.Conv2d(3, image.width, image.patch_size, image.patch_size, bias=False)
        self.ln_pre = nn.LayerNorm(image.width)
        self.layers = _blocks(image, shape.quick_gelu, causal=False)
        self.ln_post = nn.LayerNorm(image.width)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) → (B, E), not normalised."""
        patches = self.conv1(images).flatten(2).transpose(1, 2)
        first = self.class_embedding.to(patches.dtype).expand(len(patches), 1, -1)
        x = self.ln_pre(torch.cat((first, patches), dim=1) + self.positional_embedding)
        for block in self.layers:
            x = block(x)
        return self.ln_post(x[:, 0]) @ self.proj


class Clip(nn.Module):
    """Images and texts to features of length 1; what belongs to texts is here and not in a module, as in open_clip."""

    def __init__(self, shape: ClipShape):
        super().__init__()
        self.shape = shape
        text = shape.text
        self.positional_embedding = nn.Parameter(torch.empty(text.context, text.width))
        self.text_projection = nn.Parameter(torch.empty(text.width, shape.embed_dim))
        self.logit_scale = nn.Parameter(torch.empty(()))
        self.visual = ImageTower(shape)
        self.layers = _blocks(text, shape.quick_gelu, causal=True)
        self.token_embedding = nn.Embedding(text.vocab_size, text.width)
        self.ln_final = nn.LayerNorm(text.width)

    def encode_image(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) normalised pixels → (B, E) of length 1."""
        return functional.normalize(self.visual(images), dim=-1)

    def encode_text(self, tokens: Tensor) -> Tensor:
        """(B, T) token ids → (B, E) of length 1; T is at most the context.

        The features are those of the largest id, which is the end of the text; padding is not masked (it comes later).
        """
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        for block in self.layers:
            x = block(x)
        ends = x[torch.arange(len(tokens), device=tokens.device), tokens.argmax(-1)]
        return functional.normalize(self.ln_final(ends) @ self.text_projection, dim=-1)

    def forward(self, images: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The features of images and of texts, and the scale of the logits, that the loss is made of."""
        return self.encode_image(images), self.encode_text(tokens), self.logit_scale.exp()

    @torch.no_grad()
    def clamp_logit_scale(self) -> None:
        """Keep the scale of the logits between 1 and 100: after each step of the optimiser."""
        self.logit_scale.clamp_(0, MAX_LOGIT_SCALE)

    @torch.no_grad()
    def initialise(self, seed: int) -> None:
        """Fill all weights from the distributions of open_clip (``CLIP.init_parameters``, ``VisionTransformer``).

        The weights depend on the seed alone, if the model is on the CPU.
        """
        generator = torch.Generator(self.logit_scale.device).manual_seed(seed)
        for module in self.modules():
            _default(module, generator)
        visual, image, text = self.visual, self.shape.image, self.shape.text
        for weight in (visual.class_embedding, visual.positional_embedding, visual.proj):
            weight.normal_(0, image.width**-0.5, generator=generator)
        self.token_embedding.weight.normal_(0, _TOKEN_DEVIATION, generator=generator)
        self.positional_embedding.normal_(0, _POSITION_DEVIATION, generator=generator)
        self.text_projection.normal_(0, text.width**-0.5, generator=generator)
        self.logit_scale.fill_(_LOGIT_SCALE)
        residual = (2 * text.layers * text.width) ** -0.5
        deviations = {
            "attention.in_proj.weight": text.width**-0.5,
            "attention.out_proj.weight": residual,
            "feed_forward.c_fc.weight": (2 * text.width) ** -0.5,
            "feed_forward.c_proj.weight": residual,
        }
        for block in self.layers:
            for name, deviation in deviations.items():
                block.get_parameter(name).normal_(0, deviation, generator=generator)


def new_clip(shape: ClipShape, seed: int) -> Clip:
    """A model on the CPU with the initial weights of a seed; torch's global random state is left alone."""
    model = empty_clip(shape)
    model.initialise(seed)
    return model


def empty_clip(shape: ClipShape) -> Clip:
    """A model on the CPU whose weights are still to be filled."""
    with torch.device("meta"):
        model = Clip(shape)
    return model.to_empty(device="cpu")


def trimmed(tokens: Tensor) -> Tensor:
    """Token ids (B, 77) without the columns after the last end of a text: features and gradients are the same.

    Attention is causal, so that nothing behind the end has a part in them. Most captions are much shorter than 77.
    """
    return tokens[:, : int(tokens.argmax(-1).max()) + 1]


def _blocks(tower: TowerShape, quick: bool, *, causal: bool) -> nn.ModuleList:
    activation = quick_gelu if quick else functional.gelu

    def block() -> Block:
        norms = nn.LayerNorm(tower.width), nn.LayerNorm(tower.width)
        attention = Attention(tower.width, tower.heads, bias=True, causal=causal)
        return Block(norms, attention, MLP(tower.width, tower.hidden, activation))

    return nn.ModuleList(block() for _ in range(tower.layers))


def _default(module: nn.Module, generator: torch.Generator) -> None:
    """What torch fills a module with: norms, attention (Xavier, biases 0), and linear layers and convolutions."""
    match module:
        case nn.LayerNorm():
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        case Attention():
            for layer in (module.in_proj, module.out_proj):
                nn.init.zeros_(layer.bias)
            nn.init.xavier_uniform_(module.in_proj.weight, generator=generator)
            _uniform(module.out_proj.weight, module.out_proj.in_features, generator)
        case MLP():
            for layer in (module.c_fc, module.c_proj):
                _uniform(layer.weight, layer.in_features, generator)
                _uniform(layer.bias, layer.in_features, generator)
        case nn.Conv2d():
            _uniform(module.weight, module.weight[0].numel(), generator)


def _uniform(weight: Tensor, inputs: int, generator: torch.Generator) -> None:
    """Kaiming's with a = √5, which comes to ±1/√inputs."""
    weight.uniform_(-(inputs**-0.5), inputs**-0.5, generator=generator)
