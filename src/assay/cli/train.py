"""assay train"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter

from assay.base.errors import InputError, StoppedError
from assay.cli.output import Folder, Json, Set, print_json, print_rich, table, worker_count

if TYPE_CHECKING:
    from assay.base.settings import Settings
    from assay.models.scales import Scale
    from assay.records.record import Record
    from assay.training.settings import RunSettings

S = TypeVar("S", bound="Settings")
_RUN, _ESTIMATE = "run.", "estimate."


def train(
    *,
    dataset: Folder | None = None,
    scale: str,
    out: Path | None = None,
    seed: int = 0,
    threads: int | None = None,
    devices: int = 1,
    tokenizer: str | None = None,
    budgets: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    estimate: Annotated[bool, Parameter(negative="")] = False,
    set_: Set = None,
    json_: Json = False,
) -> int:
    """Train a model by a fixed recipe.

    Parameters
    ----------
    dataset
        Folder of token shards (``assay tokenize``); or what is made into them first: folder or remote address of a
        dataset (``assay curate``), a mix.yaml, or a folder of sequences in DCLM's WebDataset form.
    scale
        A scale file, or a name of the catalog, such as lm-1m or dclm-411m-1x.
    out
        Folder of the run to make. Token shards, where they are made, lie beside it in OUT.tokens.
    seed
        Of the initialisation and the data order.
    threads
        Computing threads; by default one a core. The same number gives the same bits.
    devices
        Devices of this machine that train the model together. On several machines, start the same command with
        torchrun: ``torchrun --nnodes 2 --nproc-per-node 8 … -m assay train …``.
    tokenizer
        A tokenizer.json, or a folder that holds one: for a dataset that is not tokenised yet (else one is trained), a
        mix, or WebDataset.
    budgets
        Several numbers of tokens, such as 5M 10M 20M, from one run with a constant rate (optimizer.schedule=wsd):
        OUT then holds a run for each.
    estimate
        Train nothing; say what the run would take on ``devices`` GPUs: compute, memory, time and cost. It assumes
        ``--set estimate.mfu=0.4`` and ``estimate.price_per_hour``.

    """
    from assay.models.scales import load_scale
    from assay.training.settings import RunSettings

    settings = _settings(RunSettings, _RUN, set_)
    loaded = load_scale(scale, [each for each in set_ or [] if not each.startswith((_RUN, _ESTIMATE))])
    if estimate:
        return _estimate(loaded, devices, settings, set_, json_)
    if dataset is None or out is None:
        hint = "--dataset DIR and --out DIR; or --estimate"
        raise InputError("says not what to train on, or where to", where="assay train", hint=hint)
    tokens = _tokens(dataset, out, tokenizer, loaded)
    if devices > 1 and not _started_by_torchrun():
        return _start_processes(devices)
    try:
        runs = _train(tokens, loaded, seed, out, budgets=budgets, threads=_threads(threads), settings=settings)
    except StoppedError as stop:
        raise StoppedError(stop.message, where=stop.where, hint=f"resume with: {_command()}") from None
    if int(os.environ.get("RANK", "0")):
        return 0
    if json_:
        shown = [{"id": record.id, "folder": str(folder), **record.metrics} for folder, record in runs.items()]
        print_json(shown if budgets else shown[0])
    else:
        print(*runs, sep="\n")
    return 0


def _train(
    tokens: Path, scale: Scale, seed: int, out: Path, *, budgets: list[str] | None, threads: int, settings: RunSettings
) -> dict[Path, Record]:
    if budgets:
        from assay.training.budgets import train_budgets

        return train_budgets(tokens, scale, budgets, seed, out, threads=threads, settings=settings)
    from assay.training.language import train as run_training

    return {out: run_training(tokens, scale, seed, out, threads, settings)}


def _settings(kind: type[S], prefix: str, set_: list[str] | None) -> S:
    """The assignments of ``--set PREFIX…=…``."""
    from assay.base.settings import override, validate

    assignments = [each.removeprefix(prefix) for each in set_ or [] if each.startswith(prefix)]
    return validate(kind, override({}, assignments), where=f"--set {prefix.rstrip('.')}")


def _estimate(scale: Scale, devices: int, settings: RunSettings, set_: list[str] | None, as_json: bool) -> int:
    from assay.training.estimate import EstimateSettings, estimate

    found = estimate(scale, devices, settings, _settings(EstimateSettings, _ESTIMATE, set_))
    if as_json:
        print_json(found.to_json())
        return 0
    print(
        f"{scale.name}: {scale.model.parameters}, {scale.trained_tokens}, {scale.steps:,} steps of {scale.batch_tokens}"
    )
    print(f"{found.flops} in matrix products; {scale.flops} by 6ND")
    rows = [[part, str(size)] for part, size in [*found.memory.items(), ("total", found.total_memory)]]
    print_rich(table("memory of a device", ["part", "size"], rows))
    columns = ["device", "fits", "hours", "device hours", "cost in $"]
    options = [
        [each["device"], "yes" if each["fits"] else "no", each["hours"], each["device_hours"], each["cost"] or "-"]
        for each in found.options
    ]
    print_rich(table(f"time on {devices} of a kind at {found.mfu:.0%} of its rate", columns, options))
    return 0


def _tokens(dataset: str | Path, out: Path, tokenizer: str | None, scale: Scale) -> Path:
    """The folder of token shards, made first where something else was given."""
    from assay.base.files import is_remote
    from assay.cli.tokenize import holds_tokens, make_tokens

    if holds_tokens(dataset):
        if is_remote(dataset):
            raise InputError("token shards are read from a local folder only", where=dataset, hint="copy it here first")
        return Path(dataset)
    tokens = out.with_name(out.name + ".tokens")
    if _started_by_torchrun() and not tokens.exists():
        raise InputError("is not tokenised yet", where=dataset, hint="call assay tokenize before torchrun")
    make_tokens(dataset, tokens, tokenizer, scale.model.vocab_size, context=scale.sequence_length)
    return tokens


def _started_by_torchrun() -> bool:
    return "WORLD_SIZE" in os.environ


def _start_processes(devices: int) -> int:
    """Start this command once for each device, as torchrun does; the exit code of the first that failed."""
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main

    try:
        main(["--standalone", "--nproc-per-node", str(devices), "-m", "assay", *sys.argv[1:]])
    except ChildFailedError as error:
        return error.get_first_failure()[1].exitcode
    except SignalException as stop:  # the processes have kept their state and said so
        if stop.sigval == signal.SIGINT:
            raise KeyboardInterrupt from None
    return 0


def _threads(threads: int | None) -> int:
    """Those of this process, of the machine's cores."""
    if threads is not None:
        return worker_count(threads)
    return max(1, worker_count(None) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def _command() -> str:
    return shlex.join(["assay", *sys.argv[1:]])
