"""Scores of candidates by models, as curation steps.

- ``fasttext.py``        score documents with a fastText classifier, as DCLM-Baseline does
- ``fasttext_model.py``  such a model, and its labels for texts; ``fasttext_file.py`` reads its file
- ``language.py``        the language of documents, by fastText or langdetect
- ``caption_language.py``  the language of captions, by fastText or CLD3
- ``kenlm.py``           perplexity under an n-gram model
- ``classifier.py``      train a classifier: within a recipe, or as an artifact
- ``training.py``        the training itself: which examples, and the same bytes every time
- ``encoders.py``        sentence encoders; ``semantic_dedup.py`` drops what means nearly the same
- ``kernels/``           the compiled passes behind fastText's inference
"""
