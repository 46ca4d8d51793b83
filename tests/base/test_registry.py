from importlib import import_module

import pytest

from assay.base.errors import InputError
from assay.base.registry import look_up, names
from assay.curation.step import Step


def test_every_step_of_the_catalog_exists():
    for name in names("steps"):
        assert issubclass(look_up("steps", name), Step), name


def test_unknown_step_suggests_near_misses():
    with pytest.raises(InputError, match=r"recipe\.yaml: unknown step 'exact_dedupe'\nhint: did you mean exact_dedup"):
        look_up("steps", "exact_dedupe", "recipe.yaml")


def test_steps_import_nothing_heavy():
    import subprocess
    import sys

    modules = sorted({look_up("steps", name).__module__ for name in names("steps")})
    code = (
        f"import sys; [__import__(m) for m in {modules}]; print(*(m for m in ('torch', 'numba') if m in sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""
    assert import_module(modules[0])
