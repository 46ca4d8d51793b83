"""assay records"""

from __future__ import annotations

from pathlib import Path

from assay.cli.output import Folder, Json, print_json, print_rich, table


def records(*folders: Folder, where: str = "true", json_: Json = False) -> None:
    """List the artifacts below folders.

    Parameters
    ----------
    folders
        Where to look; by default here.
    where
        A SQL condition over kind, name, id, created, folder and the JSON columns config and metrics,
        for example "kind = 'run' and config->>'$.seed' = '0'".

    """
    from assay.records.store import query

    rows = query(list(folders) or [Path()], where)
    if json_:
        print_json(rows)
    else:
        columns = ["kind", "name", "id", "created", "folder"]
        shown = [[row["id"][:12] if column == "id" else row[column] for column in columns] for row in rows]
        print_rich(table(None, columns, shown))
