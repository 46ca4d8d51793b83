"""Labels and probabilities are those of the C++ program, for every kind of model and any text."""

from __future__ import annotations

import gzip
import io
import json
from itertools import islice

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.scorers.fasttext_model import load_model
from scorers.conftest import make_examples
from text.plain import anything, every_text, many, tricky

NGRAMS = {"minn": 2, "maxn": 4}
PRUNE = {"cutoff": 900, "qnorm": True, "qout": True}
MODELS = {
    "bigrams": {"dim": 10, "wordNgrams": 2, "bucket": 20_000, "epoch": 5},
    "trigrams, two labels": {"dim": 5, "wordNgrams": 3, "bucket": 30_000, "labels": 2},
    "characters": {"dim": 16, **NGRAMS, "bucket": 20_000, "lr": 1.0},
    "single characters": {"dim": 3, "minn": 1, "maxn": 9, "bucket": 50_000},
    "tree": {"dim": 9, "loss": "hs", **NGRAMS, "wordNgrams": 2, "bucket": 30_000, "lr": 0.5, "epoch": 20},
    "one against all": {"dim": 8, "loss": "ova", "wordNgrams": 2, "bucket": 20_000},
    "negative sampling": {"dim": 8, "loss": "ns", **NGRAMS, "bucket": 20_000},
    "rare words": {"dim": 8, "minCount": 40, "wordNgrams": 2, "bucket": 20_000},
    "quantised": {"dim": 9, "wordNgrams": 2, "bucket": 20_000, "quantise": {}},
    "quantised norms": {"dim": 10, **NGRAMS, "bucket": 20_000, "quantise": {"qnorm": True, "dsub": 4}},
    "quantised output": {"dim": 10, **NGRAMS, "bucket": 20_000, "quantise": {"qnorm": True, "qout": True}},
    "quantised tree, pruned": {"dim": 9, "loss": "hs", **NGRAMS, "wordNgrams": 3, "bucket": 20_000, "quantise": PRUNE},
}
LONG = "日本ba" * 40

vocabulary = sorted({word for line in make_examples(40).splitlines() for word in line.split()[1:]})
words = st.one_of(
    st.sampled_from(vocabulary),
    st.sampled_from(["</s>", "<", "__label__3", "__label__new", "__label__", "x" * 63, "y" * 64, "z" * 65, LONG]),
    st.text(st.sampled_from("bakotü日本שאx1-"), max_size=9),
)
separators = st.sampled_from([" ", "  ", "\t", "\0", "\r", "\x0b", "\u00a0", "\n"])
lines = st.lists(st.tuples(words, separators), max_size=30).map(lambda pairs: "".join(map("".join, pairs)))
texts = st.one_of(lines, tricky, anything)


def large(texts: list[str]) -> pa.Array:
    return pa.array(texts, pa.large_string())


def said_by_fasttext(model, texts: list[str]) -> list[tuple[str, float] | None]:
    found = (model.f.predict(text + "\n", 1, 0.0, "strict") for text in texts)
    return [(some[0][1], some[0][0]) if some else None for some in found]


def assert_agree(path, texts: list[str]) -> None:
    import fasttext

    expected = said_by_fasttext(fasttext.load_model(str(path)), texts)
    model = load_model(path)
    labels, probabilities = model.predict(large(texts))
    assert [model.labels[label] if label >= 0 else None for label in labels] == [some and some[0] for some in expected]
    np.testing.assert_allclose(probabilities, [some[1] if some else 0 for some in expected], rtol=0, atol=1e-6)


@pytest.fixture(scope="module", params=MODELS)
def any_model(request, train):
    return train(**MODELS[request.param])


def test_every_kind_of_model(any_model):
    @many
    @given(st.lists(texts, min_size=1, max_size=12))
    def agree(batch):
        assert_agree(any_model, batch)

    agree()


def test_short_texts(any_model):
    pieces = ["ba", "</s>", " ", "\n", "__label__1", "日"]
    assert_agree(any_model, every_text(pieces, 4))


def test_more_words_than_are_cached(any_model):
    chance = np.random.default_rng(0)
    batch = [" ".join(map(str, chance.integers(0, 60_000, 4_000))) for _ in range(20)]
    assert_agree(any_model, [*batch, *batch[:3], "1" * 100_000, ""])


def test_a_model_without_a_word_for_the_end_of_lines(train):
    path = train(dim=5, minCount=1_300, wordNgrams=2, bucket=20_000, minn=3, maxn=3)  # each line has one
    assert_agree(path, ["", "x", "ba ko", "</s> ba", "koko"])


def test_slices_of_arrays(train):
    model = load_model(train(**MODELS["characters"]))
    batch = large(["ba ko", "tütü", "", "日本 ré"])
    np.testing.assert_array_equal(model.predict(batch)[1][1:3], model.predict(batch[1:3])[1])
    assert model.predict(batch[:0])[0].tolist() == []


def test_real_documents(shared_data):
    batch = []
    for path in sorted((shared_data / "text").glob("*.jsonl*")):
        unpack = gzip.open if path.suffix == ".gz" else zstandard.open
        with unpack(path, "rb") as packed, io.TextIOWrapper(packed, "utf-8") as file:
            batch += [json.loads(line)["text"].replace("\n", "") for line in islice(file, 60)]
    assert len(batch) > 600
    assert_agree(shared_data / "fasttext" / "lid.176.ftz", batch)


@pytest.mark.parametrize("name", ["tree", "quantised tree, pruned"])
def test_a_file_that_is_cut_off(name, train, tmp_path):
    data = train(**MODELS[name]).read_bytes()
    cut = tmp_path / "cut.bin"
    for size in [4, 8, 20, 70, 90, 100, 3_000, *range(len(data) // 9, len(data), len(data) // 9), len(data) - 1]:
        cut.write_bytes(data[:size])
        with pytest.raises(InputError, match="cut off|not a model file"):
            load_model(cut)


def test_files_that_are_no_classifiers(train, tmp_path):
    with pytest.raises(InputError, match="holds word vectors, not a classifier"):
        load_model(train(kind="unsupervised", dim=5, bucket=20_000))
    for content in (b"", b"GGUF", b"x" * 1000):
        (tmp_path / "other.bin").write_bytes(content)
        with pytest.raises(InputError, match="is not a model file of fastText"):
            load_model(tmp_path / "other.bin")


def test_a_damaged_file_is_refused_or_used(train, tmp_path):
    data = train(**MODELS["quantised tree, pruned"]).read_bytes()
    refused = 0
    for place in range(8, 92):
        for byte in (0, 255):
            if 40 <= place < 44:  # the number of buckets, which may well be 4 billion
                continue
            (tmp_path / "bad.ftz").write_bytes(data[:place] + bytes([byte]) + data[place + 1 :])
            try:
                load_model(tmp_path / "bad.ftz").predict(large(["ba ko"]))
            except InputError:
                refused += 1
    assert refused > 20
