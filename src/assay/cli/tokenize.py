"""assay tokenize"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from assay.cli.output import Folder, Json, Workers, print_json, worker_count

if TYPE_CHECKING:
    from assay.records.record import Record


def tokenize(
    *,
    dataset: Folder,
    out: Path,
    tokenizer: str | None = None,
    vocab_size: int = 4096,
    context: int = 256,
    seed: int = 0,
    format_: Annotated[Literal["shards", "webdataset"], Parameter(name="--format")] = "shards",
    workers: Workers = None,
    json_: Json = False,
) -> None:
    """Encode a dataset or a mix of several, pack it into sequences and shuffle them.

    Parameters
    ----------
    dataset
        Folder or remote address of what ``assay curate`` made; or a mix.yaml that names several, and how much of each;
        or tokens to write in another format.
    out
        Folder of the tokens to make.
    tokenizer
        A tokenizer.json, or a folder that holds one. Without it a byte-level BPE is trained on the dataset.
    vocab_size
        Size of the tokenizer that is trained.
    context
        Tokens a model sees at once; a sequence has one more, the last target.
    seed
        Of the global shuffle.
    format_
        assay's memory-mapped shards, or WebDataset tars and manifest.jsonl as open_lm reads them.

    """
    if format_ == "webdataset":
        tokens = dataset if holds_tokens(dataset) else out.with_name(out.name + ".tokens")
        if tokens != dataset:
            make_tokens(dataset, Path(tokens), tokenizer, vocab_size, context=context, seed=seed, workers=workers)
        record = _export(tokens, out, workers)
    else:
        record = make_tokens(dataset, out, tokenizer, vocab_size, context=context, seed=seed, workers=workers)
    if json_:
        print_json({"id": record.id, "folder": str(out), **record.metrics})
    else:
        print(out)


def make_tokens(
    dataset: str | Path,
    out: Path,
    tokenizer: str | None,
    vocab_size: int,
    *,
    context: int,
    seed: int = 0,
    workers: int | None = None,
) -> Record:
    """Tokenise a dataset, with a tokenizer that is trained on it unless one is given (kept in OUT.tokenizer).

    A mix, and sequences in WebDataset's form, need one that is given.
    """
    from assay.tokens.mix import read_mix
    from assay.tokens.pack import tokenize as run_tokenization
    from assay.tokens.pack import tokenize_mix
    from assay.tokens.tokenizer import train_tokenizer
    from assay.tokens.webdataset import import_webdataset, is_webdataset

    count = worker_count(workers)
    if is_webdataset(dataset):
        return import_webdataset(dataset, _given(tokenizer, "a folder of sequences"), out, count)
    if str(dataset).endswith((".yaml", ".yml")):
        mix = read_mix(dataset)
        return tokenize_mix(mix, _given(tokenizer, "a mix"), out, context, seed=seed, workers=count)
    if tokenizer is None:
        tokenizer = str(out.with_name(out.name + ".tokenizer"))
        train_tokenizer(dataset, vocab_size, Path(tokenizer))
    return run_tokenization(dataset, tokenizer, out, context, seed=seed, workers=count)


def _given(tokenizer: str | None, purpose: str) -> str:
    from assay.base.errors import InputError

    if tokenizer is None:
        hint = "train one with `assay tokenizer train`, or give the one they were made with"
        raise InputError(f"{purpose} needs a tokenizer", where="--tokenizer", hint=hint)
    return tokenizer


def holds_tokens(dataset: str | Path) -> bool:
    """Whether a place holds token shards."""
    from assay.base.files import below, exists
    from assay.records.record import RECORD_NAME, read_record

    return exists(below(dataset, RECORD_NAME)) and read_record(dataset).kind == "tokens"


def _export(tokens: str | Path, out: Path, workers: int | None) -> Record:
    from assay.tokens.webdataset import export_webdataset

    return export_webdataset(tokens, out, worker_count(workers))
