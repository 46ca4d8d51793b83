"""The documents of a dataset, shard by shard, in order."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from assay.base.errors import InputError
from assay.base.files import below
from assay.records.record import read_record
from assay.tokens.jsonl import read_jsonl


def dataset_shards(dataset: str | Path) -> list[str]:
    """The shards of a dataset folder, in order. InputError when it holds no document."""
    names = [output.path for output in read_record(dataset).outputs]
    shards = [str(below(dataset, name)) for name in names if fnmatch(name, "shards/*.jsonl.zst")]
    if not shards:
        raise InputError(
            "the dataset holds no document", where=dataset, hint="its funnel.json says which step dropped them"
        )
    return shards


def read_texts(shard: str) -> Iterator[str]:
    """The texts of a shard. InputError, with the line, where it cannot be read."""
    for number, document in read_jsonl(shard):
        text = document.get("text")
        if not isinstance(text, str):
            raise InputError("a document needs a text", where=f"{shard}:{number}", hint="`assay verify` the dataset")
        yield text
