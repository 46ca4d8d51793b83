"""Scoring a trained model on a suite of tasks.

- ``suite.py``            a suite: its tasks and their data files, from YAML
- ``task.py``             what a type of task is; ``catalog/tasks.yaml`` lists the types
- ``bits_per_byte.py``    held-out text: how many bits a byte costs under the model
- ``multiple_choice.py``  questions with choices, as DCLM asks them
- ``prompts.py``          few-shot prompts, word for word as DCLM's
- ``scoring.py``          the loss of tokens under a model, in batches
- ``evaluate.py``         a run x a suite → the evaluation artifact
- ``extraction.py``       HTML extractors on pages with a known main text (``gold_pages.py``)
- ``contamination.py``    what a dataset holds of the tasks

A new type of task is one file beside these and one line in ``catalog/tasks.yaml``.
"""
