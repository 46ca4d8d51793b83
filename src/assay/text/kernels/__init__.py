"""The compiled passes over text.

They work on the UTF-8 bytes of many documents at once (``Documents.text_bytes``): ``data`` (uint8, 8 bytes longer than
the text), ``offsets`` (int64; document d is ``data[offsets[d]:offsets[d + 1]]``) and ``table``
(``characters.character_table``). They release the GIL and know nothing of Arrow or of steps.

- ``utf8.py``      characters, hashes and comparison of byte spans
- ``segment.py``   where words end: str.split, fastText, and Unicode's UAX #29
- ``words.py``     find and count words
- ``runs.py``      cut whitespace words into smaller ones
- ``surface.py``   statistics of words and symbols
- ``dolma.py``     … that only dolma measures
- ``segments.py``  lines and paragraphs
- ``senses.py``    … in every sense that the rules use
- ``line_kinds.py``     how lines begin and end
- ``numbers.py``   equal numbers for equal spans
- ``repeats.py``   repeated lines, paragraphs and n-grams
- ``jumps.py``     … by datatrove's walk
- ``c4.py``        the lines that C4 keeps
- ``overlap.py``   n-grams shared with other text
"""
