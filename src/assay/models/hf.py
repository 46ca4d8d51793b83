"""Any causal language model of Hugging Face transformers, from a local folder, with the calls of ``LanguageModel``.

Weights are read from safetensors alone, and code that lies in the folder is not run. Whether a model reads masks and
positions as it should is tried out when it is loaded, for not all architectures do.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from assay.base.errors import InputError

_PROBE = 16
"""Tokens of which the trial reads two orders."""
_TOLERANCE = 1e-3
"""Largest difference of logits, relative to the largest of them, that may come from the order of additions."""


class HuggingFaceCache:
    """A ``Cache`` around transformers' own."""

    def __init__(self, inner: Any):
        self.inner = inner

    @property
    def length(self) -> int:
        """Tokens that were read."""
        return self.inner.get_seq_length()

    def fork(self, rows: int) -> HuggingFaceCache:
        """For ``rows`` sequences that all begin with the one here, which stays as it is."""
        from transformers import DynamicCache

        forked = DynamicCache()
        for index, layer in enumerate(self.inner.layers):
            forked.update(layer.keys.expand(rows, -1, -1, -1), layer.values.expand(rows, -1, -1, -1), index)
        return HuggingFaceCache(forked)

    def select(self, rows: Tensor) -> None:
        """Keep only some sequences: their indices, int64 (R,)."""
        self.inner.batch_select_indices(rows)


class HuggingFaceModel:
    """A causal language model of transformers."""

    def __init__(self, inner: Any):
        self.inner = inner
        self.output: nn.Module = Head(inner)
        known = inspect.signature(inner.base_model.forward).parameters
        self._cache_name = "cache" if "cache" in known else "past_key_values"  # its name until transformers 5.40
        self.branches = self._branches()
        """Whether ``mask`` and ``positions`` of ``hidden`` have their effect: not so with ALiBi, with windows that are
        shorter than the context, or without attention."""

    @property
    def context(self) -> int:
        """Tokens that the model can read at once."""
        return self.inner.config.get_text_config().max_position_embeddings

    def to(self, device: torch.device) -> HuggingFaceModel:
        """The model, moved."""
        self.inner.to(device)
        return self

    def hidden(
        self,
        tokens: Tensor,
        mask: Tensor | None = None,
        *,
        positions: Tensor | None = None,
        cache: HuggingFaceCache | None = None,
    ) -> Tensor:
        """What the output layer reads: see ``LanguageModel.hidden``."""
        settings: dict[str, Any] = {"use_cache": cache is not None}
        if mask is not None:
            dtype = self.inner.dtype
            settings["attention_mask"] = torch.where(mask, 0.0, torch.finfo(dtype).min).to(dtype)
        if positions is not None:
            settings["position_ids"] = positions
        if cache is not None:
            settings[self._cache_name] = cache.inner
        return self.inner.base_model(tokens, **settings).last_hidden_state

    def new_cache(self) -> HuggingFaceCache:
        """A cache for ``hidden``, without tokens."""
        from transformers import DynamicCache

        return HuggingFaceCache(DynamicCache())

    @torch.inference_mode()
    def logits(self, tokens: Tensor) -> Tensor:
        """The logits as the model itself gives them: (B, T) int64 → (B, T, V) float32."""
        return self.inner(tokens, use_cache=False).logits.float()

    @torch.inference_mode()
    def _branches(self) -> bool:
        """Whether two sequences in one row, each hidden from the other, are read as each by itself."""
        window = getattr(self.inner.config.get_text_config(), "sliding_window", None) or 0
        count = _PROBE + (window if window < self.context else 0)
        tokens = torch.arange(count)[None] % len(next(self.output.parameters()))
        mask = torch.block_diag(*[torch.ones(count, count).tril()] * 2).bool()[None, None]
        positions = torch.arange(count).repeat(2)[None]
        try:
            hidden = self.hidden(torch.cat((tokens, tokens.flip(1)), 1), mask, positions=positions)
        except (TypeError, ValueError, RuntimeError):  # an architecture that knows no such mask
            return False
        wanted = self.logits(torch.cat((tokens, tokens.flip(1))))
        return _close(self.output(hidden).view_as(wanted), wanted)


class Head(nn.Module):
    """The output layer of a model of transformers, with what some architectures do to the logits after it."""

    def __init__(self, inner: Any):
        super().__init__()
        self.inner = inner.get_output_embeddings()
        config = inner.config.get_text_config()
        self.scale = getattr(config, "logit_scale", None) or 1 / (getattr(config, "logits_scaling", None) or 1)
        """Cohere multiplies by logit_scale; Granite divides by logits_scaling."""
        self.cap = getattr(config, "final_logit_softcapping", None)
        """Gemma 2 squeezes logits between -cap and cap."""

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) → logits (…, V)."""
        logits = self.inner(x) * self.scale if self.scale != 1 else self.inner(x)
        return self.cap * torch.tanh(logits / self.cap) if self.cap else logits


def _close(found: Tensor, wanted: Tensor) -> bool:
    return bool((found - wanted).abs().max() <= _TOLERANCE * wanted.abs().max())


def load_huggingface(path: str | Path) -> HuggingFaceModel:
    """The model in a folder that ``save_pretrained`` wrote, in float32 on the CPU, as DCLM evaluates.

    InputError when transformers cannot read it, and when its logits do not come from its last hidden state in a way
    that is known here.
    """
    try:
        from transformers import AutoModelForCausalLM
    except ImportError as error:
        raise InputError("models of Hugging Face need transformers", hint="pip install 'assay[hf]'") from error

    try:
        inner = AutoModelForCausalLM.from_pretrained(
            str(path), dtype=torch.float32, use_safetensors=True, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"transformers cannot load it as a causal language model: {error}", where=path) from error
    model = HuggingFaceModel(inner.eval())
    tokens = torch.arange(_PROBE)[None]
    with torch.inference_mode():
        same = _close(model.output(model.hidden(tokens)), model.logits(tokens))
    if not same:
        hint = "score it with --harness lm-eval"
        raise InputError(f"assay does not know how {type(inner).__name__} makes its logits", where=path, hint=hint)
    return model
