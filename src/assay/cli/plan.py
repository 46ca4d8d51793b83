"""assay plan"""

from __future__ import annotations

from assay.cli.output import Json, print_json, print_rich, table


def plan(
    *,
    budget: str,
    target: str | None = None,
    target_params: str | None = None,
    target_tokens: str | None = None,
    noise: float | None = None,
    json_: Json = False,
) -> None:
    """Which runs to make for a budget, and the interval to expect at the target.

    Parameters
    ----------
    budget
        FLOPs of all runs: 3e19.
    target
        A scale file, or a name of the catalog: dclm-1b-1x.
    target_params
        In place of a scale: parameters of the target.
    target_tokens
        … and its tokens; by default 20 a parameter.
    noise
        Standard deviation of the log of the loss between seeds, where you have measured it.

    """
    from assay.base.errors import InputError
    from assay.models.flops import training_flops
    from assay.models.scales import load_scale
    from assay.scaling.noise import USUAL
    from assay.scaling.planning import Ladder

    if target and (target_params or target_tokens):
        raise InputError("--target is a scale, with its parameters and tokens", where="assay plan")
    exact = None
    if target:
        scale = load_scale(target)
        exact = training_flops(scale.model, scale.trained_tokens, scale.sequence_length)
        target_params, target_tokens = str(int(scale.model.parameters)), str(int(scale.trained_tokens))
    planned = Ladder(budget, target_params, target_tokens, USUAL if noise is None else noise).plan()
    if json_:
        print_json(planned.to_json() | ({"target_flops_exact": float(exact)} if exact else {}))
        return
    rows = [
        [str(run.params), f"{run.multiplier:g}", str(run.tokens), str(run.seeds), str(run.flops)]
        for run in planned.runs
    ]
    print_rich(table(None, ["model", "tokens a parameter", "tokens", "seeds", "compute"], rows))
    times = planned.target_flops / planned.flops
    target_flops = f"{planned.target_flops}" + (f", exactly counted {exact}" if exact else "")
    print(f"{planned.flops} in all")
    print(f"target: {planned.target_params} on {planned.target_tokens}, {target_flops}: {times:.3g} times as much")
    shown = ", ".join(f"{100 * level:g} %: ±{width:.1%}" for level, width in planned.half_widths.items())
    print(f"interval of the loss to expect: {shown}")
