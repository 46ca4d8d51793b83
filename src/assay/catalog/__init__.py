"""Data that ships with the package: recipes, scales, suites and the table of step names. No code lives here."""

from __future__ import annotations

from pathlib import Path


def catalog_path(*parts: str) -> Path:
    """The path of a file or folder of the catalog."""
    return Path(__file__).parent.joinpath(*parts)
