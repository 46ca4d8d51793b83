"""Division for several classes that keeps scores stable: new units are sums of disjoint groups of the old.

Smyrnis and Maragos, ICML 2020, algorithm 3. The groups are the parts into which the labels of the most activated
vertices cut the units. The released code stops at the first vertex that adds no unit, against the paper's own figure
4c: ``stable_released`` does as the code, ``stable`` as the figure.
"""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.methods.one_vs_all import one_vs_all
from assay.tropical.network import Network


def stable(network: Network, units: int, calibration: Calibration, _: np.random.Generator) -> Network:
    """Cut by vertex after vertex until there are enough groups, or no more vertices."""
    return one_vs_all(network, units, calibration, _sums_of_parts)


def stable_released(network: Network, units: int, calibration: Calibration, _: np.random.Generator) -> Network:
    """As ``stable``, but stop where the released code does."""
    return one_vs_all(
        network, units, calibration, lambda generators, labels, count: _sums_of_parts(generators, labels, count, True)
    )


def _sums_of_parts(generators: np.ndarray, labels: np.ndarray, count: int, released: bool = False) -> np.ndarray:
    return parts(labels, count, released) @ generators


def parts(labels: np.ndarray, count: int, released: bool = False) -> np.ndarray:
    """bool, shape (parts, units): disjoint groups of units, at most ``count``, cut by labels in their order."""
    part = np.full(labels.shape[1], -1)  # of each unit; -1 where no label has it yet
    found = 0
    for label in labels[labels.any(axis=1)]:
        if found == count:
            break
        found, cut = _cut(part, label, found, count)
        new = label & (part < 0)
        if found < count and new.any():
            part[new] = found
            found += 1
        elif released and cut:
            break
    return part == np.arange(found)[:, None]


def _cut(part: np.ndarray, label: np.ndarray, found: int, count: int) -> tuple[int, bool]:
    """Take the label's units out of every part that it cuts, as a new part; the number of parts, and if any was met."""
    inside = np.bincount(part[label & (part >= 0)], minlength=found)
    sizes = np.bincount(part[part >= 0], minlength=found)
    for old in np.flatnonzero((inside > 0) & (inside < sizes))[: count - found]:
        part[label & (part == old)] = found
        found += 1
    return found, bool(inside.any())
