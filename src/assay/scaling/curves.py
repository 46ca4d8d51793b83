"""Several budgets from one learning curve: what a run with a constant learning rate would have reached, had it stopped.

Under WSD (warm-up, stable, decay) the weights of the stable phase are those of any longer run, so a decay may start at
any of its steps (Hu et al., arXiv 2404.06395; Hägele et al., arXiv 2405.18392). What the decay brings is measured
once, at the end of this run, and taken to be the same share of the loss earlier. Under a cosine only the end counts:
on the way the rate is that of another run.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BUDGETS = 4
"""Points along the stable phase, evenly spaced in the logarithm of tokens."""
_FROM = 0.25
"""Of the stable phase: what lies before is near the warm-up."""
_WINDOW = 0.05
"""Of the tokens so far: losses of batches are averaged over so much."""
_STABLE = 0.2
"""A rate that stays the same for less of the steps than this is no stable phase."""


def budgets(rows: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """Tokens and loss of each budget along a curve; none when its learning rate was not constant and then decayed.

    ``rows`` hold tokens, loss and learning_rate, as ``metrics.jsonl``.
    """
    if not rows:
        return []
    tokens, loss, rate = (np.array([row[key] for row in rows], float) for key in ("tokens", "loss", "learning_rate"))
    stable = np.flatnonzero(rate >= 0.999 * rate.max())
    first, last = stable[0], stable[-1]
    if last - first < _STABLE * len(rows) or last == len(rows) - 1:
        return []
    decay = _mean(tokens, loss, float(tokens[-1])) / _mean(tokens, loss, float(tokens[last]))
    start = tokens[first] + _FROM * (tokens[last] - tokens[first])
    places = map(float, np.geomspace(start, tokens[last], BUDGETS))
    return [(place, _mean(tokens, loss, place) * decay) for place in places]


def _mean(tokens: np.ndarray, loss: np.ndarray, at: float) -> float:
    """The mean loss over the last tokens before a point, of one row at least."""
    last = np.searchsorted(tokens, at, side="right")
    first = min(np.searchsorted(tokens, (1 - _WINDOW) * at, side="right"), last - 1)
    return float(loss[first:last].mean())
