"""Files with code of the user's own, run as modules.

A file is run under a module name made of its content and that of the files beside it which it imports: what runs is
what was hashed, also when a file is changed while a session goes on, files of one name in two folders do not mix, and
another process runs the very same code.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, resolve_name, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from assay.base.errors import InputError

_PREFIX = "assay_own_file_"
_ROOT = "_"
"""The file itself, as a package, while its imports are gathered."""


class OwnFile(NamedTuple):
    """A file as it was when it was read."""

    path: str
    content: bytes
    beside: tuple[tuple[str, OwnFile], ...] = ()
    """The files that it and these import from its folder (``from .x import y``), by module name: ``.x``."""

    @property
    def code(self) -> bytes:
        """All that is run."""
        return b"\0".join([self.content, *(file.content for _, file in self.beside)])


def read_file(path: Path) -> OwnFile:
    """The file, and what it imports from beside it."""
    found: dict[str, OwnFile] = {}
    content = path.read_bytes()
    _gather(content, _ROOT, path.parent, found)
    return OwnFile(str(path), content, tuple((name.removeprefix(_ROOT), found[name]) for name in sorted(found)))


def _gather(content: bytes, package: str, folder: Path, found: dict[str, OwnFile]) -> None:
    """Add the files below the folder that some code imports, and what these import in turn."""
    for name in _imports(content, package):
        stem = folder.joinpath(*name.split(".")[1:])
        path = next((path for path in (stem / "__init__.py", stem.with_suffix(".py")) if path.is_file()), None)
        if path and name not in found and name != _ROOT:
            found[name] = OwnFile(str(path), path.read_bytes())
            inner = name if path.name == "__init__.py" else name.rpartition(".")[0]
            _gather(found[name].content, inner, folder, found)


def _imports(content: bytes, package: str) -> Iterator[str]:
    """The modules that some code may import relatively, and the packages in which they are."""
    try:
        nodes = [node for node in ast.walk(ast.parse(content)) if isinstance(node, ast.ImportFrom) and node.level]
        bases = [resolve_name("." * node.level + (node.module or ""), package) for node in nodes]
    except (SyntaxError, ValueError, ImportError):  # to be told when it is run
        return
    for node, base in zip(nodes, bases, strict=True):
        for name in (base, *(f"{base}.{alias.name}" for alias in node.names)):
            parts = name.split(".")
            yield from (".".join(parts[: size + 1]) for size in range(1, len(parts)))


_run: dict[str, OwnFile] = {}
"""The files that were run, by module name."""


def find_module(parts: Sequence[str], folders: Sequence[Path], where: str) -> ModuleType:
    """The module ``parts``: a file below one of the folders, otherwise what Python imports; InputError when neither."""
    paths = [folder.joinpath(*parts).with_suffix(".py").absolute() for folder in folders]
    for path in paths:
        if path.is_file():
            return run_file(read_file(path))
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
    name = _PREFIX + sha256(file.path.encode() + b"\0" + file.code).hexdigest()[:16]
    spec = _spec(name, file, is_package=True)
    assert spec.loader
    if _BESIDE not in sys.meta_path:
        sys.meta_path.insert(0, _BESIDE)
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


def _spec(name: str, file: OwnFile, is_package: bool) -> ModuleSpec:
    spec = spec_from_loader(name, _Loader(file), origin=file.path, is_package=is_package)
    assert spec
    if is_package:
        spec.submodule_search_locations = [str(Path(file.path).parent)]
    return spec


class _Beside(MetaPathFinder):
    """Finds what own files import from beside them, as it was when they were read."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        root, dot, inner = fullname.partition(".")
        file = dict(_run[root].beside).get(dot + inner) if root in _run else None
        return file and _spec(fullname, file, is_package=Path(file.path).name == "__init__.py")


_BESIDE = _Beside()


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
    """The file that was run under this module name, or that imported this module from beside it, if it is one."""
    return _run.get(module.partition(".")[0])
