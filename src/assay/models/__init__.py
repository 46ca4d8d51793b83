"""The networks, and the named scales that fix everything about training one.

- ``scales.py``       a scale: shape, tokens, batch, optimiser; loaded by name or from YAML; parameter and FLOP counts
- ``blocks.py``       norm, attention, feed-forward and the residual block
- ``language.py``     the decoder of DCLM (open_lm), with its initialisation and parameter names
- ``checkpoints.py``  the model of a finished run; the weights of others' checkpoints

``scales.py`` imports no torch, so a plan can be made without it.
"""
