from __future__ import annotations

from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uniseg.emoji import extended_pictographic
from uniseg.wordbreak import word_break

from assay.text.characters import WORD_BREAK
from assay.text.words import CountedWords, WordCount, WordCounts, WordStatistics, all_symbols, symbols, words_of
from text.plain import (
    STOP_WORDS,
    TRICKY,
    alnum_words,
    counts,
    documents,
    every_text,
    many,
    symbol_counts,
    texts,
    word_statistics,
    words,
)

MODELS = ("fasttext", "split", "uniseg")


@pytest.mark.parametrize("model", MODELS)
def test_words_are_those_of_dclm(model, golden):
    for document in golden:
        found = [word for word in words_of(document["text"], model) if word.strip()]
        for kind, kept in {"all": found, "nopunct": [word for word in found if word[0].isalnum()]}.items():
            number, digest = document["counts"][f"words_{model}_{kind}"]
            assert len(kept) == number, document["id"]
            assert md5("\x1f".join(kept).encode()).hexdigest() == digest, document["id"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("ignore_punctuation", [False, True])
def test_counts_are_those_of_dclm(model, ignore_punctuation, golden):
    batch = documents(*(document["text"] for document in golden))
    key = f"words_{model}_{'nopunct' if ignore_punctuation else 'all'}"
    measured = batch.derived(WordCount(model, ignore_punctuation, ignore_whitespace=True))
    assert measured.tolist() == [document["counts"][key][0] for document in golden]


@pytest.mark.parametrize("model", MODELS)
@many
@given(text=texts)
def test_words_are_those_of_plain_python(model, text):
    assert words_of(text, model) == words(text, model)
    assert WordCounts(model)(documents(text)).tolist() == [counts(text, model)]


def test_every_sequence_of_three_kinds_of_characters():
    kinds = {(word_break(character), extended_pictographic(character)): character for character in TRICKY}
    assert len(kinds) == len(WORD_BREAK) + 1
    for text in every_text("".join(kinds.values()), 3):
        assert words_of(text, "uniseg") == words(text, "uniseg")


stop_word_texts = st.lists(st.sampled_from([*STOP_WORDS, "THE", "Be", "of,", "'to", "to\0", "th", "İ"])).map(" ".join)


@pytest.mark.parametrize("model", ["split", "alnum"])
@many
@given(text=texts | stop_word_texts)
def test_statistics_are_those_of_plain_python(model: CountedWords, text):
    measured = WordStatistics(model)(documents("x", text, f"{text}the"))
    for row, same in zip(measured, ("x", text, f"{text}the"), strict=True):
        found = same.split() if model == "split" else alnum_words(same)
        assert dict(zip(measured.dtype.names, row.tolist(), strict=True)) == word_statistics(found)


def test_symbols_are_those_of_plain_python():
    texts = every_text(". #…x", 6) + every_text((". ", ".", "x"), 8) + every_text("…“.#", 4)
    batch = documents(*texts)
    assert [list(row) for row in symbols(batch).tolist()] == [symbol_counts(text) for text in texts]
    assert all_symbols(batch).tolist() == [sum(symbol_counts(text)) for text in texts]


@pytest.mark.parametrize("model", MODELS)
def test_a_line_of_a_megabyte(model):
    text = "The café's 3,14 日本 — (x)... " * 30_000
    assert WordCounts(model)(documents("", text, "a"))[1].tolist() == [
        30_000 * number for number in counts("The café's 3,14 日本 — (x)... ", model)
    ]


def test_documents_do_not_run_into_each_other():
    batch = documents("ab", "cd", "", "'s", "\u0308x")
    assert WordCounts("uniseg")(batch)[:, 0].tolist() == [1, 1, 0, 2, 2]


def test_a_part_of_a_batch_is_measured_like_the_whole():
    whole = documents("one two", "drei", "quatre cinq six")
    part = documents(*whole.text.slice(1).to_pylist())
    sliced = type(whole)(whole.batch.slice(1))
    assert WordCounts("split")(sliced).tolist() == WordCounts("split")(part).tolist()
