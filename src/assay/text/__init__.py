"""Curation steps on text that need no model.

- ``extract.py``        web page → text
- ``words.py``          words, in the three senses that DCLM's steps use; counts of them
- ``lines.py``          lines and paragraphs; what is measured on them
- ``sentences.py``      sentences, by one of two packages; counts of them
- ``filters.py``        rules on length, words and symbols
- ``repetition.py``     rules on repeated lines, paragraphs and n-grams
- ``dedup.py``          equal documents, over the whole pool
- ``decontaminate.py``  documents that share passages with held-out text
- ``quality.py``        rules on a score that an earlier step added
- ``reading.py``        the texts in a file that a step names
- ``characters.py``     what the rules need to know of each Unicode character
- ``kernels/``          the compiled passes behind the measurements

A filter is a table of rules over measurements; start with ``filters.py``, follow a measurement into ``words.py``, and
from there into the kernel that computes it.
"""
