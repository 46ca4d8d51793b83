"""The fewest hidden units that still agree with the network."""

from __future__ import annotations

from collections.abc import Callable

from assay.base.errors import InputError
from assay.tropical.network import Network


def smallest(
    units: int, make: Callable[[int], Network], agreement: Callable[[Network], float], least: float
) -> Network:
    """The first network of enough agreement, between one hidden unit and ``units``: doubling, then bisection.

    Agreement does not have to grow with every unit: what is returned agrees, but fewer might too. InputError where not
    even all units do.
    """
    low, high = 0, 1
    found = make(high)
    while agreement(found) < least:
        if high == units:
            raise InputError(
                f"agreement is {agreement(found):.4f} even with all {units} units",
                where="min-agreement",
                hint="lower it, give more data, or take another method",
            )
        low, high = high, min(2 * high, units)
        found = make(high)
    while high - low > 1:
        middle = (low + high) // 2
        tried = make(middle)
        if agreement(tried) >= least:
            high, found = middle, tried
        else:
            low = middle
    return found
