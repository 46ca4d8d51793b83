"""The page of a scaling fit: its pictures, constants, and every run beside what the law says of it."""

from __future__ import annotations

from pathlib import Path

from assay.base.files import write_bytes
from assay.report import charts, law_charts
from assay.report.fill import fill, template_file
from assay.report.inline import script_json
from assay.report.page import Figure, chart_library
from assay.scaling.fit import Fit, Forecast, Unseen

Table = tuple[str, list[str], list[list[str]]]
"""Caption, columns, rows."""


def write_law_page(fit: Fit, forecast: Forecast | None, out: Path) -> Path:
    """Write one self-contained HTML file; the same fit gives the same bytes."""
    figures = _figures(fit, forecast)
    page = fill(
        "laws.html.j2",
        [template_file("page.css")],
        [chart_library(), template_file("samples.js") + template_file("charts.js") + template_file("laws.js")],
        headline=_headline(fit, forecast),
        method=_method(fit),
        figures=figures,
        tables=[_constants(fit), _rows("Runs that the law was not fitted to", fit.without_largest().unseen())],
        notes=fit.notes,
        chart_data=script_json({"theme": charts.THEME, "specs": [figure.spec for figure in figures]}),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, page.encode(errors="replace"))
    return out


def _figures(fit: Fit, forecast: Forecast | None) -> list[Figure]:
    found = [("Loss over compute, lines of one M", law_charts.loss_over_compute(fit, forecast))]
    if fit.error_law:
        found.append(("Error over loss", law_charts.error_over_loss(fit)))
    found.append(("Residuals", law_charts.residuals(fit)))
    if forecast:
        found.append(("The forecast, with 80 % and 95 % intervals", law_charts.forecast_band(fit, forecast)))
    return [Figure(title, chart.to_dict()) for title, chart in found]


def _headline(fit: Fit, forecast: Forecast | None) -> str:
    what = f"{fit.loss_name} of models trained on {fit.runs.groups[0]}"
    if forecast is None:
        return f"The law of {what}"
    low, high = forecast.loss_intervals[0.8]
    return (
        f"{forecast.params} on {forecast.tokens}: {fit.loss_name} {forecast.loss:.3f}, "
        f"with 80 % between {float(low):.3f} and {float(high):.3f}"
    )


def _method(fit: Fit) -> str:
    backtest = fit.law.backtest
    tried = (
        f"Largest runs left out: {backtest.error:.1%} mean error." if fit.law.backed else "No back-test was possible."
    )
    return f"Preset {fit.law.preset}, {int(fit.fitted.sum())} runs, {fit.law.flops}. {tried}"


def _constants(fit: Fit) -> Table:
    law, used = fit.law.overtraining, fit.law.constants
    rows = [
        ["as the paper writes it", f"{law.E:.4f}", f"{law.a:.4g}", f"{law.b:.4g}", f"{law.eta:.4f}", f"{law.eta:.4f}"],
        ["as fitted", f"{used.E:.4f}", f"{used.A:.4g}", f"{used.B:.4g}", f"{used.alpha:.4f}", f"{used.beta:.4f}"],
    ]
    return "Constants", ["", "E", "a / A", "b / B", "η / α", "η / β"], rows


def _rows(caption: str, runs: list[Unseen]) -> Table:
    rows = [
        [each.name, f"{each.loss:.3f}", f"{each.predicted_loss:.3f}", f"{each.predicted_loss / each.loss - 1:+.1%}"]
        + ([f"{each.error:.3f}", f"{each.predicted_error:.3f}"] if each.error is not None else ["", ""])
        for each in runs
    ]
    return caption, ["run", "loss", "predicted", "off", "error", "predicted"], rows
