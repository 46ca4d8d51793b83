"""Compile a kernel with numba, once a machine.

Compiled code is kept in ``$NUMBA_CACHE_DIR``, or else in ``~/.cache/assay``, so that it outlives the process also where
the package cannot be written. The folder is named after the sources of the kernel's module, of the kernels it imports,
and of the constants they use: numba itself looks only at the file of the function that is called, and would go on using
a kernel after one that it calls was changed. Where no folder can be written, every process compiles for itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba

from assay.base.files import cache_folder

_PACKAGE = Path(__file__).parents[1]
_IMPORT = re.compile(r"^from assay\.([\w.]+) import", re.MULTILINE)


def kernel(function: Callable) -> Any:
    """Decorate a function that Python calls: no GIL, no bounds checks, division by zero gives inf or NaN."""
    return _compile(function, {"no_cfunc_wrapper": True})


def subkernel(function: Callable) -> Any:
    """Decorate a function that only kernels call, seldom: it is not inlined, and may make and return arrays.

    The wrappers by which Python and C would call it are not made: they take as long to compile as the rest.
    """
    return _compile(function, {"no_cpython_wrapper": True, "no_cfunc_wrapper": True})


def helper(function: Callable) -> Any:
    """Decorate a function that only kernels call, often: it may read and write arrays, but neither make nor return any.

    It is inlined and does not count references to its arrays (numba's option for that has no public name). Counting
    takes several times as long as the work, where that is to look at a few bytes. As of a subkernel, no wrappers are
    made.
    """
    return _compile(
        function, {"forceinline": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    )


def _compile(function: Callable, options: dict[str, Any]) -> Any:
    folder = _cache_folder(Path(function.__code__.co_filename))
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = folder  # type: ignore[attr-defined]
    try:
        return numba.njit(function, nogil=True, error_model="numpy", cache=bool(folder), **options)
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]


@cache
def _cache_folder(module: Path) -> str:
    """Where the compiled code of a module is kept; empty when it cannot be kept."""
    sources = sha256()
    for path in sorted(_sources(module)):
        sources.update(path.read_bytes())
    try:
        folder = cache_root() / f"kernels-{sources.hexdigest()[:16]}"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: the user has no home
        return ""
    return str(folder) if os.access(folder, os.W_OK) else ""


@cache
def _sources(module: Path) -> frozenset[Path]:
    """The module, the modules of assay that it imports, and what those of them import that hold kernels."""
    imported = (_PACKAGE.joinpath(*name.split(".")) for name in _IMPORT.findall(module.read_text(encoding="utf-8")))
    files = {path.with_suffix(".py") for path in imported if path.with_suffix(".py").is_file()}
    return frozenset({module, *files}.union(*(_sources(path) for path in files if path.parent.name == "kernels")))


def cache_root() -> Path:
    """The folder of everything compiled."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    return Path(chosen) if chosen else cache_folder()
