"""Training: one loop for every objective, and what it needs.

- ``language.py``    ``train``: a run of the language model, from token shards to a run folder
- ``objective.py``   its loss and gradients, for one process's share of a batch
- ``loop.py``        steps, checkpoints, metrics, interruption; knows no objective
- ``budgets.py``     runs of several token budgets from one constant phase; ``trunk.py`` keeps that
- ``settings.py``    how a run is carried out; imports no torch
- ``estimate.py``    what a run will take: compute, memory, time, cost; imports no torch
- ``schedule.py``    the learning rate of a step
- ``optimizer.py``   AdamW as DCLM uses it
- ``loss.py``        cross-entropy and z-loss
- ``contrastive_loss.py``  CLIP's, over all processes; ``gradient_cache.py`` its gradient a part of the batch at a time
- ``spikes.py``      losses and gradients that stand out
- ``checkpoint.py``  stop and go on, bit for bit, with any number of processes
- ``world.py``       the processes that train together; ``parallel.py`` readies a model for them, and compiles it
- ``metrics.py``     the rows of ``metrics.jsonl``; ``track.py`` mirrors them to TensorBoard, W&B or Trackio
- ``throughput.py``  tokens a second, MFU, waiting for data
- ``validation.py``  held-out texts while a model trains
- ``device.py``      GPU or CPU, threads, arithmetic; ``memory.py`` keeps freed memory
- ``interrupt.py``   Ctrl-C and SIGTERM take effect between two steps
- ``identity.py``    what makes two runs the same; imports no torch
"""
