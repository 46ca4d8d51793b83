from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.text.spacy_sentences import count_sentences
from assay.text.spacy_words import spacy_english
from text.plain import many, texts

pytest.importorskip("spacy")

words = ("One", "two.", ".", "!", "?", "...", '"', ")", "Mr.", "e.g.", "a.b", "。", "۔", "-", "5")
sentences = st.lists(st.sampled_from((*words, " ", " ", "  ", "\t", "\n")), max_size=30).map("".join)


@many
@given(text=sentences | texts)
def test_sentences_are_those_of_the_sentencizer(text):
    variants = [text, f"Here. {text}", f"{text}  ", f"{text}.) The end?", ""]
    assert count_sentences(variants) == [len(list(spacy_english()(same).sents)) for same in variants]
