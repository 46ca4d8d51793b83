"""The pictures of a fit: loss over compute with lines of one multiplier, error over loss, residuals, the forecast."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from assay.report.charts import sized
from assay.scaling.fit import LEVELS, Fit, Forecast, Unseen

_POINTS = 60
_LINES = (10.0, 20.0, 80.0, 320.0, 640.0)
"""Multipliers whose lines are drawn, where the runs reach as far."""


def loss_over_compute(fit: Fit, forecast: Forecast | None = None) -> alt.LayerChart:
    """Measured losses, and the law along lines of one M; what it was not fitted to is hollow."""
    points = [
        {"flops": float(flops), "loss": float(loss), "M": _rounded(m), "run": str(name), "fitted": bool(used)}
        for flops, loss, m, name, used in zip(
            fit.runs.flops, fit.runs.loss(fit.loss_name), fit.runs.multipliers, fit.runs.names, fit.fitted, strict=True
        )
    ]
    multipliers = [m for m in _LINES if m <= 1.01 * fit.runs.multipliers.max()] or [float(fit.runs.multipliers.max())]
    lines = [row for m in multipliers for row in _line(fit, m, _reach(fit, forecast))]
    x = alt.X("flops:Q", title="training compute (FLOPs)", scale=alt.Scale(type="log", nice=False), axis=_powers())
    y = alt.Y("loss:Q", title="loss (nats a token)", scale=alt.Scale(type="log", zero=False, nice=False))
    colour = alt.Color("M:O", title="tokens a parameter", scale=alt.Scale(scheme="viridis"), legend=_below())
    hollow = alt.condition("datum.fitted", alt.value(1.0), alt.value(0.15))
    tooltip = ["run:N", alt.Tooltip("flops:Q", format=".3g"), alt.Tooltip("loss:Q", format=".4f"), "M:O"]
    layers = [
        _chart(lines).mark_line(strokeWidth=1.2, opacity=0.7).encode(x=x, y=y, color=colour),
        _chart(points).mark_point(size=55, filled=True).encode(x=x, y=y, color=colour, opacity=hollow, tooltip=tooltip),
    ]
    worst = max(fit.seen(), key=_off)
    said = f"Loss over compute of {len(points)} runs and the law; farthest off is {worst.name}, {_off(worst):.1%}."
    return sized(alt.layer(*layers), said, 300)


def error_over_loss(fit: Fit) -> alt.LayerChart:
    """Measured errors over measured losses, and the error law."""
    assert fit.error_law is not None
    assert fit.task is not None
    losses, errors = fit.runs.loss(fit.loss_name), fit.runs.error(fit.task)
    points = [
        {"loss": float(loss), "error": float(error), "run": str(name), "fitted": bool(used)}
        for loss, error, name, used in zip(losses, errors, fit.runs.names, fit.fitted_error, strict=True)
        if np.isfinite(error)
    ]
    grid = np.linspace(0.9 * losses.min(), losses.max(), _POINTS)
    curve = [{"loss": float(x), "error": float(y)} for x, y in zip(grid, fit.error_law.predict(grid), strict=True)]
    x = alt.X("loss:Q", title="loss (nats a token)", scale=alt.Scale(zero=False, nice=False))
    y = alt.Y("error:Q", title=f"error ({fit.task})", scale=alt.Scale(zero=False))
    hollow = alt.condition("datum.fitted", alt.value(1.0), alt.value(0.3))
    dots = _chart(points).mark_point(size=55, filled=True, color="var(--series-0)")
    layers = [
        _chart(curve).mark_line(color="var(--ink-soft)", strokeWidth=1.4).encode(x=x, y=y),
        dots.encode(x=x, y=y, opacity=hollow, tooltip=["run:N", "loss:Q", "error:Q"]),
    ]
    return sized(alt.layer(*layers), f"Error on {fit.task} over loss of {len(points)} runs with the fitted curve.", 300)


def residuals(fit: Fit) -> alt.LayerChart:
    """How far each run is from the law, over its compute."""
    seen, unseen = fit.seen(), fit.without_largest().unseen()
    flops = dict(zip(map(str, fit.runs.names), map(float, fit.runs.flops), strict=True))
    points = [
        {
            "flops": flops[each.name],
            "off": each.predicted_loss / each.loss - 1,
            "run": each.name,
            "runs": "fitted" if used else "left out",
        }
        for rows, used in ((seen, True), (unseen, False))
        for each in rows
    ]
    x = alt.X("flops:Q", title="training compute (FLOPs)", scale=alt.Scale(type="log", nice=False), axis=_powers())
    y = alt.Y("off:Q", title="predicted loss over measured, less one", axis=alt.Axis(format="+.0%"))
    domain = ["fitted", "left out"]
    colour = alt.Color(
        "runs:N",
        title=None,
        scale=alt.Scale(domain=domain, range=["var(--series-0)", "var(--series-1)"]),
        legend=_below(),
    )
    layers = [
        _chart([{"zero": 0}]).mark_rule(strokeDash=[3, 3]).encode(y="zero:Q"),
        _chart(points).mark_point(size=50, filled=True).encode(x=x, y=y, color=colour, tooltip=["run:N", "off:Q"]),
    ]
    said = f"Relative error of the loss: fitted runs at most {max(map(_off, seen)):.1%}"
    said += f", left out at most {max(map(_off, unseen)):.1%}." if unseen else "."
    return sized(alt.layer(*layers), said, 300)


def forecast_band(fit: Fit, forecast: Forecast) -> alt.LayerChart:
    """The law along the target's multiplier, with its intervals, up to the target."""
    multiplier = forecast.tokens / forecast.params
    rows = _line(fit, multiplier, _reach(fit, forecast))
    params = np.array([row["size"] for row in rows])
    tokens = np.array([row["tokens"] for row in rows])
    for level in LEVELS:
        low, high = fit.law.interval(params, tokens, level)
        for row, a, b in zip(rows, low, high, strict=True):
            row |= {f"low{100 * level:g}": float(a), f"high{100 * level:g}": float(b)}
    x = alt.X("flops:Q", title="training compute (FLOPs)", scale=alt.Scale(type="log", nice=False), axis=_powers())
    scale = alt.Scale(type="log", zero=False, nice=False)
    base = _chart(rows)
    bands = [
        base.mark_area(opacity=0.2, color="var(--series-0)").encode(
            x=x, y=alt.Y(f"low{100 * level:g}:Q", scale=scale, title="loss (nats a token)"), y2=f"high{100 * level:g}:Q"
        )
        for level in reversed(LEVELS)
    ]
    target = [{"flops": float(forecast.flops), "loss": forecast.loss, "label": f"{forecast.loss:.3f}"}]
    point = _chart(target).mark_point(size=90, filled=True, color="var(--series-1)", opacity=1)
    line = base.mark_line(color="var(--series-0)", strokeWidth=1.6).encode(x=x, y=alt.Y("loss:Q", scale=scale))
    layers = [*bands, line, point.encode(x=x, y=alt.Y("loss:Q", scale=scale), tooltip=["flops:Q", "loss:Q"])]
    low, high = forecast.loss_intervals[LEVELS[0]]
    said = f"Forecast {forecast.loss:.3f}, 80 % interval {float(low):.3f} to {float(high):.3f}, at {forecast.flops}."
    return sized(alt.layer(*layers), said, 300)


