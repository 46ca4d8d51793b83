"""Counts of captions, beside plain Python and fastText's rule."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from assay.curation.page import documents_of
from assay.pairs.captions import caption_counts
from pairs.pair_pools import many

SPACES = "".join(map(chr, range(0x3001)))
SPACES = "".join(character for character in SPACES if character.isspace()) + "\0\u200b\u180e\ufeff"
captions = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(SPACES + "ab\n"))


def fasttext_tokens(text: str) -> int:
    """fastText's Dictionary::readWord: runs between seven separators, and one token for every newline."""
    return len(re.findall(r"\n|[^ \n\r\t\v\f\0]+", text))


@many
@given(st.lists(captions, max_size=6))
def test_counts(texts):
    counted = caption_counts(documents_of([{"text": text} for text in texts] or [{"text": ""}]))
    for text, row in zip(texts, counted.tolist(), strict=False):
        assert row == [len(text.split()), len(text), fasttext_tokens(text)]


def test_every_space_there_is():
    every = [f"a{chr(code)}b" for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    documents = documents_of([{}]).changed({})
    batch = pa.RecordBatch.from_pydict({"id": pa.array([""] * len(every)), "text": pa.array(every, pa.large_string())})
    counted = caption_counts(type(documents)(batch))
    assert counted[:, 0].tolist() == [len(text.split()) for text in every]
