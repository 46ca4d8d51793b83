"""The compiled passes over text.

They work on the UTF-8 bytes of many documents at once (``Documents.text_bytes``): ``data`` (uint8, with ``SLACK`` bytes
behind the text), ``offsets`` (int64; document d is ``data[offsets[d]:offsets[d + 1]]``) and ``table``
(``characters.character_table``). They release the GIL and know nothing of Arrow or of steps.

- ``utf8.py``         characters, hashes and comparison of byte spans
- ``segment.py``      where words end: str.split, fastText, and Unicode's UAX #29
- ``words.py``        count words
- ``surface.py``      statistics of whitespace words and symbols
- ``segments.py``     lines and paragraphs, stripped
- ``repeats.py``      repeated lines, paragraphs and n-grams
- ``bloom.py``        n-grams and a Bloom filter of them
- ``bloom_sweep.py``  what was seen before, document by document
- ``bloom_across.py`` … by n-grams that run across paragraphs
- ``substrings.py``   passages that occurred before
- ``line_hashes.py``  a hash of each line
- ``minhash.py``      signatures, candidates, and how alike they are
- ``fingerprint.py``  128 bits of each text
- ``overlap.py``      n-grams shared with other text
- ``boundary.py``     word boundaries as regular expressions have them
- ``trie.py``         strings of a list, found in text
- ``hosts.py``        the network location of URLs, and whether a string is one of many
- ``urls.py``         URLs and addresses in text
- ``block.py``        sixty-four bytes at once
- ``edges.py``        find words
- ``machine.py``      machine instructions that numba has no name for
- ``lines.py``        lines as they are, and what is measured on each
- ``line_ends.py``    how lines begin and end, and their longest word
- ``literals.py``     lines that may hold one of several strings
- ``same_lines.py``   lines and paragraphs that may be the same
- ``pii.py``          lines that may hold addresses and phone numbers
- ``cuts.py``         what remains when something is cut out
- ``pieces.py``       new texts made of pieces of the old
- ``characters.py``   kinds of characters, and the longest line
- ``runs.py``         whitespace words cut into smaller ones
- ``dolma.py``        statistics that only dolma measures
- ``senses.py``       lines and paragraphs in every sense that the rules use
- ``line_kinds.py``   how lines begin and end, counted
- ``numbers.py``      equal numbers for equal spans
- ``jumps.py``        repeated n-grams by datatrove's walk
- ``c4.py``           the lines that C4 keeps
- ``tags.py``         the tags of an HTML page
"""
