"""Compile the kernels that a recipe needs before there are workers that would each do it: once a machine.

Afterwards every process loads them from the cache (``base/compile.py``) in a few hundredths of a second.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from threading import Timer

import pyarrow as pa

from assay.base.progress import log
from assay.curation.apply import apply
from assay.curation.documents import Documents
from assay.curation.page import documents_of
from assay.curation.recipe import Recipe
from assay.curation.step import PoolStep, Step, TrainedScorer

_PATIENCE = 2.0
"""Seconds after which a user wants to know what takes so long."""
_PAGE = {
    # Something to change for each modifier: to write texts takes kernels, too.
    "text": " A page of a few lines, with words in it.\n\n\n\nA page of a few lines, with words in it.\n"
    "日本語 1.5 #\nTITLE\nQuoted [1] by me@example.org",
    "url": "https://example.org/page",
}

_HTML = b"<p>" + b"<b>x</b>" * 1500
"""So many elements that the page is looked at closely before it is parsed."""


def compile_kernels(recipe: Recipe) -> None:
    """Let every step of the recipe work on a small page, unless that was done on this machine before."""
    from assay.base.compile import cache_root

    mark = cache_root() / f"compiled-{_key(recipe)}"
    if mark.exists():
        return
    announcement = Timer(_PATIENCE, log, [f"{recipe.name}: compiling what its steps need, once on this machine"])
    announcement.start()
    page = documents_of([{}]).changed({"html": pa.array([_HTML], pa.large_binary())})
    for _, step in recipe.steps:
        _try(step, documents_of([_PAGE]))
        _try(step, page)
    announcement.cancel()
    try:
        mark.touch()
    except OSError:  # nowhere to keep it: then nothing compiled is kept either
        return


def _key(recipe: Recipe) -> str:
    """What was compiled: for these steps and the parameters that may choose a kernel, from which sources, by what."""
    import assay

    chosen = [{name: value for name, value in step.items() if isinstance(value, str)} for step in recipe.identity()]
    digest = sha256(f"{chosen} {version('numba')}".encode())
    for path in sorted(Path(assay.__file__).parent.rglob("kernels/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _try(step: Step, documents: Documents) -> None:
    try:
        if isinstance(step, PoolStep):
            step.observe(documents)
        elif not isinstance(step, TrainedScorer):
            apply(step, documents)
    except Exception:  # whatever it is, the documents of the pool will bring it up where it can be told
        return
