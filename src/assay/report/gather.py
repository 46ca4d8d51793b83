"""From folders to what a report shows: the records below them and those they were made from, linked.

A verdict decides what belongs to the report: itself and everything it was made from. An experiment folder may hold
more, from before a recipe was changed; that is counted, not shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from assay.base.errors import InputError
from assay.base.files import below, exists, is_remote
from assay.records.record import RECORD_NAME, Record, read_record
from assay.records.store import find_records
from assay.report.contents import Funnel, Point, Results, Sample, Verdict, read_content, read_lines

_KINDS = ("verdict", "evaluation", "run", "tokens", "tokenizer", "dataset", "pool")


@dataclass(frozen=True)
class Artifact:
    """A record and where it lies."""

    folder: str | Path
    record: Record

    @property
    def id(self) -> str:
        """The content id."""
        return self.record.id

    @property
    def resolved(self) -> Path:
        """The folder, by its only name."""
        return Path(self.folder).resolve()


@dataclass(frozen=True)
class Dataset(Artifact):
    """What a recipe made of a pool."""

    recipe: str
    """The recipe's name; with the start of the id where several datasets bear the name."""

    @cached_property
    def funnel(self) -> Funnel | None:
        """What each step let through."""
        path = below(self.folder, "funnel.json")
        return read_content(path, Funnel) if exists(path) else None

    @cached_property
    def samples(self) -> list[Sample]:
        """Documents that each step dropped and kept."""
        path = below(self.folder, "samples.jsonl")
        return list(read_lines(path, Sample)) if exists(path) else []


@dataclass(frozen=True)
class Run(Artifact):
    """A trained model."""

    dataset: Dataset | None

    @property
    def recipe(self) -> str:
        """The recipe whose dataset it was trained on; the run's own name when that is not known."""
        return self.dataset.recipe if self.dataset else self.record.name

    @property
    def settings(self) -> dict[str, Any]:
        """The resolved scale."""
        scale = self.record.config.get("scale")
        return scale if isinstance(scale, dict) else {}

    @property
    def scale(self) -> str | None:
        """The name of the scale."""
        return self.settings.get("name")

    @property
    def seed(self) -> str:
        """The seed, as text."""
        return str(self.record.config.get("seed", "?"))

    @cached_property
    def curve(self) -> list[Point]:
        """The loss over the tokens seen."""
        path = below(self.folder, "metrics.jsonl")
        return list(read_lines(path, Point)) if exists(path) else []


@dataclass(frozen=True)
class Evaluation(Artifact):
    """The scores of one run."""

    run: Run | None

    @property
    def recipe(self) -> str:
        """The recipe of its run; the evaluation's own name when that is not known."""
        return self.run.recipe if self.run else self.record.name

    @cached_property
    def results(self) -> Results:
        """Its results.json."""
        return read_content(below(self.folder, "results.json"), Results)


@dataclass(frozen=True)
class Gathered:
    """All that a report shows."""

    artifacts: list[Artifact]
    """Verdict first, raw pool last."""
    verdict: Verdict | None
    datasets: list[Dataset]
    runs: list[Run]
    evaluations: list[Evaluation]
    left_out: int
    """Artifacts in the folders that the verdict does not rest on."""


def gather(folders: Iterable[str | Path]) -> Gathered:
    """Read the folders (experiments, or single artifacts). InputError when there is nothing of assay in them."""
    folders = list(folders)
    found = _by_folder(Artifact(folder, record) for folder, record in find_records(folders))
    if not found:
        raise InputError(
            "holds no artifact of assay",
            where=", ".join(map(str, folders)),
            hint="give an experiment folder, or the --out folder of an earlier command",
        )
    links = _Links(found)
    verdict = _newest_verdict(found)
    named = [found[key] for key in (Path(folder).resolve() for folder in folders) if key in found]
    shown = _Shown(_without_repeats(_choose(links, verdict, named)), links)
    runs = [shown.run(each) for each in shown.of_kind("run")]
    return Gathered(
        artifacts=sorted(shown.artifacts, key=_position),
        verdict=read_content(below(verdict.folder, "verdict.json"), Verdict) if verdict else None,
        datasets=shown.datasets(runs, found),
        runs=runs,
        evaluations=[shown.evaluation(each) for each in shown.of_kind("evaluation")],
        left_out=len({_key(each) for each in found.values()} - {_key(each) for each in shown.artifacts}),
    )


