"""A network in a file made smaller, as an artifact of the kind "network"; measured on samples held out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.base.files import open_bytes
from assay.base.fingerprint import file_sha256
from assay.records.artifact import Identity, build, finished
from assay.records.record import Record, read_record
from assay.tropical.calibration import Calibration
from assay.tropical.compare import KEEP, compare, samples_per_second
from assay.tropical.network import Network
from assay.tropical.network_files import read_network, write_network
from assay.tropical.reduce import count_units, reduce
from assay.tropical.refit import linear_fit
from assay.tropical.smallest import smallest

NETWORK_NAME = "network.safetensors"
HELD_OUT = 0.2
MIN_AGREEMENT = 0.98


def minimize(
    network: Path,
    data: Path,
    out: Path,
    *,
    units: float | None = None,
    method: str = "auto",
    min_agreement: float = MIN_AGREEMENT,
    keep: float = KEEP,
    seed: int = 0,
) -> Record:
    """Write ``network.safetensors`` and a record whose metrics compare it with the one it comes from.

    ``data`` is a .npy file of samples, or a .npz file of arrays ``data`` and perhaps ``labels``; a fifth of the samples
    is held out for the comparison. Without ``units``: the fewest with ``min_agreement`` on these.
    """
    config: dict[str, Any] = {
        "network": file_sha256(str(network)),
        "data": file_sha256(str(data)),
        "units": units,
        "method": method,
        "keep": keep,
        "seed": seed,
    } | ({"min_agreement": min_agreement} if units is None else {})
    identity = Identity("network", method, config)
    record = finished(out, identity)
    if record:
        return record
    large, (samples, labels) = read_network(network), read_data(data)
    fitted, held_out = _split(large, samples, seed)
    test = samples[held_out]
    named = None if labels is None else labels[held_out]

    def make(count: float) -> Network:
        return reduce(large, count, samples[fitted], method=method, seed=seed)

    if units is None:
        small = smallest(large.units, make, lambda made: compare(large, made, test, keep=keep).agreement, min_agreement)
    else:
        small = make(count_units(large, units))
    linear = linear_fit(Calibration(large, samples[fitted]))
    with build(out, identity) as draft:
        write_network(small, draft.folder / NETWORK_NAME)
        draft.metrics |= {
            "before": _size(large, test),
            "after": _size(small, test),
            "comparison": asdict(compare(large, small, test, named, keep)),
            "linear_fit": asdict(compare(large, linear, test, named, keep)),
            "samples": {"fitted": int(fitted.sum()), "held_out": int(held_out.sum())},
        }
    return read_record(out)


def read_data(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Samples and, where there are, labels. InputError for other files; nothing that could run code is read."""
    try:
        with open_bytes(path) as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return found, None
            return found["data"], found.get("labels")
    except (ValueError, KeyError, EOFError) as error:
        raise InputError(
            f"not samples: {error}",
            where=path,
            hint="an array in a .npy file, or arrays data and labels in a .npz file",
        ) from error


def _split(network: Network, samples: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """bool: which samples are for fitting, and which are held out."""
    count = len(Calibration(network, samples).data)
    if count < 2:
        raise InputError("one sample is not enough: a fifth is held out", where="data")
    held_out = np.zeros(count, dtype=bool)
    held_out[np.random.default_rng(seed).permutation(count)[: max(1, round(HELD_OUT * count))]] = True
    return ~held_out, held_out


def _size(network: Network, data: np.ndarray) -> dict[str, Any]:
    data = data.astype(network.hidden_weights.dtype)
    return {
        "units": network.units,
        "linear_path": network.linear is not None,
        "multiply_adds": network.multiply_adds,
        "samples_per_second": round(samples_per_second(network, data)),
    }
