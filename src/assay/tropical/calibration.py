"""Samples by which a network is made smaller: no labels, only what the network itself says of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from assay.base.errors import InputError
from assay.tropical.network import Network


class Calibration:
    """The data a method may look at, and what the network makes of it.

    InputError where the data is empty, of another shape than (samples, inputs), or not finite; and where a method that
    needs data looks for it though there is none.
    """

    def __init__(self, network: Network, data: np.ndarray | None):
        self.network = network
        self._data = None if data is None else _checked(network, data)

    @property
    def given(self) -> bool:
        """Whether there is data."""
        return self._data is not None

    @property
    def data(self) -> np.ndarray:
        """Shape (samples, inputs)."""
        if self._data is None:
            raise InputError("this method needs data: samples of the network's inputs", hint="data=, or --data FILE")
        return self._data

    @cached_property
    def hidden(self) -> np.ndarray:
        """What the hidden units emit, shape (samples, units)."""
        return self.network.hidden(self.data)

    @cached_property
    def outputs(self) -> np.ndarray:
        """What the network says, shape (samples, outputs)."""
        return self.network(self.data)

    @cached_property
    def curved(self) -> np.ndarray:
        """The outputs without the linear path: what the hidden units have to give."""
        outputs, linear = self.outputs, self.network.linear
        return outputs if linear is None else outputs - self.data @ linear.T

    def some(self, most: int, rng: np.random.Generator) -> np.ndarray:
        """Indices of at most so many samples, in order."""
        count = len(self.data)
        return np.arange(count) if count <= most else np.sort(rng.choice(count, most, replace=False))


def _checked(network: Network, data: np.ndarray) -> np.ndarray:
    data = np.asarray(data, dtype=network.hidden_weights.dtype)
    if data.ndim != 2 or data.shape[1] != network.inputs:
        raise InputError(
            f"data of shape {data.shape} for a network of {network.inputs} inputs",
            hint=f"the shape must be (samples, {network.inputs})",
        )
    if not len(data):
        raise InputError("the data has no samples")
    if not np.isfinite(data).all():
        raise InputError("the data holds NaN or infinite numbers")
    return data
