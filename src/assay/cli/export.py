"""assay export"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from assay.cli.output import Json, print_json


def export(run: Path, *, out: Path, format: Literal["hf"] = "hf", json_: Json = False) -> None:  # the flag's name
    """Write a run as a folder that other programs load.

    Parameters
    ----------
    run
        Folder that ``assay train`` made.
    out
        Folder to make.
    format
        hf: config, safetensors and tokenizer for transformers, lm-evaluation-harness and vLLM, in a native
        architecture.

    """
    from assay.models.export import export_hf

    record = {"hf": export_hf}[format](run, out)
    if json_:
        print_json({"id": record.id, "folder": str(out)})
    else:
        print(out)
