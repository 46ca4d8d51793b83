"""Zonotope K-means for one output (Misiakos et al., ICLR 2022, algorithm 1).

The paper's units are the means of clusters of generators, which lose the mass of the cluster; their sums keep it, and
then the error is only the spread within clusters (``assay.tropical.zonotope.merge_bound``).
"""

from __future__ import annotations

import numpy as np

from assay.base.errors import InputError
from assay.tropical.calibration import Calibration
from assay.tropical.kmeans import kmeans
from assay.tropical.network import Network


def zonotope_kmeans(network: Network, units: int, _: Calibration, rng: np.random.Generator) -> Network:
    """Units are the means of clusters of the generators of each sign; output weights 1 and −1."""
    return _clustered(network, units, rng, total=False)


def zonotope_kmeans_sum(network: Network, units: int, _: Calibration, rng: np.random.Generator) -> Network:
    """Units are the sums of these clusters."""
    return _clustered(network, units, rng, total=True)


def _clustered(network: Network, units: int, rng: np.random.Generator, total: bool) -> Network:
    if network.outputs != 1:
        raise InputError(f"zonotope K-means is for one output, not {network.outputs}", hint="use path_kmeans")
    weights = network.output_weights[0]
    generators = network.generators * np.abs(weights)[:, None]
    made, signs = [], []
    for sign, count in _budget(weights, units).items():
        side = generators[sign * weights > 0]
        labels, means = kmeans(side, count, rng)
        sizes = np.bincount(labels, minlength=len(means))
        made.append(means * sizes[:, None] if total else means)
        signs += [sign] * len(means)
    if not made:
        return network.keep(np.zeros(0, dtype=int))
    return network.with_units(np.vstack(made), np.array([signs], dtype=weights.dtype))


def _budget(weights: np.ndarray, units: int) -> dict[int, int]:
    """Sign → clusters, in proportion to its units; one of each sign there is, where there is room."""
    positive, negative = int((weights > 0).sum()), int((weights < 0).sum())
    if not positive or not negative:
        return {sign: units for sign, there in ((1, positive), (-1, negative)) if there}
    share = min(max(1, round(units * positive / (positive + negative))), max(units - 1, 1))
    return {sign: count for sign, count in ((1, share), (-1, units - share)) if count}
