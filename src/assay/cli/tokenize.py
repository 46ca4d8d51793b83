"""assay tokenize"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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
    workers: Workers = None,
    json_: Json = False,
) -> None:
    """Encode a dataset, pack it into sequences and shuffle them.

    Parameters
    ----------
    dataset
        Folder or remote address of what ``assay curate`` made.
    out
        Folder of the token shards to make.
    tokenizer
        A tokenizer.json, or a folder that holds one. Without it a byte-level BPE is trained on the dataset.
    vocab_size
        Size of the tokenizer that is trained.
    context
        Tokens a model sees at once; a sequence has one more, the last target.
    seed
        Of the global shuffle.

    """
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
    """Tokenise a dataset, with a tokenizer that is trained on it unless one is given (kept in OUT.tokenizer)."""
    from assay.tokens.pack import tokenize as run_tokenization
    from assay.tokens.tokenizer import train_tokenizer

    if tokenizer is None:
        tokenizer = str(out.with_name(out.name + ".tokenizer"))
        train_tokenizer(dataset, vocab_size, Path(tokenizer))
    return run_tokenization(dataset, tokenizer, out, context, seed=seed, workers=worker_count(workers))
