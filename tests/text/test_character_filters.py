from __future__ import annotations

import gzip
import math

import numpy as np
import pytest
from hypothesis import given

from assay.base.errors import InputError
from assay.curation.apply import apply
from assay.text.character_filters import (
    kinds_of_characters,
    longest_line,
    mean_line,
    share_of_alphanumeric,
    split_lines,
)
from text.plain import documents, every_text, many, texts
from text.plain_lines import make

CASES = {"line_length_filter": 3, "alphanumeric_char_ratio_filter": 2}


@pytest.mark.parametrize("name", CASES)
def test_every_decision_is_that_of_dclm(name, golden, filter_cases):
    batch = documents(*(document["text"] for document in golden))
    cases = [case for case in filter_cases if case.partition(":")[0] == name]
    assert len(cases) == CASES[name]
    for case in cases:
        kept = apply(make(name, **filter_cases[case]), batch).kept
        assert kept.tolist() == [document["filters"][case] for document in golden], case


def test_the_share_of_letters_and_numbers_is_that_of_dclm(golden):
    measured = share_of_alphanumeric(documents(*(document["text"] for document in golden)))
    expected = [document["fractions"]["alnum_ratio"] for document in golden]
    np.testing.assert_array_equal(measured, [math.nan if share is None else share for share in expected])


def plain_split_lines(text: str) -> tuple[int, int, int]:
    lines = text.splitlines()
    return len(lines), sum(map(len, lines)), max(map(len, lines), default=0)


@many
@given(text=texts)
def test_measurements_are_those_of_plain_python(text):
    given = ["x" * 9, text, text * 3, ""]
    batch = documents(*given)
    assert split_lines(batch).tolist() == [plain_split_lines(each) for each in given]
    expected = [(len(t), sum(map(str.isalpha, t)), sum(map(str.isalnum, t))) for t in given]
    assert kinds_of_characters(batch).tolist() == expected


def test_every_short_text_is_split_as_by_python():
    given = every_text(("\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u2029", "a"), 3)
    assert split_lines(documents(*given)).tolist() == [plain_split_lines(text) for text in given]


def test_documents_without_text_are_dropped():
    batch = documents("", "\n")
    assert longest_line(batch).tolist()[1] == mean_line(batch).tolist()[1] == 0
    assert apply(make("line_length_filter"), batch).kept.tolist() == [False, True]
    assert apply(make("line_length_filter", length_type="avg"), batch).kept.tolist() == [False, True]
    assert apply(make("alphanumeric_char_ratio_filter", max_alnum_ratio=0), batch).kept.tolist() == [False, True]


@pytest.fixture(scope="session")
def tokenizer(shared_data, tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_bytes(
        gzip.decompress((shared_data / "tokenizers" / "allenai_gpt-neox-olmo-dolma-v1_5.json.gz").read_bytes())
    )
    return path


def test_letters_for_each_token(tokenizer, golden):
    import tokenizers

    given = [document["text"] for document in golden[:60]] + ["", "a b c", "<|endoftext|>ab", "!!!!"]
    step = make("alphabetic_characters_to_tokens_filter", tokenizer_name=str(tokenizer))
    inner = tokenizers.Tokenizer.from_file(str(tokenizer))
    expected = [
        bool(text) and sum(map(str.isalpha, text)) / len(inner.encode(text, add_special_tokens=False)) >= 1.5
        for text in given
    ]
    assert apply(step, documents(*given)).kept.tolist() == expected
    assert {True, False} == set(expected)


def test_the_bound_can_be_moved_and_the_tokenizer_is_a_part_of_what_the_step_is(tokenizer, tmp_path):
    name = "alphabetic_characters_to_tokens_filter"
    high = make(name, tokenizer_name=str(tokenizer), min_ratio=100)
    assert apply(high, documents("letters")).kept.tolist() == [False]
    assert len(make(name, tokenizer_name=str(tokenizer)).identity()["tokenizer_name"]["sha256"]) == 64
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    with pytest.raises(InputError, match="not a tokenizer.json"):
        apply(make(name, tokenizer_name=str(bad)), documents("a"))
