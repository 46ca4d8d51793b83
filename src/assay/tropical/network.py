"""A network of two affine layers with a ReLU between them, and perhaps a linear path beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from assay.base.errors import InputError


@dataclass(frozen=True, eq=False)
class Network:
    """y = output_weights · max(hidden_weights · x + hidden_biases, 0) + output_biases + linear · x.

    Weights are float32 or float64; others become float64. InputError where shapes do not fit or a number is not finite.
    """

    hidden_weights: np.ndarray
    """Shape (units, inputs)."""
    hidden_biases: np.ndarray
    """Shape (units,)."""
    output_weights: np.ndarray
    """Shape (outputs, units)."""
    output_biases: np.ndarray
    """Shape (outputs,)."""
    linear: np.ndarray | None = None
    """Shape (outputs, inputs); None for no linear path."""

    def __post_init__(self):
        for name in ("hidden_weights", "hidden_biases", "output_weights", "output_biases", "linear"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _numbers(name, getattr(self, name)))
        self._check_shapes()

    def _check_shapes(self) -> None:
        if self.hidden_weights.ndim != 2 or self.output_weights.ndim != 2:
            raise InputError(
                f"hidden weights of shape {self.hidden_weights.shape}, output weights of {self.output_weights.shape}",
                hint="the shapes must be (units, inputs) and (outputs, units)",
            )
        units, inputs, outputs = self.units, self.inputs, self.outputs
        wanted = {"hidden_biases": (units,), "output_weights": (outputs, units), "output_biases": (outputs,)}
        if self.linear is not None:
            wanted["linear"] = (outputs, inputs)
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise InputError(
                    f"{name} are of shape {getattr(self, name).shape}, not {shape}",
                    hint=f"hidden weights of shape {self.hidden_weights.shape} mean {units} units, {inputs} inputs",
                )

    @property
    def units(self) -> int:
        """Hidden units."""
        return self.hidden_weights.shape[0]

    @property
    def inputs(self) -> int:
        """Numbers a sample has."""
        return self.hidden_weights.shape[1]

    @property
    def outputs(self) -> int:
        """Scores, or classes."""
        return self.output_weights.shape[0]

    @property
    def generators(self) -> np.ndarray:
        """Rows (weights, bias) of the hidden units, shape (units, inputs + 1)."""
        return np.column_stack([self.hidden_weights, self.hidden_biases])

    @property
    def multiply_adds(self) -> int:
        """Of one sample: what it costs to use the network."""
        linear = 0 if self.linear is None else self.linear.size
        return self.hidden_weights.size + self.output_weights.size + linear

    def hidden(self, data: np.ndarray) -> np.ndarray:
        """What the hidden units emit, shape (samples, units)."""
        before = data @ self.hidden_weights.T
        before += self.hidden_biases
        return np.maximum(before, 0, out=before)

    def __call__(self, data: np.ndarray) -> np.ndarray:
        """Outputs, shape (samples, outputs), of data of shape (samples, inputs)."""
        outputs = self.hidden(data) @ self.output_weights.T + self.output_biases
        return outputs if self.linear is None else outputs + data @ self.linear.T

    def keep(self, units: np.ndarray) -> Network:
        """Only these units, by index; nothing makes up for the others."""
        return replace(
            self,
            hidden_weights=self.hidden_weights[units],
            hidden_biases=self.hidden_biases[units],
            output_weights=self.output_weights[:, units],
        )

    def with_units(self, generators: np.ndarray, output_weights: np.ndarray) -> Network:
        """Other units (rows of weights and bias) with other output weights; the rest as here."""
        return replace(
            self,
            hidden_weights=generators[:, :-1],
            hidden_biases=generators[:, -1],
            output_weights=output_weights,
        )


def _numbers(name: str, values: ArrayLike) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise InputError(f"{name}: {bad:,} of {array.size:,} numbers are NaN or infinite")
    return array
