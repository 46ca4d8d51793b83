"""Recover the clean image's contrastive representation from a corrupted one: operators, objectives, probes.

- ``draws.py``       counter-based random numbers: a sample's depend on seed, sample, operator and draw only
- ``kernels.py``     their hash on a CPU
- ``levels.py``      how strong an operator is: fixed, from a range, or one of several
- ``operators.py``   noise, mask, square, blur, downsampling, salt and pepper
- ``compose.py``     operators made of operators: ``Compose``, ``OneOf``, ``Maybe``, ``Shared``
- ``color.py``       grey, HSV and colour jitter
- ``eight_bit.py``   JPEG and pixelation, in 8 bits
- ``imagenet_c.py``  corruptions of ImageNet-C at severities 1 to 5
- ``notation.py``    ``parse_operator("mask:0.5..0.95")``, and the paper's mixtures
- ``objectives.py``  InfoNCE in its variants, regression, SigLIP, relational; weighted sums
- ``schedules.py``   learning rate and level over the epochs, as in the paper
- ``encoders.py``    image encoders from folders, packages and functions
- ``mobilenet.py``   MobileNetV2 with ImageNet weights
- ``small.py``       a small encoder with a vector for each class
- ``images.py``      images from folders, shards and Fashion-MNIST
- ``student.py``     the student, on the training room's loop
- ``invert.py``      ... as an artifact
- ``denoise.py``     non-local means
- ``supervised.py``  baselines that learn from labels
- ``judge.py``       the student and its baselines, as rows of a table
- ``robustness.py``  an encoder over operators and levels
- ``probes.py``      linear probes, label fractions, retrieval and cosine
"""
