"""Packages that only some steps need: each belongs to an extra, and is imported where it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from assay.base.errors import missing_package


def optional(module: str, extra: str, purpose: str) -> Any:
    """The module; MachineError, with the pip line for the extra, when its package is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise missing_package(module.partition(".")[0], extra, purpose) from error
