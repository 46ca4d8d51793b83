"""Tasks of lm-evaluation-harness (the extra ``lm-eval``), asked as it asks them, of the same model by the same engine.

    - {name: arc_easy, type: lm_eval, num_fewshot: 25}

The harness makes the prompts and the metrics; the model answers through ``harness_model.py``.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from assay.base.errors import InputError, unknown_name
from assay.base.optional import optional
from assay.evaluation.in_context import InContextTask
from assay.evaluation.suite import Suite
from assay.evaluation.task import Measured, Task

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scorer


class HarnessTask(Task):
    """A task, or a group of tasks, of lm-evaluation-harness."""

    metric: ClassVar[str] = "accuracy"
    higher_is_better: ClassVar[bool] = True
    rows_file: ClassVar[str] = InContextTask.rows_file

    data: list[str] = Field([], max_length=0)
    """None: the harness gets them itself."""
    task: str | None = None
    """Its name in the harness, where that is not ``name``."""
    score: str = "acc"
    """The metric that is the score: one that is from 0 to 1 for every question, such as acc, acc_norm, exact_match."""
    num_fewshot: Annotated[int, Field(ge=0)] | None = None
    """Answered examples before each question; by default as the task says."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """Ask only the first so many questions."""
    include: str | None = None
    """Folder of task files of your own, in the harness's YAML."""

    def identity(self) -> dict[str, Any]:
        """All settings, and the version of the harness, which decides what is asked."""
        try:
            harness = version("lm-eval")
        except PackageNotFoundError:
            harness = "absent"
        return super().identity() | {"lm_eval": harness}

    def check(self) -> None:
        """InputError with near misses when the harness knows no such task."""
        self._manager()

    def measure(self, scorer: Scorer) -> Measured:
        """The score that the harness finds, and its standard error."""
        model = _harness("assay.evaluation.harness_model").HarnessModel(scorer)
        found = _harness("lm_eval").simple_evaluate(
            model=model,
            tasks=[self.task or self.name],
            num_fewshot=self.num_fewshot,
            limit=self.limit,
            task_manager=self._manager(),
        )
        value, stderr = self._score(found)
        leaves = found["samples"]
        rows = [self._row(sample, leaf if len(leaves) > 1 else None) for leaf in leaves for sample in leaves[leaf]]
        return Measured(value, stderr, [{"index": index, **row} for index, row in enumerate(rows)])

    def _manager(self) -> Any:
        manager = _task_manager(self.include)
        if (self.task or self.name) not in manager.all_tasks:
            raise unknown_name("task", self.task or self.name, manager.all_tasks, "lm-evaluation-harness")
        return manager

    def _score(self, found: dict[str, Any]) -> tuple[float, float | None]:
        results = found["results"][self.task or self.name]
        scores = {key.partition(",")[0]: key for key in results if "," in key and "_stderr" not in key}
        if self.score not in scores:
            raise unknown_name("metric", self.score, scores, self.name)
        key = scores[self.score]
        stderr = results.get(key.replace(",", "_stderr,"))
        return float(results[key]), stderr if isinstance(stderr, float) else None

    def _row(self, sample: dict[str, Any], leaf: str | None) -> dict[str, Any]:
        score = sample.get(self.score)
        if not isinstance(score, (int, float)):
            hint = "name a metric that is a number for every question"
            raise InputError(f"the metric {self.score!r} is {score!r} for a question", where=self.name, hint=hint)
        answers = [response[0] for response in sample["resps"]]
        scored = all(isinstance(answer, (tuple, list)) for answer in answers)
        texts = [arguments[1].removeprefix(" ") for arguments in sample["arguments"]] if scored else []
        target = sample["target"]
        return {
            **({} if leaf is None else {"category": leaf}),
            "prompt_hash": sample["prompt_hash"][:16],
            "gold": target if isinstance(target, int) and scored else None,
            "chosen": None,
            "correct": score == 1,
            "log_likelihoods": [float(answer[0]) for answer in answers] if scored else [],
            "tokens": [],
            "characters": [len(text) for text in texts],
            "bytes": [len(text.encode()) for text in texts],
            **({} if scored else {"generated": str(answers[0])}),
        }


def harness_suite(names: list[str], **settings: Any) -> Suite:
    """A suite of the harness's tasks; ``settings`` are those of each. InputError for a name that it does not know."""
    tasks = tuple(HarnessTask(name=name, type="lm_eval", **settings) for name in names)
    for task in tasks:
        task.check()
    return Suite("lm-eval", tasks)


@cache
def _task_manager(include: str | None) -> Any:
    """The harness's index of tasks; it reads thousands of files to make it."""
    return _harness("lm_eval.tasks").TaskManager(include_path=include)


def _harness(module: str) -> Any:
    return optional(module, "lm-eval", "tasks of lm-evaluation-harness")
