"""The exponential mixing law: losses over the shares of the training data (Ye et al. 2024, arXiv 2403.16952).

The loss on domain i of a model trained on shares w is L_i(w) = c_i + exp(sum_j t_ij·w_j). The paper's factor k_i is in
the t_ij, since shares sum to one. A mean of such losses is convex, so that the best shares are found for certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares, minimize

from assay.base.errors import InputError

_STARTS = (0.0, 0.5, 0.9, 0.99)
"""Where the search for c begins, as shares of the least loss."""
_TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False)
class MixingLaw:
    """A law for each of D domains over the shares of S sources."""

    offsets: np.ndarray
    """c, shape (D,): in the unit of the losses."""
    slopes: np.ndarray
    """t, shape (D, S)."""

    @classmethod
    def fit(
        cls,
        shares: np.ndarray,
        losses: np.ndarray,
        weights: np.ndarray | None = None,
        near: MixingLaw | None = None,
    ) -> MixingLaw:
        """Least squares over n runs with shares (n, S) and losses (n, D), c not below zero.

        ``weights`` (n,) count some runs more than others; ``near`` is a law to begin from, which is quicker.
        InputError when there are fewer runs than the S + 1 constants of a domain.
        """
        runs, sources = shares.shape
        if runs <= sources:
            raise InputError(
                f"{runs} runs do not determine the {sources + 1} constants of a mixing law of {sources} sources",
                hint="make more runs, at least twice as many as sources",
            )
        roots = np.sqrt(np.ones(runs) if weights is None else weights)
        starts = [None if near is None else np.append(near.offsets[d], near.slopes[d]) for d in range(losses.shape[1])]
        found = np.array([_fit(shares, loss, roots, start) for loss, start in zip(losses.T, starts, strict=True)])
        return cls(found[:, 0], found[:, 1:])

    def predict(self, shares: np.ndarray) -> np.ndarray:
        """The losses: of shares (…, S), shape (…, D)."""
        return self.offsets + np.exp(np.asarray(shares) @ self.slopes.T)

    def best(self, most: np.ndarray) -> np.ndarray:
        """The shares, none above its entry of ``most`` (S,), with the least mean loss: shape (S,).

        InputError when the bounds leave less than the whole.
        """
        if most.sum() < 1:
            raise InputError(f"the sources give at most {most.sum():.0%} of the tokens wanted", hint="ask for fewer")

        def mean(shares: np.ndarray) -> tuple[float, np.ndarray]:
            terms = np.exp(self.slopes @ shares)
            return float(terms.mean()), terms @ self.slopes / len(terms)

        found = minimize(
            mean,
            most / most.sum(),
            jac=True,
            method="SLSQP",
            bounds=[(0.0, float(bound)) for bound in most],
            constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1, "jac": np.ones_like},
            options={"ftol": _TOLERANCE, "maxiter": 500},
        )
        shares = np.clip(found.x, 0.0, most)
        return shares / shares.sum()


def _fit(shares: np.ndarray, loss: np.ndarray, roots: np.ndarray, start: np.ndarray | None) -> np.ndarray:
    """C and t of one domain."""

    def residual(x: np.ndarray) -> np.ndarray:
        return roots * (x[0] + np.exp(shares @ x[1:]) - loss)

    def slope(x: np.ndarray) -> np.ndarray:
        terms = np.exp(shares @ x[1:])
        return roots[:, None] * np.column_stack([np.ones_like(terms), terms[:, None] * shares])

    starts = [_start(shares, loss, share * loss.min()) for share in _STARTS] if start is None else [start]
    highest = float(loss.max())
    bounds = (np.r_[0.0, np.full(shares.shape[1], -np.inf)], np.r_[highest, np.full(shares.shape[1], np.inf)])
    search: dict[str, Any] = {"jac": slope, "bounds": bounds}
    fits = [least_squares(residual, np.r_[np.clip(x[0], 0, highest), x[1:]], **search) for x in starts]
    return min(fits, key=lambda each: each.cost).x


def _start(shares: np.ndarray, loss: np.ndarray, offset: float) -> np.ndarray:
    """With c given, log (L - c) is linear in the shares."""
    return np.append(offset, np.linalg.lstsq(shares, np.log(loss - offset), rcond=None)[0])


def leave_one_out(shares: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """What laws that were fitted without a run predict of it: shape (n, D)."""
    others = [np.arange(len(shares)) != run for run in range(len(shares))]
    laws = [MixingLaw.fit(shares[rest], losses[rest]) for rest in others]
    return np.array([law.predict(each) for law, each in zip(laws, shares, strict=True)])


def redraw(law: MixingLaw, shares: np.ndarray, losses: np.ndarray, draws: int, seed: int) -> Iterator[MixingLaw]:
    """Refits under random weights of the runs (Bayesian bootstrap, Rubin 1981)."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield MixingLaw.fit(shares, losses, rng.dirichlet(np.ones(len(shares))) * len(shares), near=law)
