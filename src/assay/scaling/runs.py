"""Trained models with their sizes, tokens, losses and errors: what every law is fitted to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from assay.base.errors import unknown_name

UNDERTRAINED = 5.0
"""Tokens a parameter up to which a run is left out of fits: the published testbed warms up over a fixed number of
steps, which at M = 5 is from a quarter to more than all of them (arXiv 2403.08540, Table 3), and other ladders fit
better without such runs too (docs/guides/scaling.md)."""


@dataclass(frozen=True)
class Runs:
    """Trained models, one entry each. Sizes are in parameters, losses in nats a token, errors are 1 - accuracy."""

    names: np.ndarray
    groups: np.ndarray
    """What each was trained on."""
    params: np.ndarray
    """All parameters."""
    tokens: np.ndarray
    losses: dict[str, np.ndarray]
    """Evaluation set → loss; NaN where it was not measured."""
    errors: dict[str, np.ndarray] = field(default_factory=dict)
    """Task or average → error."""
    body_params: np.ndarray | None = None
    """Parameters without the input embedding; None where that is not known."""

    def __len__(self) -> int:
        return len(self.names)

    @property
    def sizes(self) -> np.ndarray:
        """The parameter counts laws are best fitted on: without the input embedding where that is known.

        The embedding is nearly half of a model of 10M parameters and next to nothing of one of 10B, and costs hardly
        any compute: with it in the count the exponent of N comes out too small (Pearce and Song, arXiv 2406.12907).
        """
        return self.params if self.body_params is None else self.body_params

    @property
    def multipliers(self) -> np.ndarray:
        """Tokens a parameter, M = D/N, with all parameters as the paper counts."""
        return self.tokens / self.params

    @property
    def flops(self) -> np.ndarray:
        """6·N·D with all parameters."""
        return 6.0 * self.params * self.tokens

    def where(self, chosen: np.ndarray) -> Runs:
        """The runs of a mask or of positions."""
        return Runs(
            self.names[chosen],
            self.groups[chosen],
            self.params[chosen],
            self.tokens[chosen],
            {name: values[chosen] for name, values in self.losses.items()},
            {name: values[chosen] for name, values in self.errors.items()},
            None if self.body_params is None else self.body_params[chosen],
        )

    def of(self, group: str) -> Runs:
        """The runs trained on one set. InputError with near misses when there are none."""
        known = self.group_names()
        if group not in known:
            raise unknown_name("training set", group, known, "--train-set")
        return self.where(self.groups == group)

    def group_names(self) -> list[str]:
        """The training sets, in the order of their first run."""
        return list(dict.fromkeys(map(str, self.groups)))

    def loss(self, name: str) -> np.ndarray:
        """The losses on one evaluation set. InputError with near misses when there is none of that name."""
        if name not in self.losses:
            raise unknown_name("loss", name, self.losses, "--loss")
        return self.losses[name]

    def error(self, name: str) -> np.ndarray:
        """The errors on one task or average. InputError with near misses when there is none of that name."""
        if name not in self.errors:
            raise unknown_name("task", name, self.errors, "--task")
        return self.errors[name]

    def trained_enough(self) -> np.ndarray:
        """Which runs saw more than ``UNDERTRAINED`` tokens a parameter."""
        return self.multipliers > UNDERTRAINED

    def size_of(self, params: float) -> float:
        """What ``sizes`` would be of a model of so many parameters in all.

        Of a model among the runs, its own; otherwise the share of the embedding is interpolated (beyond the ends
        extrapolated) between the two nearest sizes, as a power law in the size.
        """
        if self.body_params is None:
            return params
        known, places = np.unique(self.params, return_index=True)
        share = self.params[places] / self.body_params[places] - 1
        at = int(np.clip(np.searchsorted(known, params), 1, max(len(known) - 1, 1)))
        if params in known or len(known) == 1:
            return float(params / (1 + share[int(np.argmin(np.abs(known - params)))]))
        x, y = np.log(known[at - 1 : at + 1]), np.log(np.maximum(share[at - 1 : at + 1], 1e-12))
        slope = (y[1] - y[0]) / (x[1] - x[0])
        return float(params / (1 + np.exp(y[0] + slope * (np.log(params) - x[0]))))


def join(parts: Iterable[Runs]) -> Runs:
    """Several tables of runs as one; what only some of them measured is NaN in the others."""
    parts = [part for part in parts if len(part)]

    def column(values: list[dict[str, np.ndarray]], name: str) -> np.ndarray:
        missing = (np.full(len(part), np.nan) for part in parts)
        return np.concatenate([each.get(name, empty) for each, empty in zip(values, missing, strict=True)])

    losses, errors = [part.losses for part in parts], [part.errors for part in parts]
    bodies = [part.body_params for part in parts]
    return Runs(
        np.concatenate([part.names for part in parts]),
        np.concatenate([part.groups for part in parts]),
        np.concatenate([part.params for part in parts]),
        np.concatenate([part.tokens for part in parts]),
        {name: column(losses, name) for name in dict.fromkeys(key for each in losses for key in each)},
        {name: column(errors, name) for name in dict.fromkeys(key for each in errors for key in each)},
        None if any(body is None for body in bodies) else np.concatenate([body for body in bodies if body is not None]),
    )
