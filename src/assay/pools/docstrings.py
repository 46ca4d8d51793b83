"""The docstrings in Python source, found without running it."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator

_Named = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(source: bytes) -> Iterator[tuple[str, str]]:
    """Qualified name and docstring of the module (under the name ``__doc__``), of every class and function.

    A name that is defined again gets a number: ``Array.mean``, ``Array.mean~2``. ValueError when the source does not
    parse.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as invalid escapes in old code
        try:
            tree = ast.parse(source)
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise ValueError(f"not Python source: {error}") from error
    seen: Counter[str] = Counter()
    for name, text in _walk(tree, ""):
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{name}~{seen[name]}"), text


def _walk(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, (ast.Module, *_Named)):
        text = ast.get_docstring(node)
        if text:
            yield name or "__doc__", text
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Named):
            yield from _walk(child, f"{name}.{child.name}".lstrip("."))
        elif isinstance(child, (ast.stmt, ast.ExceptHandler)):
            yield from _walk(child, name)
