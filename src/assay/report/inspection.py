"""What each step of a recipe dropped, beside what it kept: for the terminal, and as a page that can be searched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assay.base.errors import InputError, unknown_name
from assay.base.files import below, exists, open_bytes, write_bytes
from assay.curation.recipe import labels_of
from assay.records.record import read_record_of
from assay.report.contents import Funnel, Sample, StepCount
from assay.report.fill import fill, template_file
from assay.report.funnels import page_data, step_rows
from assay.report.gather import Dataset
from assay.report.inline import script_json

Outcome = Literal["dropped", "kept"]


@dataclass(frozen=True)
class StepSamples:
    """A step of a dataset's recipe, what it did, and some of its samples."""

    label: str
    """Its name, with its number where several steps bear the name."""
    count: StepCount
    dropped: list[Sample]
    kept: list[Sample]

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values."""
        samples = {
            name: [each.model_dump(exclude={"step", "outcome"}) for each in getattr(self, name)] for name in _BOTH
        }
        return {"label": self.label, **self.count.model_dump(), **samples}


_BOTH: tuple[Outcome, ...] = ("dropped", "kept")


def open_dataset(folder: str | Path) -> Dataset:
    """The dataset in a folder. InputError when it holds none, or one without a funnel."""
    record = read_record_of(folder, "dataset")
    dataset = Dataset(folder, record, record.name)
    if dataset.funnel is None:
        raise InputError("holds no funnel.json: it was not made by a recipe", where=folder)
    return dataset


def inspect(
    dataset: Dataset, step: str | None = None, search: str = "", outcome: Outcome | None = None, number: int = 3
) -> list[StepSamples]:
    """The samples of each step (or of one), at most ``number`` of each outcome, in which the text ``search`` occurs.

    It is looked for in text, id, address and reason, small and capital letters being the same. InputError when there is
    no such step.
    """
    counts = _funnel(dataset).steps
    labels = labels_of([count.step for count in counts])
    chosen = [place for place, label in enumerate(labels) if step in (None, label, counts[place].step)]
    if step is not None and not chosen:
        raise unknown_name("step of this dataset", step, labels, dataset.folder)
    outcomes = _BOTH if outcome is None else (outcome,)

    def samples(place: int, wanted: Outcome) -> list[Sample]:
        found = (each for each in dataset.samples if (each.step, each.outcome) == (place, wanted))
        return [each for each in found if wanted in outcomes and _matches(each, search)][:number]

    return [
        StepSamples(
            labels[place], counts[place], _with_twins(dataset, samples(place, "dropped")), samples(place, "kept")
        )
        for place in chosen
    ]


def _with_twins(dataset: Dataset, dropped: list[Sample]) -> list[Sample]:
    """The samples, each with the id of what stays in its place, where a deduplicator says it."""
    ids, twins = [each.id for each in dropped], {}
    for phase in range(len(_funnel(dataset).steps) + 1 if ids else 0):
        path = below(dataset.folder, f"deduplication/{phase}/twins.parquet")
        if exists(path):
            twins |= _twins(path, ids)
    return [each.model_copy(update={"twin": twins.get(each.id)}) for each in dropped]


def _twins(path: str | Path, ids: list[str]) -> dict[str, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_bytes(path) as file:
        table = pq.read_table(pa.BufferReader(file.read()), columns=["id", "kept"], filters=[("id", "in", ids)])
    return dict(zip(table["id"].to_pylist(), table["kept"].to_pylist(), strict=True))


def _funnel(dataset: Dataset) -> Funnel:
    if dataset.funnel is None:
        raise InputError("holds no funnel.json", where=dataset.folder)
    return dataset.funnel


def _matches(sample: Sample, search: str) -> bool:
    wanted = search.casefold()
    return any(wanted in (text or "").casefold() for text in (sample.text, sample.id, sample.url, sample.reason))


def write_inspection(dataset: Dataset, out: Path) -> Path:
    """Write the page of a dataset's samples; the same dataset gives the same bytes."""
    out.parent.mkdir(parents=True, exist_ok=True)
    funnel = _funnel(dataset)
    page = fill(
        "inspection.html.j2",
        [template_file("page.css"), template_file("inspection.css")],
        [template_file("samples.js"), template_file("inspection.js")],
        headline=f"{dataset.recipe} keeps {funnel.documents_out:,} of {funnel.documents_in:,} documents",
        made=dataset.record.created[:10],
        funnel=funnel,
        steps=list(zip(labels_of([count.step for count in funnel.steps]), step_rows(dataset), strict=True)),
        data=script_json(page_data([dataset])),
    )
    write_bytes(out, page.encode(errors="replace"))
    return out
