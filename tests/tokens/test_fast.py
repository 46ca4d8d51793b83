from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.tokens import fast
from assay.tokens.fast import encode_flat, fast_encoder, proof
from assay.tokens.jsonl import read_jsonl
from assay.tokens.tokenizer import Tokenizer, load_tokenizer, train_bpe
from tokens.datasets import prose

MULTILINGUAL = "tldr_multilingual.jsonl.gz"


def lists(flat: tuple[np.ndarray, np.ndarray]) -> list[list[int]]:
    ids, ends = flat
    return [part.tolist() for part in np.split(ids, ends)[:-1]]


@pytest.fixture(scope="module")
def neox(shared_data) -> Tokenizer:
    return load_tokenizer(shared_data / "tokenizers" / "allenai_gpt-neox-olmo-dolma-v1_5.json.gz")


@pytest.fixture(scope="module")
def trained() -> Tokenizer:
    return train_bpe([prose(number) for number in range(60)], 400)


def test_the_ids_are_those_of_hugging_face_on_real_text(neox, shared_data):
    assert neox.encoder.startswith("fastokens")
    for name in (MULTILINGUAL, "c4_sample.jsonl.gz", "eips.jsonl.gz"):
        texts = [row["text"] for _, row in read_jsonl(shared_data / "text" / name)][:60]
        assert lists(neox.encode_flat(texts)) == neox.encode_batch(texts)


PIECES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["<|endoftext|>", "<|padding|>", "|||IP_ADDRESS|||", "  ", " " * 30, "\n\n \t", "'s", "e\u0301"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=4))
def test_the_ids_are_those_of_hugging_face_on_any_text(trained, texts):
    assert trained.encoder.startswith("fastokens")
    assert lists(trained.encode_flat(texts)) == trained.encode_batch(texts)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_normalised_text_and_added_tokens(neox, text):
    assert lists(neox.encode_flat([text])) == [neox.encode(text)]


def test_special_tokens_in_text_are_text(neox):
    ids, _ = neox.encode_flat(["one<|endoftext|>two<|padding|>"])
    assert neox.end_of_text not in ids


def test_truncation_and_padding_in_the_file_do_not_count(trained):
    inner = tokenizers.Tokenizer.from_str(trained.definition)
    inner.enable_truncation(3)
    inner.enable_padding(length=50)
    other = Tokenizer(inner.to_str())
    assert other.encoder.startswith("fastokens")
    assert lists(other.encode_flat([prose(1)])) == [trained.encode(prose(1))]


class Wrong:
    """An encoder that is wrong about one character."""

    def __init__(self, inner):
        self.inner = inner

    def encode_batch_flat(self, texts, **options):
        return self.inner.encode_batch_flat([text.replace("\u2028", "\u2029") for text in texts], **options)


def test_an_encoder_with_other_ids_is_not_used_and_that_is_said(trained, monkeypatch, capsys):
    inner = fast_encoder(trained.definition)[0]
    fast_encoder.cache_clear()
    wrong = SimpleNamespace(Tokenizer=SimpleNamespace(from_json_str=lambda _: Wrong(inner)))
    monkeypatch.setattr(fast, "fastokens", wrong)
    slow = Tokenizer(trained.definition)
    assert slow.encoder == f"tokenizers {tokenizers.__version__}"
    assert "other ids for" in capsys.readouterr().err
    assert lists(slow.encode_flat([prose(3)])) == [slow.encode(prose(3))]
    fast_encoder.cache_clear()


def test_what_the_fast_encoder_does_not_support_goes_to_hugging_face(capsys):
    vocabulary = {"[UNK]": 0, "</s>": 1, "word": 2}
    inner = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer = Tokenizer(inner.to_str())
    assert lists(tokenizer.encode_flat(["word other word", "", "word"])) == [[2, 0, 2], [], [2]]
    assert tokenizer.encoder.startswith("fastokens") or "slow: Hugging Face" in capsys.readouterr().err


def test_the_proof_is_the_same_every_time_and_holds_what_matters(neox):
    texts = proof(neox.definition)
    assert proof(neox.definition) == texts
    whole = "".join(texts)
    for token in json.loads(neox.definition)["added_tokens"]:
        assert token["content"] in whole
    for piece in (" " * 200, "e\u0301", "\U0001f468\u200d", "\u1100\u1161\u11a8", "\x00", "\U0010ffff", "\r\n"):
        assert piece in whole


def test_flat_ids_of_nothing(trained):
    assert lists(trained.encode_flat([])) == []
    assert lists(encode_flat(trained._fast[0], ["", ""])) == [[], []]
