"""assay mix"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from assay.base.errors import InputError
from assay.cli.output import Folder, Json, Workers, print_json, print_rich, table, worker_count

if TYPE_CHECKING:
    from assay.tokens.mix import Mix

_Count = Annotated[int, Parameter(validator=validators.Number(gte=2))]


def search(
    *,
    mix: Path,
    out: Path,
    scale: str | None = None,
    tokenizer: str | None = None,
    held_out: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    runs: _Count = 24,
    finished: Annotated[list[Folder] | None, Parameter(consume_multiple=True, negative="")] = None,
    seed: int = 0,
    workers: Workers = None,
    json_: Json = False,
) -> None:
    """Propose the weights of a mix from small runs: the least mean bits per byte over held-out domains.

    Parameters
    ----------
    mix
        A mix.yaml that names the sources; its weights are not used, its ``tokens`` bound how often a source may repeat.
    out
        Folder to make: the proposed mix.yaml and its record. Runs are made beside it, in OUT.runs.
    scale
        Of the small runs: a scale file or a name of the catalog.
    tokenizer
        A tokenizer.json, or a folder that holds one.
    held_out
        DOMAIN=FILE of JSON lines with text, for each domain that the mix shall serve.
    runs
        How many small runs; at least twice as many as sources.
    finished
        Folders of finished runs on mixes of these sources; nothing is trained.
    seed
        Of the mixes that are tried, and of the intervals.

    """
    from assay.experiments.mix_runs import read_proxies
    from assay.experiments.mix_search import MIX_NAME
    from assay.experiments.mix_search import search as run_search
    from assay.tokens.mix import read_mix

    sources = read_mix(mix)
    domains = _domains(held_out)
    folders = finished or [_train(sources, out, scale, tokenizer, domains, runs=runs, seed=seed, workers=workers)]
    record = run_search(sources, read_proxies(sources, folders, list(domains)), out, seed)
    if json_:
        print_json({"id": record.id, "folder": str(out), **record.metrics})
    else:
        _show(record.metrics)
        print(out / MIX_NAME)


def _domains(held_out: list[str] | None) -> dict[str, str]:
    pairs = [each.partition("=") for each in held_out or []]
    for domain, equals, file in pairs:
        if not domain or not equals or not file:
            raise InputError(f"{domain + equals + file!r} is not of the form DOMAIN=FILE", where="--held-out")
    return {domain: file for domain, _, file in pairs}


def _train(
    mix: Mix,
    out: Path,
    scale: str | None,
    tokenizer: str | None,
    domains: dict[str, str],
    *,
    runs: int,
    seed: int,
    workers: int | None,
) -> Path:
    """The folder of the small runs."""
    from assay.experiments.mix_runs import make_runs
    from assay.models.scales import load_scale
    from assay.training.settings import RunSettings

    if scale is None or tokenizer is None or not domains:
        hint = "--scale, --tokenizer and --held-out; or --finished DIR with runs that are there"
        raise InputError("says not what small runs to make", where="assay mix search", hint=hint)
    folder, proxy, count = out.with_name(out.name + ".runs"), load_scale(scale), worker_count(workers)
    settings = RunSettings(validation=dict(domains), validation_steps=proxy.steps)  # once, at the end
    make_runs(mix, tokenizer, proxy, settings, folder, runs=runs, seed=seed, workers=count)
    return folder


def _show(found: dict[str, Any]) -> None:
    rows = [
        [each["source"], f"{each['share']:.1%}", _percent(each["interval"]), f"{each['proportional']:.1%}"]
        for each in found["shares"]
    ]
    columns = ["source", "share", "95 % interval", "proportional to size"]
    print_rich(table(f"proposed from {found['runs']} runs", columns, rows))
    rows = [
        [
            each["domain"],
            f"{each['loss']:.4f}",
            f"{each['proportional']:.4f}",
            f"{each['gain']:+.4f}",
            " … ".join(f"{end:+.4f}" for end in each["interval"]),
            f"{each['left_out_error']:.4f}",
            f"{each['no_law_error']:.4f}",
        ]
        for each in found["forecasts"]
    ]
    columns = ["domain", "bits per byte", "proportional", "gain", "95 % interval", "error left out", "by the mean"]
    print_rich(table("by the mixing law", columns, rows))
    mean = found["forecasts"][-1]
    if mean["left_out_error"] >= mean["no_law_error"]:
        print("note: the law forecasts runs no better than their mean does; make more runs, or longer ones")
    if mean["interval"][0] <= 0:
        print("note: the gain over the mix proportional to size may be none")


def _percent(ends: list[float]) -> str:
    return " … ".join(f"{end:.1%}" for end in ends)
