"""The networks, and the named scales that fix everything about training one.

- ``scales.py``       a scale: shape, tokens, batch, optimiser; loaded by name or from YAML; parameter and FLOP counts
- ``flops.py``        the matrix products of training, counted
- ``norms.py``        LayerNorm with a gain only, RMSNorm
- ``attention.py``    self-attention, rotary positions, document masks
- ``blocks.py``       the residual block of all towers, and its feed-forward layers
- ``cache.py``        the keys and values of tokens that were read
- ``language.py``     the decoder of DCLM (open_lm) and its Llama form, with initialisation and parameter names
- ``hf.py``           any causal language model of transformers
- ``llama.py``        the Llama form under transformers' names, both ways
- ``olmoe.py``        the open_lm form as a native architecture of transformers and vLLM
- ``export.py``       a run as a folder that transformers loads
- ``loading.py``      a model from a run, a checkpoint of open_lm or a Llama of transformers
- ``sampling.py``     the next token from logits, again and again; ``generate.py`` does it for a prompt
- ``clip_shape.py``   the shape of a CLIP, and parameter counts
- ``clip.py``         its two towers, with initialisation
- ``open_clip.py``    its weights under open_clip's names, ``clip_hf.py`` under transformers', both ways
- ``clip_loading.py`` a CLIP from and to folders and checkpoints of both
- ``checkpoints.py``  the model of a finished run; the weights of others' checkpoints

``scales.py`` and ``clip_shape.py`` import no torch, so a plan can be made without it.
"""
