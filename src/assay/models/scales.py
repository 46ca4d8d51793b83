"""A scale: the fixed training recipe under which datasets are compared. This module imports no torch.

A catalog name (``dclm-411m-1x``, ``lm-1m``) or a YAML file gives shape, tokens, batch and optimiser; nothing else
decides how a run is trained.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from assay.base.errors import InputError, unknown_name
from assay.base.settings import Settings, override, read_yaml, validate
from assay.base.units import Flops, Params, Tokens
from assay.catalog import catalog_path

_FOLDER = "scales"


class LanguageShape(Settings):
    """The shape of the decoder in ``language.py``."""

    width: PositiveInt
    layers: PositiveInt
    heads: PositiveInt
    vocab_size: PositiveInt
    """Rows of the embedding; a tokenizer may have fewer ids, not more."""
    form: Literal["open_lm", "llama"] = "open_lm"
    """open_lm: gain-only LayerNorm, and QK-norm, as DCLM. llama: RMSNorm, and no QK-norm."""
    hidden: PositiveInt = Field(default_factory=lambda known: _swiglu_width(known["width"]))
    """Channels of the SwiGLU layer; by default 256·⌈⌊8d/3⌋/256⌉ (open_lm)."""
    key_value_heads: PositiveInt = Field(default_factory=lambda known: known["heads"])
    """Heads of keys and values: as many as of queries, or fewer (grouped-query attention)."""
    rotary_base: float = Field(default=10_000.0, gt=1)

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} does not split into {self.heads} heads of even width")
        if self.heads % self.key_value_heads:
            raise ValueError(f"{self.heads} heads do not share {self.key_value_heads} heads of keys and values evenly")
        return self

    @property
    def head_width(self) -> int:
        """Channels of one attention head."""
        return self.width // self.heads

    @property
    def key_width(self) -> int:
        """Channels of all keys, and of all values."""
        return self.head_width * self.key_value_heads

    @property
    def layer_weights(self) -> int:
        """Entries of a layer's matrices: 2d(d + k) + 3dH, k the width of the keys."""
        return self.width * (2 * (self.width + self.key_width) + 3 * self.hidden)

    @property
    def qk_gains(self) -> int:
        """Parameters of QK-norm in all layers."""
        return self.layers * (self.width + self.key_width) if self.form == "open_lm" else 0

    @property
    def body_parameters(self) -> Params:
        """Parameters without the embedding and the output matrix: matrices and the gains of all norms."""
        return Params(self.layers * (self.layer_weights + 2 * self.width) + self.width + self.qk_gains)

    @property
    def parameters(self) -> Params:
        """All parameters: the body and two matrices of V·d."""
        return Params(self.body_parameters + 2 * self.vocab_size * self.width)

    @property
    def parameters_without_gains(self) -> Params:
        """All parameters but the gains of QK-norm: what DCLM's configuration files publish."""
        return Params(self.parameters - self.qk_gains)


