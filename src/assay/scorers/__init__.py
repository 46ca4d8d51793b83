"""Scores of candidates by models, as curation steps.

- ``fasttext.py``    score documents with a fastText classifier, as DCLM-Baseline does
- ``classifier.py``  train such a classifier: within a recipe, or as an artifact
- ``training.py``    the training itself: which examples, and the same bytes every time
"""
