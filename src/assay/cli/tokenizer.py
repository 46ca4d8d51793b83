"""assay tokenizer"""

from __future__ import annotations

from pathlib import Path

from assay.cli.output import Folder, Json, print_json


def train(
    *, dataset: Folder, out: Path, vocab_size: int = 32_000, megabytes: float = 20.0, json_: Json = False
) -> None:
    """Train a byte-level BPE on a dataset.

    Parameters
    ----------
    dataset
        Folder or remote address of what ``assay curate`` made.
    out
        Folder of the tokenizer to make.
    vocab_size
        Entries of the vocabulary, with every byte and the end of text.
    megabytes
        Text to learn from, in a fixed pseudo-random order of the documents.

    """
    from assay.tokens.tokenizer import train_tokenizer

    _show(train_tokenizer(dataset, vocab_size, out, megabytes), out, json_)


def convert(ranks: str, /, *, out: Path, like: str = "gpt-neox-20b", json_: Json = False) -> None:
    """Make a tokenizer.json from a file of ranks in tiktoken's format.

    Parameters
    ----------
    ranks
        The file: a line for each token, its bytes in base64 and its rank.
    out
        Folder of the tokenizer to make.
    like
        Which tokenizer it is, for what the file does not say: gpt-neox-20b or gpt2.

    """
    from assay.tokens.ranks import convert_ranks

    _show(convert_ranks(ranks, out, like), out, json_)


def _show(record, out: Path, json_: bool) -> None:
    if json_:
        print_json({"id": record.id, "folder": str(out), **record.metrics})
    else:
        print(out)
