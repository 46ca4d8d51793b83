"""assay list"""

from __future__ import annotations

from typing import Literal

from assay.cli.output import Json, print_json, print_rich, table


def list_(kind: Literal["recipes", "scales", "suites", "steps"], /, *, json_: Json = False) -> None:
    """Show what the catalog holds, and what each step can be told.

    Parameters
    ----------
    kind
        What to list.

    """
    rows = _steps() if kind == "steps" else _files(kind)
    if json_:
        print_json(rows)
    else:
        columns = list(rows[0])
        print_rich(table(None, columns, [list(row.values()) for row in rows]))


def _files(kind: str) -> list[dict[str, str]]:
    from assay.base.settings import read_yaml
    from assay.catalog import catalog_path

    paths = sorted(catalog_path(kind).glob("*.yaml"))
    return [{"name": path.stem, "description": str(read_yaml(path).get("description", ""))} for path in paths]


def _steps() -> list[dict[str, str]]:
    from assay.base.registry import look_up, names

    steps = ((name, look_up("steps", name)) for name in names("steps"))
    return [
        {
            "step": name,
            "kind": step.kind,
            "parameters": ", ".join(_parameter(*field) for field in step.model_fields.items()),
            "does": (step.__doc__ or "").split("\n")[0],
        }
        for name, step in steps
    ]


def _parameter(name: str, field) -> str:
    return name if field.is_required() else f"{name}={field.default!r}"
