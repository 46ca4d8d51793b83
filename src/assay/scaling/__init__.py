"""Laws that extrapolate small runs in parameters and tokens per parameter, and from loss to downstream error.

>>> law = LossLaw.fit(params, tokens, loss)                      # doctest: +SKIP
>>> law.predict(1.4e9, 900e9), law.interval(1.4e9, 900e9, 0.8)   # doctest: +SKIP

- ``runs.py``             trained models: sizes, tokens, losses, errors
- ``read.py``             runs from files
- ``tables.py``           … from CSV, Parquet, JSONL
- ``published.py``        … from the published testbed's exp_data, as it is
- ``records.py``          … from assay's own runs and evaluations
- ``curves.py``           several budgets from one learning curve
- ``checks.py``           what is wrong with the runs of a fit
- ``noise.py``            run-to-run noise from repeated runs
- ``forms.py``            the loss law in the paper's, its repository's and Chinchilla's constants
- ``projection.py``       variable projection
- ``least_squares.py``    the paper's fit, free exponents, exponents shared over training sets
- ``huber.py``            Chinchilla's fit
- ``robust.py``           the default rule
- ``backtest.py``         the largest runs, predicted from the smaller ones
- ``uncertainty.py``      intervals
- ``loss_law.py``         LossLaw: fit, predict, interval, save
- ``error_curves.py``     curves from loss to error
- ``error_law.py``        ErrorLaw
- ``downstream.py``       averages, the selection rule, a law for each task
- ``fit.py``              both laws of a training set, its unseen runs, a forecast
- ``compare.py``          two training sets at a target, by a law for each
- ``difference.py``       … by the difference of paired runs, carried on
- ``ranking.py``          training sets ranked by several losses or tasks
- ``planning.py``         Ladder: which runs to make for a budget
- ``flops.py``            6·N·D
- ``power_law.py``        loss over compute alone
- ``data_constrained.py`` repeated data
- ``mixing_law.py``       losses over the shares of the training data
- ``two_step.py``         the two-step ladder: task loss, then accuracy
"""

from assay.scaling.compare import compare
from assay.scaling.error_law import ErrorLaw
from assay.scaling.loss_law import LossLaw
from assay.scaling.planning import Ladder

__all__ = ["ErrorLaw", "Ladder", "LossLaw", "compare"]
