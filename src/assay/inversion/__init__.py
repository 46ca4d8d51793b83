"""Recover the clean image's contrastive representation from a corrupted one: operators, objectives, probes.

Not filled yet.
"""
