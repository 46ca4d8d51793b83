"""CLIP's tokenizer, beside open_clip's on its golden strings and beside BPE in plain Python."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.pairs.tokenizer import ClipTokenizer, clean
from pairs.pair_pools import many

pytest.importorskip("ftfy")
pytest.importorskip("regex")


@pytest.fixture(scope="module")
def tokenizer(shared_data) -> ClipTokenizer:
    return ClipTokenizer(shared_data / "tokenizers" / "bpe_simple_vocab_16e6.txt.gz")


def test_golden_strings(tokenizer, shared_data):
    golden = json.loads((shared_data / "clip_tokenizer_golden.json").read_text(encoding="utf-8"))
    assert (len(tokenizer), tokenizer.start, tokenizer.end) == (golden["vocab_size"], golden["sot"], golden["eot"])
    assert tokenizer.sha256 == golden["vocab_file_sha256"]
    for text, ids, padded in golden["items"]:
        assert tokenizer.encode(text) == ids, text
        assert tokenizer([text])[0].tolist() == padded, text


def plain_merge(word: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    pieces = [*word[:-1], word[-1] + "</w>"]
    while len(pieces) > 1:
        ranked = [(ranks[pair], pair) for pair in pairwise(pieces) if pair in ranks]
        if not ranked:
            break
        first, second = min(ranked)[1]
        joined: list[str] = []
        for piece in pieces:
            if piece == second and joined and joined[-1] == first:
                joined[-1] = first + second
            else:
                joined.append(piece)
        pieces = joined
    return pieces


@many
@given(st.from_regex(re.compile(r"[a-z]{1,24}"), fullmatch=True) | st.text("aeinorst", min_size=1, max_size=30))
def test_words_are_merged_as_in_plain_python(tokenizer, word):
    from assay.pairs.tokenizer import _read_merges

    if not hasattr(tokenizer, "ranks"):
        tokenizer.ranks = {pair: rank for rank, pair in enumerate(_read_merges(tokenizer.path))}
    assert tokenizer.encode(word) == [tokenizer._ids[piece] for piece in plain_merge(word, tokenizer.ranks)]


def test_captions_of_any_length(tokenizer):
    table = tokenizer(["", "a" * 1_000_000, "a photo " * 100])
    assert table.shape == (3, 77)
    assert table[0].tolist() == [tokenizer.start, tokenizer.end, *[0] * 75]
    assert (table[1:, -1] == tokenizer.end).all()


def test_the_tokens_say_what_the_text_was(tokenizer):
    assert tokenizer.decode(tokenizer.encode("A photo of  a DOG, café")) == "a photo of a dog , café "


def test_printable_ascii_needs_no_repair():
    import ftfy

    every = "".join(map(chr, range(32, 127))).replace("&", "")
    assert ftfy.fix_text(every) == every
    assert clean(" A &amp;amp; B ") == "a & b"


def test_a_file_that_is_not_the_merges(tmp_path, monkeypatch):
    (tmp_path / "x.gz").write_bytes(b"not gzip")
    with pytest.raises(InputError, match="is not bpe_simple"):
        ClipTokenizer(tmp_path / "x.gz")
    monkeypatch.setenv("ASSAY_CLIP_BPE", str(tmp_path / "none.gz"))
    with pytest.raises(InputError, match="no such file"):
        ClipTokenizer()