def _line(fit: Fit, multiplier: float, reach: tuple[float, float]) -> list[dict[str, Any]]:
    flops = np.geomspace(*reach, _POINTS)
    params = np.sqrt(flops / (6 * multiplier))
    tokens = multiplier * params
    sizes = params if fit.law.preset == "paper" else np.array([fit.runs.size_of(each) for each in params])
    losses = fit.law.constants.loss(sizes, tokens)
    return [
        {"flops": float(c), "loss": float(y), "M": _rounded(multiplier), "size": float(n), "tokens": float(d)}
        for c, y, n, d in zip(flops, losses, sizes, tokens, strict=True)
    ]


def _reach(fit: Fit, forecast: Forecast | None) -> tuple[float, float]:
    flops = fit.runs.flops
    last = max(float(flops.max()), float(forecast.flops) if forecast else 0.0)
    return float(flops.min()), 1.3 * last


def _rounded(multiplier: float) -> float:
    """Two digits are enough for a colour."""
    return float(f"{multiplier:.2g}")


def _off(each: Unseen) -> float:
    return abs(each.predicted_loss / each.loss - 1)


def _below() -> alt.Legend:
    return alt.Legend(orient="bottom", direction="horizontal", columns=8)


def _powers() -> alt.Axis:
    return alt.Axis(format=".0e", tickCount=5, grid=False)


def _chart(values: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.Data(values=values))
