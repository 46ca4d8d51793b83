"""The stages an experiment asks for, in order, each with the id of what it makes.

    pool → dataset (recipe) → tokens → run (scale, seed) → evaluation → verdict
                  └→ tokenizer ┘ (of the baseline, shared)

Nothing is computed here but ids, so planning takes no time; a stage whose folder exists is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assay.base.errors import InputError
from assay.base.units import Flops, Tokens
from assay.curation.recipe import Recipe, dataset_identity, load_recipe
from assay.evaluation.suite import Suite, evaluation_identity, load_suite
from assay.experiments import make
from assay.experiments.spec import Experiment
from assay.experiments.trial import ALL_DOMAINS, CONFIDENCE, DRAWS, Trial
from assay.models.scales import Scale, load_scale
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.records.artifact import Identity, finished
from assay.records.record import RECORD_NAME, Record, read_record, read_record_of
from assay.tokens.identity import tokenizer_identity, tokens_identity
from assay.training.identity import run_identity


@dataclass(frozen=True)
class Stage:
    """One artifact to make."""

    kind: str
    label: str
    folder: Path
    identity: Identity
    make: Callable[[int], Record]
    """Makes it, given the number of workers (for runs: of threads)."""

    @property
    def done(self) -> bool:
        """Whether it is there already."""
        return finished(self.folder, self.identity) is not None

    @property
    def as_input(self) -> dict[str, Path]:
        """This artifact as an input of the next."""
        return {self.identity.id: self.folder}


@dataclass(frozen=True)
class Plan:
    """All stages of an experiment, in an order in which they can be made."""

    stages: list[Stage]
    trials: list[Trial]
    suite: Suite
    tokens: Tokens
    """Training tokens of all runs."""
    flops: Flops
    """Training FLOPs of all runs (6 · parameters · tokens)."""

    @property
    def verdict(self) -> Stage:
        """The last stage."""
        return self.stages[-1]

    @property
    def folders(self) -> list[Path]:
        """The artifacts of all stages, the verdict first."""
        return list(dict.fromkeys(stage.folder for stage in reversed(self.stages)))


def open_pool(experiment: Experiment, base: Path, folder: Path) -> tuple[Record, Path]:
    """The pool's record and its folder; raw files are hashed again only when their size or time changed."""
    return keep_pool([_beside(base, pattern) for pattern in experiment.pool], experiment.columns, folder)


def keep_pool(paths: list[str], columns: Columns, folder: Path) -> tuple[Record, Path]:
    """The record of the pool in these files, kept below the folder; or of the pool artifact that is named."""
    if len(paths) == 1 and (Path(paths[0]) / RECORD_NAME).exists():
        return read_record_of(paths[0], "pool"), Path(paths[0])
    kept = folder / "pool"
    known = read_record(kept) if (kept / RECORD_NAME).exists() else None
    record = describe_pool(paths, columns, known)
    if known is None or known.id != record.id:
        kept.mkdir(parents=True, exist_ok=True)
        record.write(kept)
    return record, kept


def _beside(base: Path, path: str) -> str:
    return path if "://" in path or Path(path).is_absolute() else str(base / path)


def plan(experiment: Experiment, base: Path, folder: Path) -> Plan:
    """The stages of ``experiment`` (its paths are relative to ``base``) in the experiment folder."""
    pool, pool_folder = open_pool(experiment, base, folder)
    suite = load_suite(_find(experiment.suite, base), data=_data(experiment, base))
    recipes = [_prepare(load_recipe(_find(name, base)), pool, suite, experiment) for name in experiment.recipes]
    _check_names([recipe.name for recipe in recipes], "recipe")
    _check_suite(suite)
    scales = [load_scale(_find(name, base)) for name in experiment.scales]
    _check_names([scale.name for scale in scales], "scale")

    datasets = [_dataset_stage(pool, pool_folder, recipe, folder) for recipe in recipes]
    tokenizer = _tokenizer_stage(experiment, base, datasets[0], folder, _vocab_size(experiment, scales))
    stages = [*datasets, tokenizer]
    trials: list[Trial] = []
    evaluations: list[Stage] = []
    for context in dict.fromkeys(scale.sequence_length for scale in scales):
        for recipe, dataset in zip(recipes, datasets, strict=True):
            tokens = _tokens_stage(recipe.name, dataset, tokenizer, context, folder)
            stages.append(tokens)
            for scale in (scale for scale in scales if scale.sequence_length == context):
                for seed in range(experiment.seeds):
                    run, evaluation = _run_stages(recipe.name, tokens, scale, seed, suite, folder)
                    stages += [run, evaluation]
                    evaluations.append(evaluation)
                    trial = Trial(recipe.name, scale.name, seed, dataset.folder, run.folder, evaluation.folder)
                    trials.append(trial)
    target = max(scales, key=lambda scale: scale.flops).name
    stages.append(_verdict_stage(trials, target, evaluations, folder))
    runs = len(recipes) * experiment.seeds
    return Plan(
        stages,
        trials,
        suite,
        Tokens(runs * sum(scale.tokens for scale in scales)),
        Flops(runs * sum(scale.flops for scale in scales)),
    )


