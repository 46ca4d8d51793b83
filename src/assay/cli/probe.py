"""assay probe"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from assay.cli.output import Json, print_json, print_rich, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.inversion.judge import Row


def probe(
    *,
    encoder: str,
    teacher: str,
    data: Path,
    operator: Annotated[list[str], Parameter(consume_multiple=True, negative="")],
    labels: str = "1.0,0.1,0.01",
    baselines: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    repeats: int = 3,
    seed: int = 0,
    json_: Json = False,
) -> None:
    """How good a student's embeddings of corrupted images are: probes, zero-shot, retrieval, cosine to the teacher's.

    Parameters
    ----------
    encoder
        The student: a folder of ``assay invert``, or any encoder.
    teacher
        The encoder it was made from.
    data
        Labelled images: a folder with one folder for each class, or Fashion-MNIST's files.
    operator
        What happens to the images, with a level; several are measured one after the other, clean always.
    labels
        Shares of the labels that probes and supervised baselines get.
    baselines
        What to measure beside it: clean-encoder, clean-head, denoise, end-to-end, distillation, mse; or all.
    repeats
        Passes over the test images, each with other random numbers.
    seed
        Of those, of the labels drawn, and of baselines that train.

    """
    from dataclasses import asdict

    from assay.inversion.encoders import load_encoder
    from assay.inversion.images import read_images
    from assay.inversion.judge import Judge, Protocol, baseline_names, label_shares
    from assay.inversion.student import StudentSettings

    protocol = Protocol(label_shares(labels), repeats, baseline_names(baselines or []), seed=seed)
    student, reference = load_encoder(encoder), load_encoder(teacher)
    both = read_images(data, reference.size), read_images(data, reference.size, "test")
    judge = Judge(reference, both, protocol, StudentSettings(operator=operator[0], seed=seed))
    rows = judge.of_encoder("student", student, "clean")
    for each in operator:
        rows += judge.rows(student, each)
    if json_:
        print_json([asdict(row) for row in rows])
    else:
        print_rich(wide(rows))


def wide(rows: Sequence[Row]) -> Any:
    """A line for each operator and method, a column for each measure; in percent, with standard errors."""
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        column = row.measure if row.labels is None else f"probe {row.labels:.3g}"
        error = "" if row.stderr is None else f" ± {100 * row.stderr:.1f}"
        lines.setdefault((row.operator, row.method), {})[column] = f"{100 * row.value:.1f}{error}"
    columns = list(dict.fromkeys(column for cells in lines.values() for column in cells))
    cells = [[*key, *(line.get(column, "") for column in columns)] for key, line in lines.items()]
    return table("In percent", ["operator", "method", *columns], cells)
