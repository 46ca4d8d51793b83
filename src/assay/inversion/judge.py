"""How good a student is, beside what else could be done with the same labels: rows for ``assay probe``.

A row is one number: an operator, a method, a share of the labels (None where none are used), its mean over repeated
passes, and the standard error of that mean.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from assay.base.errors import InputError, unknown_name
from assay.inversion.denoise import Denoise
from assay.inversion.encoders import ImageEncoder, class_vectors
from assay.inversion.images import Images
from assay.inversion.invert import train_student
from assay.inversion.notation import parse_operator
from assay.inversion.objectives import similarities
from assay.inversion.operators import Operator
from assay.inversion.probes import Probe, fit_probe, labelled, mean_cosine, retrieval_at_1
from assay.inversion.student import StudentSettings, embed
from assay.inversion.supervised import supervised

GALLERY = 1000
"""Images among which ``retrieval@1`` looks."""
BASELINES = ("clean encoder", "clean head", "denoise", "end-to-end", "distillation", "mse")
_TEST_DRAW = 1 << 20
"""Test images get other random numbers than training images with the same numbers."""


@dataclass(frozen=True)
class Row:
    """One number of the table."""

    operator: str
    method: str
    labels: float | None
    measure: str
    """accuracy, zero-shot, retrieval@1 or cosine."""
    value: float
    stderr: float | None
    """Over the passes; None when there was one."""


@dataclass(frozen=True)
class Protocol:
    """What is measured."""

    labels: Sequence[float] = (1.0, 0.1, 0.01)
    repeats: int = 3
    baselines: Sequence[str] = ()
    compute: float = 1.0
    """Steps of supervised baselines, as a multiple of the student's."""
    seed: int = 0


def label_shares(text: str) -> tuple[float, ...]:
    """``1.0,0.1`` as numbers; InputError when they are none, or not in (0, 1]."""
    try:
        shares = tuple(float(part) for part in text.split(","))
    except ValueError:
        shares = ()
    if not shares or not all(0 < share <= 1 for share in shares):
        raise InputError(f"{text!r} are not shares of the labels", where="--labels", hint="write 1.0,0.1,0.01")
    return shares


def baseline_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names of baselines, with - or a space; "all" is all. InputError for others."""
    if "all" in names:
        return BASELINES
    known = {name.replace(" ", "-"): name for name in BASELINES}
    for name in names:
        if name.replace(" ", "-") not in known:
            raise unknown_name("baseline", name, known, where="--baselines")
    return tuple(known[name.replace(" ", "-")] for name in names)


class Judge:
    """Measures encoders on labelled images; ``teacher`` is R. ``settings`` say how baselines that train do it."""

    def __init__(
        self, teacher: ImageEncoder, data: tuple[Images, Images], protocol: Protocol, settings: StudentSettings
    ):
        self.teacher, (self.train, self.test) = teacher, data
        self.protocol, self.settings = protocol, settings
        self._clean_train, self._clean_test = embed(teacher, self.train), embed(teacher, self.test)
        self._labels, self._test_labels = self.train.need_labels(), self.test.need_labels()

    def rows(self, student: ImageEncoder, operator: str) -> list[Row]:
        """Everything about the student under one operator, and the baselines of the protocol."""
        rows = self.of_encoder("student", student, operator)
        for name in self.protocol.baselines:
            rows += self._baseline(name, student, operator)
        return rows

    def of_encoder(self, method: str, encoder: ImageEncoder, operator: str) -> list[Row]:
        """Probes on the encoder's embeddings of corrupted images, zero-shot, retrieval and cosine to R(x)."""
        tests = self._tests(encoder, parse_operator(operator))
        gallery = self._clean_test[:GALLERY]
        rows = [
            self._row(operator, method, None, "cosine", [mean_cosine(test, self._clean_test) for test in tests]),
            self._row(operator, method, None, "retrieval@1", [retrieval_at_1(t[:GALLERY], gallery) for t in tests]),
        ]
        if encoder.knows_classes:
            vectors = class_vectors(encoder, self.test.classes).to(tests[0])
            right = [similarities(test, vectors).argmax(1) == self._test_labels for test in tests]
            rows.append(self._row(operator, method, None, "zero-shot", [float(r.double().mean()) for r in right]))
        own = embed(encoder, self.train, operator, seed=self.protocol.seed)
        return rows + self._probes(operator, method, own, tests)

    def _probes(self, operator: str, method: str, train: Tensor, tests: list[Tensor]) -> list[Row]:
        return self._by_labels(
            operator, method, lambda few: [self._probe(train, few).accuracy(t, self._test_labels) for t in tests]
        )

    def _probe(self, embeddings: Tensor, few: Tensor) -> Probe:
        return fit_probe(embeddings[few], self._labels[few], seed=self.protocol.seed)

    def _by_labels(self, operator: str, method: str, accuracies: Callable[[Tensor], list[float]]) -> list[Row]:
        """A row for each share of the labels; ``accuracies`` gets the images that have one."""
        return [
            self._row(
                operator, method, share, "accuracy", accuracies(labelled(self._labels, share, self.protocol.seed))
            )
            for share in self.protocol.labels
        ]

    def _baseline(self, name: str, student: ImageEncoder, operator: str) -> list[Row]:
        corrupt = parse_operator(operator)
        if name == "clean encoder":
            return self.of_encoder(name, self.teacher, operator)
        if name == "clean head":
            return self._probes(operator, name, self._clean_train, self._tests(student, corrupt))
        if name == "denoise":
            return self._probes(operator, name, self._clean_train, self._tests(self.teacher, Denoise(corrupt)))
        if name == "mse":
            settings = self.settings.model_copy(update={"operator": operator, "objective": {"mse": 1.0}})
            with tempfile.TemporaryDirectory() as folder:
                _, other = train_student(self.teacher, self.train, settings, Path(folder), "MSE student")
            return self.of_encoder(name, other, operator)
        return self._by_labels(operator, name, lambda few: self._supervised(name, few, operator))

    def _supervised(self, name: str, few: Tensor, operator: str) -> list[float]:
        """End to end from the same labels, with as many steps as the student had, times ``compute``."""
        epochs = self.settings.epochs * len(self.train) / len(few) * self.protocol.compute
        batch = min(self.settings.batch, len(few))
        changes = {"operator": operator, "clean": 0.0, "epochs": epochs * batch / self.settings.batch, "batch": batch}
        soft = self._probe(self._clean_train, few).logits(self._clean_train[few]) if name == "distillation" else None
        model = supervised(self.teacher, self.train.part(few), self.settings.model_copy(update=changes), soft)
        logits = self._tests(model, parse_operator(operator))
        return [float((each.argmax(1) == self._test_labels).double().mean()) for each in logits]

    def _tests(self, encoder: ImageEncoder, operator: Operator) -> list[Tensor]:
        """The test images' embeddings, once for each pass."""
        seed, first = self.protocol.seed, _TEST_DRAW
        return [embed(encoder, self.test, operator, seed=seed, draw=first + n) for n in range(self.protocol.repeats)]

    @staticmethod
    def _row(operator: str, method: str, labels: float | None, measure: str, values: list[float]) -> Row:
        found = torch.tensor(values, dtype=torch.float64)
        error = float(found.std()) / math.sqrt(len(values)) if len(values) > 1 else None
        return Row(operator, method, labels, measure, float(found.mean()), error)
