"""The house stands: rooms, their order, and what importing them costs."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import assay

SOURCE = Path(assay.__file__).parent
ROOMS = """
    cli papers report experiments scaling inversion tropical evaluation training scorers models tokens text pairs
    curation pools records base catalog
""".split()  # noqa: SIM905 - the order is what the reader should see


def test_every_room_says_what_lives_there():
    for room in ROOMS:
        assert (SOURCE / room / "__init__.py").read_text().startswith('"""'), room


def test_every_room_lists_its_files():
    for room in ROOMS:
        if room == "cli":  # one file a verb
            continue
        index = (SOURCE / room / "__init__.py").read_text(encoding="utf-8")
        for path in (SOURCE / room).glob("*.py"):
            assert path.name == "__init__.py" or f"``{path.name}``" in index, path


def test_rooms_import_only_the_rooms_below_them():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    shown = subprocess.run(command, cwd=SOURCE.parents[1], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stdout


def cpu_seconds(*arguments: str) -> float:
    """The least of three runs: the machine may be busy."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(3))


def test_importing_and_help_are_quick():
    assert cpu_seconds("-c", "import assay") <= 0.4
    assert cpu_seconds("-c", "import sys; sys.argv[1:] = ['--help']; import assay.cli; assay.cli.main()") <= 0.4


def test_importing_loads_nothing_heavy():
    code = "import sys, assay, assay.cli; print([m for m in ('torch', 'pyarrow', 'numba') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_all_is_sorted_and_true():
    assert sorted(assay.__all__) == assay.__all__
    assert all(hasattr(assay, name) for name in assay.__all__)


def test_every_command_is_documented():
    from assay.cli import app

    readme = (SOURCE.parents[1] / "README.md").read_text(encoding="utf-8")
    for name in app:
        if not name.startswith("-"):
            assert f"assay {name}" in readme, name
            assert app[name].help
