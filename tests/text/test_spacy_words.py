from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.text.spacy_words import spacy_english, spacy_words
from text.plain import documents, many, texts

pytest.importorskip("spacy")

pieces = (*":;=8-()[]{}|/<>*'\"._xXDoO0 3", ":)", "[:", "=[", ":-)", "can't", "Mr.", "o.O", " ", " ", "\n")
smiling = st.lists(st.sampled_from(pieces), max_size=30).map("".join)


def words_of(text: str, spans) -> list[str]:
    return [text.encode()[start:stop].decode() for start, stop in spans]


@many
@given(text=smiling | texts)
def test_words_are_those_of_spacy_on_the_whole_text(text):
    variants = (text, f"{text} = [:a, :b] {text}", ") :}")
    for same, spans in zip(variants, spacy_words(documents(*variants)), strict=True):
        expected = [word.text for word in spacy_english().tokenizer(same) if not word.text.isspace()]
        assert words_of(same, spans) == expected


def test_a_smiley_that_is_cut_hides_another():
    texts = ("the [:a", "= [:a", "=  [:a", "=", "[:a")
    found = [words_of(text, spans) for text, spans in zip(texts, spacy_words(documents(*texts)), strict=True)]
    assert found == [["the", "[:", "a"], ["=", "[", ":", "a"], ["=", "[:", "a"], ["="], ["[:", "a"]]
