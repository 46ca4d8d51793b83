"""assay diff"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from assay.cli.output import Folder, Json, print_json, print_rich, table

_SHOWN = 60
"""Characters of a value."""


def diff(a: Folder, b: Folder, /, *, json_: Json = False) -> int:
    """Show what differs between two artifacts, and in what they were made from.

    Exit code 1 when anything that their ids depend on, or their files, differ.

    Parameters
    ----------
    a
        An artifact's folder.
    b
        Another's.

    """
    from assay.records.diff import differences
    from assay.records.record import read_record

    found = differences(a, b)
    same_id = read_record(a).id == read_record(b).id
    changed = not same_id or any(each.part == "outputs" for each in found)
    if json_:
        print_json({"same_id": same_id, "differences": [asdict(each) for each in found]})
        return int(changed)
    rows = [[each.artifact, each.part, each.key, _short(each.a), _short(each.b)] for each in found]
    if rows:
        print_rich(table(None, ["of", "part", "key", "A", "B"], rows))
    same = "the same id: made from the same inputs by the same settings" if same_id else "different ids"
    print(f"{same}; {len(found)} differences")
    return int(changed)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
