"""How commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter, Token

from assay.base.files import place


def _place(_: Any, tokens: Sequence[Token]) -> str | Path:
    return place(tokens[0].value)


Folder = Annotated[str | Path, Parameter(converter=_place)]
"""A local folder, or a remote address."""
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON instead of a table.")]
Workers = Annotated[int | None, Parameter(help="Processes at work at the same time; by default one a core.")]
Set = Annotated[
    list[str] | None, Parameter(name="--set", negative="", help="Change one setting, a.b=value; can be repeated.")
]
Engine = Annotated[
    Literal["local", "ray"],
    Parameter(help="Where the work is done: by processes of this machine, or on a Ray cluster that shares its folder."),
]
RayAddress = Annotated[
    str | None,
    Parameter(help="The cluster, host:port; by default that of $RAY_ADDRESS, or a new one of this machine."),
]
Work = Annotated[
    Path | None,
    Parameter(help="Where what is for a remote OUT is made before it is sent; by default in ~/.cache/assay/drafts."),
]


def print_json(value: Any) -> None:
    """A value as JSON on stdout."""
    print(json.dumps(value, indent=1, ensure_ascii=False))


def print_rich(renderable: Any) -> None:
    """A table, or any text with markup switched off, on stdout."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    console.print(renderable, markup=False, highlight=False)


def table(title: str | None, columns: list[str], rows: list[list[Any]]) -> Any:
    """A plain table; numbers are aligned to the right."""
    from rich import box
    from rich.table import Table

    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], (int, float)) for row in rows)
        shown.add_column(column, justify="right" if numeric and rows else "left", overflow="fold")
    for row in rows:
        shown.add_row(*map(_cell, row))
    return shown


def _cell(value: Any) -> Any:
    from rich.text import Text

    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Text(str(value))  # as it is: text from documents may hold what looks like markup
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def worker_count(workers: int | None) -> int:
    """The number of worker processes a command uses."""
    from assay.base.errors import InputError
    from assay.base.parallel import cpu_count

    if workers is not None and workers < 1:
        raise InputError("must be at least 1", where="--workers")
    return workers or cpu_count()
