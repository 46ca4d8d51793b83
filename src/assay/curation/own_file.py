"""Files with code of the user's own, run as modules.

A file is run under a module name made of its content: what runs is what was hashed, also when the file is changed while
a session goes on, files of one name in two folders do not mix, and another process runs the very same code.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.abc import SourceLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from assay.base.errors import InputError

_PREFIX = "assay_own_file_"


class OwnFile(NamedTuple):
    """A file as it was when it was read."""

    path: str
    content: bytes


_run: dict[str, OwnFile] = {}
"""The files that were run, by module name."""


def find_module(parts: Sequence[str], folders: Sequence[Path], where: str) -> ModuleType:
    """The module ``parts``: a file below one of the folders, otherwise what Python imports; InputError when neither."""
    paths = [folder.joinpath(*parts).with_suffix(".py").absolute() for folder in folders]
    for path in paths:
        if path.is_file():
            return run_file(OwnFile(str(path), path.read_bytes()))
    name = ".".join(parts)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise InputError(f"the module {name} cannot be imported: {error}", where=where) from error
        looked = ", ".join(dict.fromkeys(map(str, paths)))
        raise InputError(f"there is no module {name!r}", where=where, hint=f"looked for {looked}") from error


@cache
def run_file(file: OwnFile) -> ModuleType:
    """The file as a module, which can import what lies beside it: ``from .x import y``."""
    name = _PREFIX + sha256(file.path.encode() + b"\0" + file.content).hexdigest()[:16]
    spec = spec_from_loader(name, _Loader(file), origin=file.path, is_package=True)
    assert spec
    assert spec.loader
    spec.submodule_search_locations = [str(Path(file.path).parent)]
    module = module_from_spec(spec)
    module.__file__ = file.path
    sys.modules[name] = module
    _run[name] = file
    try:
        spec.loader.exec_module(module)
    except InputError:
        raise
    except Exception as error:
        problem = f"cannot be run: {type(error).__name__}: {error}"
        raise InputError(problem, where=file.path, hint=_hint(error)) from error
    return module


class _Loader(SourceLoader):
    def __init__(self, file: OwnFile):
        self.file = file

    def get_filename(self, fullname: str) -> str:
        return self.file.path

    def get_data(self, path: str) -> bytes:
        return self.file.content


def _hint(error: Exception) -> str | None:
    if isinstance(error, ModuleNotFoundError):
        return f"is {error.name} a file beside this one? then: from .{error.name} import …"
    return None


def own_file(module: str) -> OwnFile | None:
    """The file that was run under this module name, if it is one."""
    return _run.get(module)
