"""Make a two-layer network smaller, by a method of a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np

from assay.base.errors import InputError, unknown_name
from assay.tropical.calibration import Calibration
from assay.tropical.methods.activation import activation
from assay.tropical.methods.auto import auto
from assay.tropical.methods.cur import cur
from assay.tropical.methods.distill import distill
from assay.tropical.methods.heuristic import heuristic
from assay.tropical.methods.l1 import l1
from assay.tropical.methods.merge import merge
from assay.tropical.methods.obs import obs
from assay.tropical.methods.omp import omp
from assay.tropical.methods.path_kmeans import path_kmeans, path_kmeans_sum
from assay.tropical.methods.qr import qr
from assay.tropical.methods.random_units import random_units
from assay.tropical.methods.stable import stable, stable_released
from assay.tropical.methods.thinet import thinet
from assay.tropical.methods.torch_structured import torch_structured
from assay.tropical.methods.zip_merge import zip_merge
from assay.tropical.methods.zonotope_kmeans import zonotope_kmeans, zonotope_kmeans_sum
from assay.tropical.network import Network
from assay.tropical.refit import Refit, refit

Reduce = Callable[[Network, int, Calibration, np.random.Generator], Network]


@dataclass(frozen=True)
class Method:
    """A way to make a network smaller."""

    reduce: Reduce
    refit: Refit
    """What it is followed by where there is data and nothing else is asked for; "none" is what its authors do."""


METHODS: dict[str, Method] = {
    "auto": Method(auto, "linear"),
    "merge": Method(merge, "ridge"),
    "heuristic": Method(heuristic, "bias"),
    "stable": Method(stable, "bias"),
    "stable_released": Method(stable_released, "bias"),
    "zonotope_kmeans": Method(zonotope_kmeans, "none"),
    "zonotope_kmeans_sum": Method(zonotope_kmeans_sum, "bias"),
    "path_kmeans": Method(path_kmeans, "none"),
    "path_kmeans_sum": Method(path_kmeans_sum, "bias"),
    "random": Method(random_units, "none"),
    "l1": Method(l1, "none"),
    "torch_structured": Method(torch_structured, "none"),
    "activation": Method(activation, "none"),
    "thinet": Method(thinet, "none"),
    "zip_merge": Method(zip_merge, "none"),
    "qr": Method(qr, "ridge"),
    "cur": Method(cur, "ridge"),
    "omp": Method(omp, "ridge"),
    "obs": Method(obs, "ridge"),
    "distill": Method(distill, "ridge"),
}


def reduce(
    network: Network,
    units: float,
    data: np.ndarray | None = None,
    *,
    method: str = "auto",
    refit_by: Refit | None = None,
    seed: int = 0,
) -> Network:
    """A network of at most so many hidden units (a share of them, if less than 1) that says nearly the same.

    ``data``, shape (samples, inputs), are samples of what the network will see; labels are not needed. The papers'
    division for several classes, ``heuristic`` and ``stable``, has at least one unit for each sign of each output, so
    it can return more units than asked for. The same seed gives the same network.

    InputError for units below 1 or above those there are, an unknown method, and data that is bad or missing.
    """
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    if refit_by is not None and refit_by not in get_args(Refit):
        raise unknown_name("refit", refit_by, get_args(Refit))
    chosen = METHODS[method]
    calibration = Calibration(network, data)
    smaller = chosen.reduce(network, count_units(network, units), calibration, np.random.default_rng(seed))
    if refit_by is None:
        refit_by = chosen.refit if calibration.given else "none"
    return refit(smaller, calibration, refit_by)


def count_units(network: Network, units: float) -> int:
    """A number of units, or a share of them below 1, as a number between 1 and what there are."""
    wanted = max(1, round(units * network.units)) if 0 < units < 1 else units
    if not 1 <= wanted <= network.units or wanted != int(wanted):
        raise InputError(
            f"{units} units of the {network.units} there are",
            where="units",
            hint=f"a whole number from 1 to {network.units}, or a share between 0 and 1",
        )
    return int(wanted)
