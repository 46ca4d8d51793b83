"""Curation steps for image–text pairs: caption and size rules, subsets, clusters, resharding.

Not filled yet.
"""
