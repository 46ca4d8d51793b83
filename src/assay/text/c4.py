"""The line rules of C4 (Raffel et al. 2020, section 2.2), as three programs have them.

|                   | `datatrove`                  | `c4`                        | `dolma`                           |
|-------------------|------------------------------|-----------------------------|-----------------------------------|
| a line is         | one of str.splitlines()      | between newlines            | between newlines                  |
| it ends with      | `.` `?` `!` `"` `'`, not ... | `.` `?` `!` `"`, not `...`  | `.` `?` `!` `"`                   |
| words in it       | 3 at least, with citations   | 5 at least, without them    | 3 at least                        |
| sentences         | 5 at least                   | 3 at least                  | not counted                       |
| javascript        | drops the line               | drops the line              | drops the page                    |
| lorem ipsum, `{`  | drops the page, when the line is kept otherwise (both)     | drops the page                    |
| other             | drops lines on cookies and terms of use, removes citations (both) | keeps lines as they are    |

Sources: ``C4QualityFilter`` of datatrove 0.10.1; TensorFlow Datasets' C4, but with spaCy's sentences where it has
NLTK's; the tagger ``c4_v2`` of dolma 1.2.1 with the mixer of its C4 replication. Bad words are not looked for.
In a page with İ, dolma cuts in the wrong places, one character later for each İ before; so does its dialect.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.curation.documents import Documents
from assay.curation.step import Modified, Modifier
from assay.text.characters import character_table
from assay.text.spacy_sentences import count_sentences

_REASONS = ("", "lorem ipsum", "a curly bracket", "javascript")  # as kernels.c4 numbers them
_TOO_FEW = "too few sentences"
_SENTENCE_END = re.compile(r"[.?!]+[\"')\]]*(?=\s|$)")


class C4Quality(Modifier):
    """Keeps the lines that look like sentences; drops pages with too few of them or with signs of other content."""

    dialect: Literal["c4", "datatrove", "dolma"]
    sentences: Literal["spacy", "split"] = "spacy"
    """How sentences are counted: as spaCy does (which must be installed), or by the marks before white space."""
    terminal_punctuation: bool = True
    """Keep only lines that end with a mark; FineWeb keeps others too. dolma always asks for it."""
    min_words_per_line: int | None = None
    """5, in the dialects datatrove and dolma 3."""
    min_sentences: int | None = None
    """5, in the dialect c4 3; dolma does not count them."""
    max_word_length: int = 1000
    """Characters; lines with a longer word are dropped, but by dolma."""

    def modify(self, documents: Documents) -> Modified:
        """The lines that are kept; null where the page is dropped."""
        from assay.text.kernels.c4 import strip_pages

        out, offsets, verdicts = self._clean(documents)
        kept = verdicts[:, 0] == 0
        if self.dialect != "dolma":
            kept &= self._enough_sentences(out, offsets, verdicts)
            offsets = strip_pages(out, offsets, character_table())
        buffers = pa.py_buffer(offsets), pa.py_buffer(out[: offsets[-1]])
        text = pa.LargeStringArray.from_buffers(len(documents), *buffers)
        reasons = [_REASONS[verdict] or _TOO_FEW for verdict in verdicts[:, 0]]
        return Modified(pc.call_function("if_else", [pa.array(kept), text, None]), reasons)

    def _clean(self, documents: Documents) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from assay.text.kernels.c4 import clean_pages, keep_sentence_lines

        data, offsets = documents.text_bytes()
        if self.dialect == "dolma":
            return keep_sentence_lines(data, offsets, character_table(), self._min_words())
        limits = self._min_words(), self.max_word_length
        return clean_pages(
            data, offsets, character_table(), self.dialect == "datatrove", not self.terminal_punctuation, limits
        )

    def _min_words(self) -> int:
        if self.min_words_per_line is not None:
            return self.min_words_per_line
        return 5 if self.dialect == "c4" else 3

    def _enough_sentences(self, out: np.ndarray, offsets: np.ndarray, verdicts: np.ndarray) -> np.ndarray:
        """Whether each page has enough sentences. As every line is at least one, few pages must be looked at."""
        least = self.min_sentences if self.min_sentences is not None else 3 if self.dialect == "c4" else 5
        lines = verdicts[:, 1]
        enough = lines >= least
        open_ = np.flatnonzero(~enough & (lines > 0) & (verdicts[:, 0] == 0))
        texts = [out[offsets[page] : offsets[page + 1]].tobytes().decode().split("\n") for page in open_]
        counts = iter(self._count([line for text in texts for line in text]))
        enough[open_] = [sum(islice(counts, len(text))) >= least for text in texts]
        return enough

    def _count(self, lines: list[str]) -> list[int]:
        if self.sentences == "spacy":
            return count_sentences(lines)
        return [max(len(_SENTENCE_END.findall(line)), 1) for line in lines]
