"""A network's outputs as differences of two max-plus polynomials, whose Newton polytopes are zonotopes.

Output l is P(x) − Q(x) + bias, where P is the sum over the units with positive output weight c of max(c(w·x + b), 0)
and Q that over the others with −c; so the polytopes are sums of segments from 0 to the generators |c|(w, b) (Smyrnis
and Maragos, ICML 2020, section 3; Misiakos et al., ICLR 2022, section 4).
"""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
from scipy.optimize import lsq_linear

from assay.base.errors import InputError
from assay.tropical.hull import MOST_DIMENSIONS
from assay.tropical.network import Network
from assay.tropical.polynomial import Polynomial

MOST_VERTICES = 20_000
"""A zonotope with more upper vertices than this is not enumerated."""
MOST_EXACT = 10
"""Generators whose 2^n subset sums are looked at."""


def vertex_count(generators: int, inputs: int) -> int:
    """Upper vertices of the zonotope of so many generators in general position; each is a linear region."""
    return sum(comb(generators, i) for i in range(inputs + 1))


def signed_generators(network: Network, output: int) -> tuple[np.ndarray, np.ndarray]:
    """Generators |c|(w, b) of P and of Q of one output; both of shape (·, inputs + 1)."""
    weights = network.output_weights[output]
    generators = network.generators * np.abs(weights)[:, None]
    return generators[weights > 0], generators[weights < 0]


def zonotope_polynomial(generators: np.ndarray) -> Polynomial:
    """The sum of max(g·(x, 1), 0) over the generators g, by its essential terms.

    InputError beyond MOST_VERTICES terms or five inputs.
    """
    count, inputs = len(generators), generators.shape[1] - 1
    if inputs > MOST_DIMENSIONS or vertex_count(count, inputs) > MOST_VERTICES:
        raise InputError(
            f"the polynomial of {count} units of {inputs} inputs has up to {vertex_count(count, inputs):,} terms",
            hint=f"at most {MOST_VERTICES:,} terms and {MOST_DIMENSIONS} inputs can be written out",
        )
    total = Polynomial.one(inputs)
    for generator in generators:
        unit = Polynomial(np.vstack([generator[:-1], np.zeros(inputs)]), np.array([generator[-1], 0.0]))
        total = (total * unit).essential()
    return total


def network_polynomials(network: Network, output: int = 0) -> tuple[Polynomial, Polynomial]:
    """P and Q of one output: it is P(x) − Q(x) + its bias (+ the linear path)."""
    positive, negative = signed_generators(network, output)
    return zonotope_polynomial(positive), zonotope_polynomial(negative)


def merge_bound(generators: np.ndarray, labels: np.ndarray) -> float:
    """Upper bound of the Hausdorff distance of a zonotope from that of the sums of groups of its generators.

    Half the sum of the distances |g − w·s| of the generators g from their shares of the sum s of their group, where the
    shares w of a group are at least 0 and sum to 1: the projections where these do, or else equal ones.
    """
    return 0.5 * sum(_spread(generators[labels == label]) for label in np.unique(labels))


def _spread(group: np.ndarray) -> float:
    total = group.sum(axis=0)
    equal = np.full(len(group), 1 / len(group))
    shares = group @ total / max(total @ total, np.finfo(float).tiny)
    kinds = [equal] if (shares < 0).any() or not total.any() else [equal, shares]
    return min(float(np.linalg.norm(group - np.outer(kind, total), axis=1).sum()) for kind in kinds)


def support(generators: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Of a zonotope in directions of shape (directions, inputs + 1): how far it reaches."""
    return np.maximum(directions @ generators.T, 0).sum(axis=1)


def sampled_hausdorff(first: np.ndarray, second: np.ndarray, samples: int = 20_000, seed: int = 0) -> float:
    """Lower bound of the Hausdorff distance of two zonotopes, given by generators: the largest over random directions.

    The distance of convex sets is the largest difference of their supports over all directions of length 1.
    """
    directions = np.random.default_rng(seed).normal(size=(samples, first.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return float(np.abs(support(first, directions) - support(second, directions)).max())


def hausdorff(first: np.ndarray, second: np.ndarray) -> float:
    """The Hausdorff distance of two zonotopes, exactly: the farthest that a corner of one is from the other.

    InputError for more than MOST_EXACT generators; there are ``sampled_hausdorff`` and ``merge_bound``.
    """
    most = max(len(first), len(second))
    if most > MOST_EXACT:
        raise InputError(
            f"the exact distance of zonotopes of {most} generators",
            hint=f"at most {MOST_EXACT}; sampled_hausdorff gives a lower bound, merge_bound an upper one",
        )
    return max(_farthest(first, second), _farthest(second, first))


def _farthest(generators: np.ndarray, other: np.ndarray) -> float:
    chosen = np.array(list(product([0.0, 1.0], repeat=len(generators))))
    return max(_distance(corner, other) for corner in np.unique(chosen @ generators, axis=0))


def _distance(point: np.ndarray, generators: np.ndarray) -> float:
    if not len(generators):
        return float(np.linalg.norm(point))
    return float(np.sqrt(2 * lsq_linear(generators.T, point, bounds=(0, 1), method="bvls", tol=1e-14).cost))


def error_bound(network: Network, labels: np.ndarray, radius: float) -> float:
    """For units merged by sum: the largest of the sum over outputs of |change| within |x| ≤ radius is at most this.

    ``labels`` are the groups of the units; P and Q are merged each for itself (Misiakos et al., theorem 4.3, with the
    continuous Hausdorff distance).
    """
    total = 0.0
    for weights in network.output_weights:
        generators = network.generators * np.abs(weights)[:, None]
        total += sum(merge_bound(generators[side], labels[side]) for side in (weights > 0, weights < 0) if side.any())
    return float(np.hypot(radius, 1)) * total
