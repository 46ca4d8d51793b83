"""assay tells you which training data makes the better model, before you pay for the big run.

The package is a house of rooms (one folder each, see CONTRIBUTING.md). Nothing heavy is imported here.
"""

from typing import Any

__all__ = ["__version__", "step"]

__version__ = "0.1.0"

step: Any
"""Makes a step of a function on one document: see ``curation/own_step.py``."""


def __getattr__(name: str) -> Any:
    from importlib import import_module  # when asked for: the rooms below curation import this file for its version

    if name != "step":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("assay.curation.own_step").step
