"""Each recipe's funnel as the page shows it: the rows of its table, and what a click on a step brings up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assay.report.contents import StepCount
from assay.report.gather import Dataset
from assay.report.samples import cut, embed

_REASONS = 12
_REASON_CHARACTERS = 120


@dataclass(frozen=True)
class StepRow:
    """One step of a funnel. Shares are of the pool's documents, in percent."""

    count: StepCount
    left: float
    lost: float

    @property
    def dropped(self) -> int:
        """Documents."""
        return self.count.documents_in - self.count.documents_out

    @property
    def dropped_share(self) -> str:
        """Of the documents that reached the step."""
        return _percent(self.dropped, self.count.documents_in)


def step_rows(dataset: Dataset) -> list[StepRow]:
    """The rows of a dataset's funnel."""
    if not dataset.funnel:
        return []
    whole = max(dataset.funnel.documents_in, 1)
    return [
        StepRow(
            count=step,
            left=100 * step.documents_out / whole,
            lost=100 * (step.documents_in - step.documents_out) / whole,
        )
        for step in dataset.funnel.steps
    ]


def page_data(datasets: list[Dataset]) -> dict[str, Any]:
    """For the page's script: sampled texts, and for each dataset its steps with name, reasons and samples."""
    embedded = embed(datasets)
    for dataset, steps in zip(datasets, embedded["datasets"], strict=True):
        for count, step in zip(dataset.funnel.steps if dataset.funnel else [], steps, strict=True):
            step["name"], step["reasons"] = count.step, _reasons(count)
    return embedded


def _reasons(step: StepCount) -> list[list[Any]]:
    """The commonest reasons with their counts; the rest summed up."""
    ordered = sorted(step.reasons.items(), key=lambda item: (-item[1], item[0]))
    shown: list[list[Any]] = [[cut(reason, _REASON_CHARACTERS), number] for reason, number in ordered[:_REASONS]]
    rest = ordered[_REASONS:]
    return [*shown, [f"{len(rest)} other reasons", sum(number for _, number in rest)]] if rest else shown


def _percent(part: int, whole: int) -> str:
    share = part / whole if whole else 0.0
    return "<0.1 %" if 0 < share < 0.001 else f"{100 * share:.{0 if share >= 0.1 or not share else 1}f} %"
