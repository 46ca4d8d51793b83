from __future__ import annotations

from hashlib import md5

import pytest
from hypothesis import given
from uniseg.emoji import extended_pictographic
from uniseg.wordbreak import word_break

from assay.text.characters import WORD_BREAK
from assay.text.words import WordCount, WordCounts, words_of
from assay.text.words import surface as measured_surface
from text.plain import TRICKY, counts, documents, every_text, many, surface, texts, words

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


@many
@given(text=texts)
def test_surface_is_that_of_plain_python(text):
    measured = measured_surface(documents(text))
    assert dict(zip(measured.dtype.names, measured[0].tolist(), strict=True)) == surface(text)


def test_symbols_are_those_of_plain_python():
    texts = every_text(". #…x", 6) + every_text((". ", ".", "x"), 8)
    measured = measured_surface(documents(*texts))["symbols"]
    assert measured.tolist() == [surface(text)["symbols"] for text in texts]


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
