"""assay fit"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assay.cli.output import Json, print_json, print_rich, table

if TYPE_CHECKING:
    from assay.scaling.downstream import TaskLaw
    from assay.scaling.fit import Fit, Forecast


def fit(
    *,
    testbed: Path,
    train_set: str | None = None,
    loss: str | None = None,
    task: str | None = None,
    preset: Literal["assay", "paper"] = "assay",
    target_params: str | None = None,
    target_tokens: str | None = None,
    hold_out: str | None = None,
    tasks: bool = False,
    page: Path | None = None,
    json_: Json = False,
) -> None:
    """Fit the loss law and the error law to trained models, and say what a larger one will reach.

    Parameters
    ----------
    testbed
        A CSV, Parquet or JSONL file with columns params, tokens, loss[, error, group]; the published exp_data folder;
        or a folder of assay's runs.
    train_set
        Which models, by what they were trained on. Needed where there are several.
    loss
        Evaluation set of the loss. Needed where there are several.
    task
        Task or average of the error law: avg17 (where the runs have it), avg46, or a task.
    preset
        assay: the default rule on all runs. paper: least squares on the models of the paper's Table 1.
    target_params
        Parameters of the model to forecast, all of them: 1.4B.
    target_tokens
        Its tokens: 900B. By default 20 a parameter.
    hold_out
        Leave runs of more FLOPs out of the fit, and report what is predicted of them. By default a second fit leaves
        out what is above a tenth of the largest.
    tasks
        Also fit each task, and say which can be predicted better than by "no change".
    page
        Write the plots as one HTML file.

    """
    from assay.base.units import parse_number
    from assay.scaling.checks import ScalingWarning
    from assay.scaling.downstream import AVERAGES, fit_tasks, with_averages
    from assay.scaling.fit import default_task, fit_runs
    from assay.scaling.read import read_runs

    warnings.simplefilter("ignore", ScalingWarning)  # the notes of the fit say the same
    runs = with_averages(read_runs(testbed))
    runs = runs.of(_only(runs.group_names(), train_set, "--train-set"))
    name = _only(list(runs.losses), loss, "--loss")
    above = None if hold_out is None else parse_number(hold_out)
    found = fit_runs(runs, name, task or default_task(runs), preset, above)
    forecast = _forecast(found, target_params, target_tokens)
    each = [key for key in runs.errors if key not in AVERAGES] if tasks else []
    laws = fit_tasks(found.runs.where(found.fitted_error), name, each, preset)
    if page:
        from assay.report.law_page import write_law_page

        write_law_page(found, forecast, page)
    if json_:
        print_json(_json(found, forecast, laws))
        return
    _show(found, forecast, laws)
    if page:
        print(page)


def _only(names: list[str], wanted: str | None, option: str) -> str:
    from assay.base.errors import InputError

    if wanted is None and len(names) > 1:
        raise InputError(f"say which of {', '.join(names)}", where=option)
    return wanted or names[0]


def _forecast(found: Fit, params: str | None, tokens: str | None) -> Forecast | None:
    from assay.base.errors import InputError
    from assay.base.units import parse_number

    if params is None:
        if tokens is not None:
            raise InputError("--target-tokens goes with --target-params", where="assay fit")
        return None
    size = parse_number(params)
    return found.forecast(size, parse_number(tokens) if tokens is not None else 20 * size)


def _json(found: Fit, forecast: Forecast | None, laws: list[TaskLaw]) -> dict[str, Any]:
    shown = found.to_json() | {"forecast": forecast.to_json() if forecast else None}
    return shown | ({"tasks": [law.to_json() for law in laws]} if laws else {})


def _show(found: Fit, forecast: Forecast | None, laws: list[TaskLaw]) -> None:
    law, used = found.law.overtraining, found.law.constants
    columns = ["constants", "E", "a, A", "b, B", "eta, alpha", "beta"]
    rows: list[list[Any]] = [["E + (a·M^eta + b·M^-eta)·C^-eta", law.E, law.a, law.b, law.eta, ""]]
    if not used.tied:
        rows.append(["E + A·N^-alpha + B·D^-beta (used)", used.E, used.A, used.B, used.alpha, used.beta])
    print_rich(table(f"{found.loss_name} after {found.runs.groups[0]}, preset {found.law.preset}", columns, rows))
    if found.error_law:
        curve = found.error_law.curve
        constants = f"epsilon {curve.epsilon:.4f}, k {curve.k:.4g}, gamma {curve.gamma:.4f}"
        print(f"error on {found.task}: {curve.form}, {constants}\n")
    unseen = found.without_largest()
    print_rich(
        table(f"not fitted (fitted to at most {unseen.runs.flops[unseen.fitted].max():.2g} FLOPs)", *_unseen(unseen))
    )
    if laws:
        print_rich(table("each task", *_tasks(laws)))
    if forecast:
        print_rich(table("forecast", *_forecast_rows(forecast)))
    fitted = [abs(each.predicted_loss / each.loss - 1) for each in found.seen()]
    print(f"in sample: {sum(fitted) / len(fitted):.2%} mean error of {len(fitted)} runs, {found.law.flops}")
    if found.law.backed:
        print(f"back-test: {found.law.backtest.error:.2%} mean error of the largest runs, left out")
    for note in [*found.notes, *(forecast.notes if forecast else ())]:
        print(f"note: {note}")


def _unseen(found: Fit) -> tuple[list[str], list[list[Any]]]:
    columns = ["run", "loss", "predicted", "off", "error", "predicted ", "off "]
    rows = []
    for each in found.unseen():
        row = [
            each.name,
            f"{each.loss:.4f}",
            f"{each.predicted_loss:.4f}",
            f"{each.predicted_loss / each.loss - 1:+.2%}",
        ]
        if each.error is not None and each.predicted_error is not None:
            row += [f"{each.error:.4f}", f"{each.predicted_error:.4f}", f"{each.predicted_error / each.error - 1:+.2%}"]
        rows.append(row + [""] * (len(columns) - len(row)))
    return columns, rows


def _tasks(laws: list[TaskLaw]) -> tuple[list[str], list[list[Any]]]:
    rows = [
        [
            law.task,
            "yes" if law.predictable else "no",
            f"{100 * law.law_error:.1f}",
            f"{100 * law.no_change_error:.1f}",
            f"{law.law.chance:.2f}",
        ]
        for law in laws
    ]
    return ["task", "predictable", "points off", "by no change", "error by chance"], rows


def _forecast_rows(forecast: Forecast) -> tuple[list[str], list[list[Any]]]:
    def ends(intervals: dict[float, Any], level: float) -> str:
        return " … ".join(f"{float(end):.4f}" for end in intervals[level]) if intervals else ""

    name = f"{forecast.params} on {forecast.tokens}"
    row = [name, f"{forecast.flops} ({forecast.times_fitted:.3g}× what was fitted)"]
    losses = ["loss", f"{forecast.loss:.4f}", *(ends(forecast.loss_intervals, level) for level in (0.8, 0.95))]
    rows: list[list[Any]] = [losses]
    if forecast.error is not None:
        rows.append(
            ["error", f"{forecast.error:.4f}", *(ends(forecast.error_intervals, level) for level in (0.8, 0.95))]
        )
    return [f"{row[0]}, {row[1]}", "", "80 % interval", "95 % interval"], rows
