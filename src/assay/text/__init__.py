"""Curation steps on text that need no model.

- ``extract.py``            web page → text
- ``nesting.py``            pages that are not to be parsed
- ``html_paragraphs.py``    HTML in place of the text → its paragraphs
- ``words.py``              words, in the three senses that DCLM's steps use; counts of them
- ``lines.py``              lines and paragraphs; what is measured on them
- ``sentences.py``          sentences, by one of two packages; counts of them
- ``filters.py``            rules on length, words and symbols
- ``repetition.py``         rules on repeated lines, paragraphs and n-grams
- ``gopher.py``             Gopher's rules on quality, in the dialects of four programs and papers
- ``gopher_repetition.py``  … on repetition
- ``c4.py``                 C4's rules on lines, as three programs have them
- ``fineweb.py``            FineWeb's rules
- ``spacy_words.py``        the words that datatrove's rules count
- ``spacy_sentences.py``    … and the sentences
- ``measures.py``           measurements made of other measurements
- ``banlists.py``           lists of banned strings, from a recipe or a file
- ``urls.py``               rules on the URL: banned domains, banned strings
- ``substrings.py``         rules on banned strings in the text
- ``url_removal.py``        URLs and addresses cut out of the text
- ``language.py``           rules on the languages that an earlier step found
- ``filenames.py``          rules on the name of the file that a document was
- ``latex.py``              LaTeX sources cleaned
- ``keys.py``               the keys of a page: its URL, the name of its text, its text as lines
- ``stackexchange.py``      questions and answers made text
- ``starcoder.py``          repositories of source code made text
- ``normalize.py``          what is compared in place of a text or URL
- ``dedup.py``              equal documents, over the whole pool
- ``bloom.py``              near-duplicate paragraphs and documents, over the whole pool
- ``bloom_filter.py``       the filter for that: its size, how full it is, its file
- ``substring_dedup.py``    passages that occurred before, over the whole pool
- ``minhash.py``            near-duplicate documents, over the whole pool
- ``decontaminate.py``      documents that share passages with held-out text
- ``questions.py``          questions of evaluation tasks, cut out of documents
- ``line_dedup.py``         lines that many pages of a host have
- ``semantic.py``           clusters and near neighbours of embeddings
- ``quality.py``            rules on a score that an earlier step added
- ``reading.py``            the texts in a file that a step names
- ``rewriting.py``          new texts made of pieces of the old: what modifiers share
- ``line_modifiers.py``     drop lines by their words, ends, capitals, digits
- ``line_substrings.py``    drop lines, or parts of them, by phrases
- ``cleaning.py``           cut out newlines, citations, repeated lines
- ``pii.py``                mask e-mail and IP addresses and phone numbers
- ``character_filters.py``  rules on kinds of characters and long lines
- ``counters.py``           counts as columns; how many words the modifiers removed
- ``sampling.py``           a random part of the documents
- ``characters.py``         what the rules need to know of each Unicode character
- ``kernels/``              the compiled passes behind the measurements

A filter is a table of rules over measurements; start with ``filters.py``, follow a measurement into ``words.py``, and
from there into the kernel that computes it.
"""
