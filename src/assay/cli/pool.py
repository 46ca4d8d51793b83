"""assay pool"""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from assay.cli.output import Json, print_json, print_rich, table


def stats(
    *files: str,
    columns: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    json_: Json = False,
) -> None:
    """Count what the files of a pool hold.

    Parameters
    ----------
    files
        Files, globs, folders or addresses: WARC, JSONL, Parquet.
    columns
        Which column is which, when the names are unusual: text=body id=key url=address.

    """
    from assay.base.errors import InputError
    from assay.cli.inputs import open_pool
    from assay.pools.stats import pool_stats

    if not files:
        raise InputError("name at least one file", where="assay pool stats")
    record, folder = open_pool(list(files), columns)
    found = pool_stats(record, folder).to_dict()
    if json_:
        print_json({"id": record.id, **found})
        return
    rows: list[list[Any]] = []
    for key, value in found.items():
        pairs = value.items() if isinstance(value, dict) else value if isinstance(value, list) else None
        rows += [[key, value]] if pairs is None else [[f"{key}: {name}", number] for name, number in pairs]
    print_rich(table(record.name, ["", ""], rows))
