"""What a curation step is, recipes made of steps, the funnel they make, and the engine that runs them.

Knows no particular step: those live in ``text``, ``pairs`` and ``scorers`` and are found by name.

- ``documents.py``  a batch of documents and what was measured on it
- ``step.py``       what a step is: filter, modifier, scorer, splitter, pool step, sweep step, trained scorer
- ``recipe.py``     an ordered list of steps, from YAML
- ``page.py``       one page as a dict, and modifiers of pages in plain Python
- ``written.py``    a step as it is written in a recipe
- ``own_step.py``   steps of the user's own, on one document, with ``own_kinds.py`` (what they can be) and
                    ``own_file.py`` (the files in which they are written)
- ``explain.py``    one document through a recipe, step by step
- ``compare.py``    how far two recipes disagree, and on which documents
- ``apply.py``      one step on one batch
- ``funnel.py``     how many documents each step let through, why the others fell, and samples of both
- ``phases.py``     where a recipe must wait for the whole pool
- ``seen.py``       the documents that reached a step which decides about the whole pool
- ``shard.py``      one file of the pool through one phase: what a worker does
- ``export.py``     from the documents that were kept to the files of the dataset
- ``engine.py``     a recipe over a pool, on all cores, resumable
- ``compiling.py``  the kernels of a recipe compiled before there are workers
- ``on_ray.py``     the same work on a Ray cluster
- ``statistics.py`` what the filters of a recipe measure on a pool, as an artifact
- ``values.py``     what was measured on a batch, as it is written and read again
- ``measure.py``    make statistics
- ``refilter.py``   a dataset of statistics, with other bounds
- ``retention.py``  what recipes would keep, from statistics alone
- ``bounds.py``     which parameter of a filter is which bound
"""
