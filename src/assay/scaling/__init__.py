"""Laws that extrapolate small runs in parameters and tokens per parameter, and from loss to downstream error.

Not filled yet.
"""