class _Links:
    """Which artifact was made from which."""

    def __init__(self, found: dict[Path, Artifact]):
        self.artifacts = dict(found)
        waiting = list(found.values())
        while waiting:
            for folder in _source_folders(waiting.pop()):
                if folder not in self.artifacts:
                    self.artifacts[folder] = Artifact(folder, read_record(folder))
                    waiting.append(self.artifacts[folder])
        self.by_id = {each.id: each for each in self.artifacts.values()}

    def parents(self, artifact: Artifact) -> Iterator[Artifact]:
        """What it was made from: the folder its record names, otherwise any artifact with the id."""
        for id_ in artifact.record.inputs:
            parent = self.artifacts.get(_source(artifact, id_))
            if parent is None or parent.id != id_:
                parent = self.by_id.get(id_)
            if parent:
                yield parent

    def ancestors(self, artifact: Artifact) -> list[Artifact]:
        """The artifact and all it was made from, the nearest first."""
        seen = {artifact.resolved: artifact}
        line = [artifact]
        for each in line:
            for parent in self.parents(each):
                if parent.resolved not in seen:
                    seen[parent.resolved] = parent
                    line.append(parent)
        return line

    def nearest(self, artifact: Artifact, kind: str) -> Artifact | None:
        """The nearest of its ancestors that is of a kind."""
        return next((each for each in self.ancestors(artifact) if each.record.kind == kind), None)


def _source(artifact: Artifact, id_: str) -> Path:
    return (artifact.resolved / artifact.record.sources.get(id_, "")).resolve()


def _source_folders(artifact: Artifact) -> Iterator[Path]:
    for id_ in artifact.record.inputs:
        hint = artifact.record.sources.get(id_, "")
        folder = _source(artifact, id_)
        if hint and not is_remote(hint) and (folder / RECORD_NAME).exists() and read_record(folder).id == id_:
            yield folder


def _by_folder(artifacts: Iterable[Artifact]) -> dict[Path, Artifact]:
    return {each.resolved: each for each in artifacts}


def _key(artifact: Artifact) -> tuple[str, str]:
    return artifact.id, artifact.record.name


def _position(artifact: Artifact) -> int:
    kind = artifact.record.kind
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def _newest_verdict(found: dict[Path, Artifact]) -> Artifact | None:
    verdicts = [each for each in found.values() if each.record.kind == "verdict"]
    return max(verdicts, key=lambda each: each.record.created, default=None)


def _choose(links: _Links, verdict: Artifact | None, named: list[Artifact]) -> list[Artifact]:
    """What the verdict and the artifacts named one by one rest on; everything when nothing leads from a verdict."""
    behind = links.ancestors(verdict) if verdict else []
    if len(behind) <= 1:
        return list(links.artifacts.values())
    return behind + [each for one in named for each in links.ancestors(one)]


T = TypeVar("T", bound=Artifact)


def _without_repeats(artifacts: Iterable[T]) -> list[T]:
    kept: dict[tuple[str, str], T] = {}
    for each in artifacts:
        kept.setdefault(_key(each), each)
    return list(kept.values())


class _Shown:
    """What is shown, as the page and the table want it."""

    def __init__(self, artifacts: list[Artifact], links: _Links):
        self.artifacts, self.links = artifacts, links
        self.names = Counter(each.record.name for each in artifacts if each.record.kind == "dataset")

    def of_kind(self, kind: str) -> list[Artifact]:
        return [each for each in self.artifacts if each.record.kind == kind]

    def dataset(self, artifact: Artifact) -> Dataset:
        name = artifact.record.name
        return Dataset(artifact.folder, artifact.record, f"{name} {artifact.id[:6]}" if self.names[name] > 1 else name)

    def run(self, artifact: Artifact) -> Run:
        dataset = self.links.nearest(artifact, "dataset")
        return Run(artifact.folder, artifact.record, self.dataset(dataset) if dataset else None)

    def evaluation(self, artifact: Artifact) -> Evaluation:
        run = self.links.nearest(artifact, "run")
        return Evaluation(artifact.folder, artifact.record, self.run(run) if run else None)

    def datasets(self, runs: list[Run], found: dict[Path, Artifact]) -> list[Dataset]:
        """The datasets of the runs, and those that lie in the folders themselves."""
        lying = [self.dataset(each) for each in self.of_kind("dataset") if each.resolved in found]
        return _without_repeats([*(run.dataset for run in runs if run.dataset), *lying])
