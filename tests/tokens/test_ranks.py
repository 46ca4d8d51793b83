from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.tokens.jsonl import read_jsonl
from assay.tokens.ranks import Like, _byte_characters, convert_ranks, merges_of, read_ranks, tokenizer_definition
from assay.tokens.tokenizer import Tokenizer, load_tokenizer, train_bpe
from tokens.datasets import prose

PLAIN = Like(description="", normalizer=None, special_tokens=["<|endoftext|>"], space_runs=None)


@pytest.fixture(scope="module")
def converted(shared_data, tmp_path_factory) -> Tokenizer:
    out = tmp_path_factory.mktemp("converted") / "tokenizer"
    convert_ranks(shared_data / "tokenizers" / "EleutherAI_gpt-neox-20b.tiktoken", out, "gpt-neox-20b")
    return load_tokenizer(out)


@pytest.fixture(scope="module")
def original(shared_data) -> Tokenizer:
    return load_tokenizer(shared_data / "tokenizers" / "allenai_gpt-neox-olmo-dolma-v1_5.json.gz")


def test_the_converted_tokenizer_is_gpt_neox(converted, original, shared_data):
    assert (converted.end_of_text, converted.vocab_size) == (0, 50277)
    assert converted.encode("Hello world") == [12092, 1533]
    for name in ("tldr_multilingual.jsonl.gz", "learnxinyminutes_en.jsonl.gz", "c4_sample.jsonl.gz"):
        texts = [row["text"] for _, row in read_jsonl(shared_data / "text" / name)][:60]
        assert converted.encode_batch(texts) == original.encode_batch(texts)


def test_the_merges_are_those_of_the_published_file(converted, original):
    """But for those of two spaces and more, which are tokens of their own before any merge."""
    ours, theirs = (json.loads(each.definition)["model"]["merges"] for each in (converted, original))
    pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in theirs]
    assert [pair for pair in ours if "ĠĠ" not in "".join(pair)] == [pair for pair in pairs if "ĠĠ" not in "".join(pair)]
    assert len(ours) > 49_800


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.integers(0, 60))
def test_any_text_has_the_same_ids(converted, original, text, spaces):
    text = f"{text}{' ' * spaces}{text[::-1]}"
    assert converted.encode(text) == original.encode(text)


def ranks_of(tokenizer: Tokenizer) -> dict[bytes, int]:
    """The vocabulary as ranks."""
    byte = {character: number for number, character in enumerate(_byte_characters())}
    vocabulary = json.loads(tokenizer.definition)["model"]["vocab"]
    return {bytes(byte[c] for c in token): id_ for token, id_ in vocabulary.items() if id_ != tokenizer.end_of_text}


def test_a_trained_tokenizer_survives_the_way_through_ranks():
    trained = train_bpe([prose(number) for number in range(60)], 500)
    ranks = {token: rank - 1 for token, rank in ranks_of(trained).items()}
    back = Tokenizer(tokenizer_definition(ranks, PLAIN))
    assert (back.end_of_text, back.vocab_size) == (len(ranks), trained.vocab_size)
    for number in range(80):
        assert back.encode(prose(number)) == [id_ - 1 for id_ in trained.encode(prose(number))]
    assert len(merges_of(ranks)) == len(ranks) - 256


def test_a_token_that_no_merge_makes_is_left_out():
    ranks = {b"a": 0, b"b": 1, b"c": 2, b"ab": 3, b"abcc": 4, b"abc": 5}
    assert merges_of(ranks) == [(b"a", b"b"), (b"ab", b"c")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no ranks"),
        (b"YQ== 0\nYg== 0\n", "one rank to two tokens"),
        (b"YQ== 0\nYg==\n", "ranks:2: not a token in base64 and its rank"),
        (b"YQ== zero\n", "ranks:1: not a token"),
        (b"\xff\xfe 1\n", "ranks:1: not a token"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    (tmp_path / "ranks").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_ranks(tmp_path / "ranks")


def test_an_unknown_name_is_told_with_what_there_is(tmp_path):
    (tmp_path / "ranks").write_bytes(base64.b64encode(b"a") + b" 0\n")
    with pytest.raises(InputError, match=r"unknown tokenizer 'gpt-neox'\nhint: did you mean gpt-neox-20b"):
        convert_ranks(tmp_path / "ranks", tmp_path / "out", "gpt-neox")
