"""assay train"""

from __future__ import annotations

from pathlib import Path

from assay.cli.output import Folder, Json, Set, print_json, worker_count


def train(
    *,
    dataset: Folder,
    scale: str,
    out: Path,
    seed: int = 0,
    threads: int | None = None,
    tokenizer: str | None = None,
    set_: Set = None,
    json_: Json = False,
) -> None:
    """Train a model by a fixed recipe.

    Parameters
    ----------
    dataset
        Folder of token shards (``assay tokenize``), or folder or remote address of a dataset (``assay curate``), which
        is tokenised first.
    scale
        A scale file, or a name of the catalog, such as lm-1m or dclm-411m-1x.
    out
        Folder of the run to make. Token shards of a dataset are made beside it, in OUT.tokens.
    seed
        Of the initialisation and the data order.
    threads
        Computing threads; by default one a core. The same number gives the same bits.
    tokenizer
        For a dataset that is not tokenised yet: a tokenizer.json, or a folder that holds one.

    """
    from assay.base.errors import InputError
    from assay.base.files import is_remote
    from assay.cli.tokenize import make_tokens
    from assay.models.scales import load_scale
    from assay.records.record import read_record
    from assay.training.language import train as run_training

    loaded, tokens = load_scale(scale, set_), Path(dataset)
    if read_record(dataset).kind == "dataset":
        tokens = out.with_name(out.name + ".tokens")
        make_tokens(dataset, tokens, tokenizer, loaded.model.vocab_size, context=loaded.sequence_length)
    elif is_remote(dataset):
        raise InputError("token shards are read from a local folder only", where=dataset, hint="copy it here first")
    record = run_training(tokens, loaded, seed, out, threads=worker_count(threads))
    if json_:
        print_json({"id": record.id, "folder": str(out), **record.metrics})
    else:
        print(out)