def _find(name: str, base: Path) -> str:
    """A file beside the experiment, or a catalog name as it is."""
    return str(base / name) if (base / name).is_file() else name


def _data(experiment: Experiment, base: Path) -> Path | None:
    return None if experiment.data is None else Path(_beside(base, experiment.data))


def _check_names(names: list[str], kind: str) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError(
            f"two {kind}s are called {twice.pop()!r}", where="experiment", hint="give them different names"
        )


def _check_suite(suite: Suite) -> None:
    """What would otherwise be found out after the training."""
    if not suite.heldout_files():
        hint = "add a task of type bits_per_byte: it decides the verdict"
        raise InputError("the suite has no held-out text", where=suite.name, hint=hint)
    if any(task.name == ALL_DOMAINS for task in suite.tasks):
        raise InputError(f"a task cannot be called {ALL_DOMAINS!r}: that is the mean over all", where=suite.name)


def _prepare(recipe: Recipe, pool: Record, suite: Suite, experiment: Experiment) -> Recipe:
    """The recipe with what every recipe of the experiment begins with: extraction if needed, decontamination."""
    recipe = recipe.for_pool(pool)
    heldout = suite.heldout_files()
    return recipe.decontaminated(heldout) if experiment.decontaminate and heldout else recipe


def artifact_folder(root: Path, kind: str, label: str, identity: Identity) -> Path:
    """Where an experiment keeps an artifact."""
    return root / kind / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', label)}-{identity.id[:8]}"


def _stage(root: Path, place: str, label: str, identity: Identity, function: Callable[..., Record], *args) -> Stage:
    folder = artifact_folder(root, place, label, identity)
    return Stage(identity.kind, label, folder, identity, partial(function, *args, folder))


def _dataset_stage(pool: Record, pool_folder: Path, recipe: Recipe, root: Path) -> Stage:
    identity = dataset_identity(pool.id, pool_folder, recipe)
    return _stage(root, "datasets", recipe.name, identity, make.dataset, pool, pool_folder, recipe)


def _vocab_size(experiment: Experiment, scales: list[Scale]) -> int:
    """That of the experiment, or the largest that all scales have room for."""
    room = min(scales, key=lambda scale: scale.model.vocab_size)
    wanted = experiment.tokenizer.vocab_size or room.model.vocab_size
    if wanted > room.model.vocab_size:
        raise InputError(
            f"tokenizer.vocab_size {wanted} is more than the {room.model.vocab_size} of the scale {room.name}",
            where="experiment",
            hint="leave it out: the tokenizer then has the size of the smallest scale's vocabulary",
        )
    return wanted


def _tokenizer_stage(experiment: Experiment, base: Path, dataset: Stage, root: Path, vocab_size: int) -> Stage:
    spec = experiment.tokenizer
    if spec.path is not None:
        path = _beside(base, spec.path)
        identity = tokenizer_identity(path=path)
        return _stage(root, "tokenizers", Path(path).name.split(".")[0], identity, make.tokenizer_copy, path)
    identity = tokenizer_identity(dataset.as_input, vocab_size)
    return _stage(root, "tokenizers", f"bpe-{vocab_size}", identity, make.tokenizer, dataset.folder, vocab_size)


def _tokens_stage(name: str, dataset: Stage, tokenizer: Stage, context: int, root: Path) -> Stage:
    identity = tokens_identity(dataset.as_input, tokenizer.as_input, context)
    return _stage(root, "tokens", name, identity, make.tokens, dataset.folder, tokenizer.folder, context)


def _run_stages(name: str, tokens: Stage, scale: Scale, seed: int, suite: Suite, root: Path) -> tuple[Stage, Stage]:
    label = f"{name}-{scale.name}-seed{seed}"
    identity = run_identity(tokens.as_input, scale, seed)
    run = _stage(root, "runs", label, identity, make.run, tokens.folder, scale, seed)
    judged = evaluation_identity(run.as_input, suite)
    return run, _stage(root, "evaluations", label, judged, make.evaluation, run.folder, suite)


def _verdict_stage(trials: list[Trial], target: str, evaluations: list[Stage], root: Path) -> Stage:
    inputs = {id_: path for stage in evaluations for id_, path in stage.as_input.items()}
    config = {"target": target, "baseline": trials[0].recipe, "confidence": CONFIDENCE, "draws": DRAWS}
    identity = Identity("verdict", target, config, inputs)
    return _stage(root, "verdicts", target, identity, make.verdict, trials, target, identity)
