"""assay inspect"""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, validators

from assay.cli.output import Folder, Json, Set, print_json, print_rich, table

if TYPE_CHECKING:
    from assay.curation.retention import Change, Statistics
    from assay.report.contents import Sample
    from assay.report.inspection import StepSamples

_EXCERPT = 300


def inspect(
    folder: Folder,
    /,
    *,
    step: str | None = None,
    search: str = "",
    dropped: Annotated[bool, Parameter(negative="")] = False,
    kept: Annotated[bool, Parameter(negative="")] = False,
    number: Annotated[int, Parameter(name=["--number", "-n"], validator=validators.Number(gte=0))] = 3,
    page: Path | None = None,
    set_: Set = None,
    json_: Json = False,
) -> None:
    """Look at what the steps of a recipe dropped and kept, or at what other thresholds would keep.

    Parameters
    ----------
    folder
        A dataset (``assay curate``), or statistics (``assay measure``); or the remote address of one.
    step
        Only this step; NAME#2 is the second of the name.
    search
        Only documents with this in their text, id, address or reason.
    dropped
        Only what was dropped.
    kept
        Only what was kept.
    number
        Documents of each kind.
    page
        An HTML file to write, with everything in it.

    """
    from assay.base.errors import InputError
    from assay.curation.statistics import KIND
    from assay.records.record import read_record

    outcome = None if dropped == kept else "dropped" if dropped else "kept"
    if read_record(folder).kind == KIND:
        if step or search or outcome:
            raise InputError("--step, --search, --dropped and --kept are for datasets", where=folder)
        inspect_statistics(folder, set_ or [], number, page, json_)
    elif set_:
        raise InputError("--set is for statistics, as assay measure makes them", where=folder)
    else:
        inspect_dataset(folder, step, search, outcome, number, page=page, json_=json_)


def inspect_dataset(
    folder: str | Path,
    step: str | None,
    search: str,
    outcome: Literal["dropped", "kept"] | None,
    number: int,
    *,
    page: Path | None,
    json_: bool,
) -> None:
    """The samples of each step."""
    from assay.report import inspection

    dataset = inspection.open_dataset(folder)
    found = inspection.inspect(dataset, step, search, outcome, number)
    if page:
        inspection.write_inspection(dataset, page)
    if json_:
        print_json([each.to_json() for each in found])
    elif page:
        print(page)
    else:
        for each in found:
            _print_step(each)


def _print_step(step: StepSamples) -> None:
    lost = step.count.documents_in - step.count.documents_out
    reasons = ", ".join(f"{reason} ({number:,})" for reason, number in step.count.reasons.items())
    title = f"{step.label}: dropped {lost:,} of {step.count.documents_in:,}{': ' + reasons if reasons else ''}"
    sides = {name: samples for name, samples in (("dropped", step.dropped), ("kept", step.kept)) if samples}
    rows = zip_longest(*([_excerpt(each) for each in samples] for samples in sides.values()), fillvalue="")
    print(title)
    if sides:
        print_rich(table(None, list(sides), [list(row) for row in rows]))


def _excerpt(sample: Sample) -> str:
    about = f"{sample.reason} · {sample.url or sample.id}" if sample.reason else sample.url or sample.id
    about += f" · {sample.twin} stays" if sample.twin else ""
    text = " ".join(sample.text.split())
    return f"{about}\n{text[:_EXCERPT]}{'…' if len(text) > _EXCERPT else ''}\n"


def inspect_statistics(folder: str | Path, changes: list[str], number: int, page: Path | None, json_: bool) -> None:
    """What a recipe keeps, with its own bounds and with others."""
    from assay.curation.retention import compare, open_statistics

    statistics = open_statistics(folder)
    if page:
        from assay.report.thresholds import write_thresholds

        write_thresholds(statistics, statistics.recipe(changes), page)
    change = compare(statistics, statistics.recipe(), statistics.recipe(changes))
    if json_:
        print_json(_as_json(statistics, changes, change, number))
        return
    if page:
        print(page)
        return
    print_rich(_retention_table(statistics, changes, change))
    if changes:
        print(f"{change.lost:,} documents lost, {change.gained:,} gained")
        samples = change.samples.dropped[:number], change.samples.kept[:number]
        rows = [["lost", each] for each in samples[0]] + [["gained", each] for each in samples[1]]
        for fate, each in rows:
            text = " ".join(each["text"].split())
            print(f"\n{fate}: {each['reason']} · {each['url'] or each['id']}\n{text[:_EXCERPT]}")


def _steps(statistics: Statistics, changes: list[str], change: Change) -> list[dict[str, Any]]:
    """Each step of the recipe as it was measured: documents that it drops, before and after; None when it is off."""
    after = dict(zip(statistics.recipe(changes).labels(), change.after.steps, strict=True))
    labels = statistics.recipe().labels()
    return [
        {"step": label, "before": count.summary(), "after": after[label].summary() if label in after else None}
        for label, count in zip(labels, change.before.steps, strict=True)
    ]


def _retention_table(statistics: Statistics, changes: list[str], change: Change) -> Any:
    columns = ["step", "dropped", "left", *(["dropped then", "left then"] if changes else [])]
    sides = [change.before, change.after] if changes else [change.before]
    rows: list[list[Any]] = [["measured", *(value for each in sides for value in ("", each.documents_in))]]
    for step in _steps(statistics, changes, change):
        row = [step["step"]]
        for side in ("before", "after")[: len(sides)]:
            count = step[side]
            row += [count["documents_in"] - count["documents_out"], count["documents_out"]] if count else ["off", ""]
        rows.append(row)
    shares = [[f"{each.documents_out / max(each.documents_in, 1):.1%}", each.documents_out] for each in sides]
    rows.append(["kept", *(value for share in shares for value in share)])
    return table(statistics.record.name, columns, rows)


def _as_json(statistics: Statistics, changes: list[str], change: Change, number: int) -> dict[str, Any]:
    totals = {
        name: {key: value for key, value in vars(side).items() if key != "steps"}
        for name, side in (("before", change.before), ("after", change.after))
    }
    samples = {"lost": change.samples.dropped[:number], "gained": change.samples.kept[:number]}
    return totals | {
        "set": changes,
        "steps": _steps(statistics, changes, change),
        "lost": change.lost,
        "gained": change.gained,
        "samples": {
            name: [{key: value for key, value in each.items() if key != "priority"} for each in side]
            for name, side in samples.items()
        },
    }