def _swiglu_width(width: int) -> int:
    return 256 * math.ceil((8 * width // 3) / 256)


class Optimizer(Settings):
    """AdamW, its learning-rate schedule, and the loss's regulariser."""

    learning_rate: float = Field(gt=0)
    end_learning_rate: float = Field(ge=0)
    """Reached at the last step."""
    warmup_steps: int = Field(ge=0)
    schedule: Literal["cosine", "wsd"] = "cosine"
    """After the warm-up: half a cosine, as DCLM; or the same rate, then a cooldown (warm-up, stable, decay)."""
    cooldown: float = Field(0.2, gt=0, lt=1)
    """Share of the steps in which ``wsd`` goes down to the end (Hägele et al., arXiv 2405.18392)."""
    spikes: Literal["go_on", "skip", "stop"] = "go_on"
    """At a step whose loss or gradient stands out (``training/spikes.py``): take it, as DCLM; leave it out; or end the
    run. A loss that is no number ends a run, unless it is to be left out."""
    weight_decay: float = Field(ge=0)
    """Decoupled, on every parameter, embeddings and gains included, as DCLM."""
    beta1: float = Field(0.9, ge=0, lt=1)
    beta2: float = Field(0.95, ge=0, lt=1)
    epsilon: float = Field(1e-8, gt=0)
    clip_norm: float = Field(1.0, gt=0)
    """The norm of the whole gradient is cut to this."""
    z_loss: float = Field(ge=0)
    """Weight of the mean of logsumexp(logits)²."""

    def stable_steps(self, steps: int) -> int:
        """Steps of a run under ``wsd`` before its cooldown: up to there it is the same as any longer run."""
        return steps - max(1, round(self.cooldown * steps))


class Published(Settings):
    """What the literature states for a scale; tests hold it against the formulas."""

    source: str
    parameters: Params
    """As published: without the gains of QK-norm."""
    parameters_with_gains: Params
    """As they are."""
    steps: int | None = None
    flops: float | None = None


class Scale(Settings):
    """Everything that fixes a training run but the data and the seed."""

    name: str
    description: str = ""
    model: LanguageShape
    sequence_length: PositiveInt
    """Context: tokens that the model reads, one fewer than a sequence in the shards."""
    batch_sequences: PositiveInt
    micro_batch_sequences: PositiveInt | None = None
    """Sequences that go through the model at once; the gradient is accumulated over the batch. None: all of them."""
    tokens: Tokens
    document_masking: bool = False
    """Attention stops at the end of a document; in DCLM it goes on into those before it in the sequence."""
    optimizer: Optimizer
    published: Published | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        micro = self.micro_batch_sequences
        if micro and self.batch_sequences % micro:
            raise ValueError(f"micro_batch_sequences {micro} does not divide batch_sequences {self.batch_sequences}")
        if self.steps < 1:
            raise ValueError(f"{self.tokens} are less than one batch of {self.batch_tokens}")
        if self.optimizer.warmup_steps >= self.steps:
            raise ValueError(
                f"optimizer.warmup_steps {self.optimizer.warmup_steps} is not below the {self.steps} steps of the run"
            )
        if self.optimizer.schedule == "wsd" and self.optimizer.stable_steps(self.steps) < self.optimizer.warmup_steps:
            raise ValueError(
                f"optimizer.cooldown {self.optimizer.cooldown} of {self.steps} steps begins in the warm-up"
            )
        return self

    @property
    def batch_tokens(self) -> Tokens:
        """Tokens in a step."""
        return Tokens(self.batch_sequences * self.sequence_length)

    @property
    def steps(self) -> int:
        """Whole batches in ``tokens``, as open_lm counts."""
        return self.tokens // self.batch_tokens

    @property
    def trained_tokens(self) -> Tokens:
        """Tokens that the steps see."""
        return Tokens(self.steps * self.batch_tokens)

    @property
    def flops(self) -> Flops:
        """6·N·D with all parameters, as DCLM reckons compute."""
        return Flops(6.0 * self.model.parameters * self.trained_tokens)

    def resolved(self) -> dict[str, Any]:
        """Every setting that decides the run, as plain values: part of the run's identity."""
        return self.model_dump(mode="json", exclude={"description", "published"})


def scale_names() -> list[str]:
    """The scales of the catalog, sorted."""
    return sorted(file.stem for file in catalog_path(_FOLDER).glob("*.yaml"))


def load_scale(source: str | Path, overrides: list[str] | None = None) -> Scale:
    """A scale from the catalog by name, or from a YAML or JSON file.

    ``overrides`` are ``optimizer.learning_rate=1e-3`` assignments. ``multiple`` stands for ``tokens``: so many for each
    parameter. InputError names the file, the key and near misses.
    """
    value = read_yaml(_find(str(source)))
    if overrides and isinstance(value, dict):
        value = override(value, overrides)
        value.pop("published", None)  # true of the scale as published only
    if isinstance(value, dict) and "multiple" in value:
        value = _with_multiple(value, str(source))
    return validate(Scale, value, where=str(source))


def _with_multiple(value: dict[str, Any], where: str) -> dict[str, Any]:
    """Settings with ``tokens`` for ``multiple``, M = D/N, N all parameters as published (Gadre et al. 2024)."""
    multiple = value["multiple"]
    if not isinstance(multiple, (int, float)) or not multiple > 0:
        raise InputError(f"multiple: {multiple!r} is not a number of tokens for each parameter", where=where)
    shape = validate(LanguageShape, value.get("model"), where)
    others = {key: setting for key, setting in value.items() if key != "multiple"}
    tokens = round(multiple * shape.parameters_without_gains)
    return others | {"name": f"{value.get('name')}-m{multiple:g}", "tokens": tokens}


def _find(source: str) -> Path:
    if source.endswith((".yaml", ".yml", ".json")) or Path(source).is_file():
        return Path(source)
    if source not in scale_names():
        raise unknown_name("scale", source, scale_names())
    return catalog_path(_FOLDER, f"{source}.yaml")
