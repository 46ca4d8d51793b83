"""Training: one loop for every objective, and what it needs.

- ``language.py``    ``train``: a run of the language model, from token shards to a run folder
- ``loop.py``        steps, checkpoints, metrics, interruption; knows no objective
- ``schedule.py``    the learning rate of a step
- ``optimizer.py``   AdamW as DCLM uses it
- ``loss.py``        cross-entropy and z-loss
- ``checkpoint.py``  stop and go on, bit for bit
- ``metrics.py``     the rows of ``metrics.jsonl``
- ``device.py``      GPU or CPU, threads, arithmetic; ``memory.py`` keeps freed memory
- ``interrupt.py``   Ctrl-C and SIGTERM take effect between two steps
- ``identity.py``    what makes two runs the same; imports no torch
"""
