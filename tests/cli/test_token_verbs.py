"""Tokenizers, mixes and other formats from the command line."""

from __future__ import annotations

import base64
import json

import pytest

from assay.cli import invoke
from assay.tokens.format import read_manifest
from assay.tokens.tokenizer import load_tokenizer
from tokens.datasets import make_dataset, prose, sequences


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verbs")
    make_dataset(folder / "web", [[prose(number) for number in range(40)]])
    make_dataset(folder / "wiki", [[prose(number) for number in range(500, 510)]])
    assert (
        invoke(["tokenizer", "train", "--dataset", f"{folder}/web", "--vocab-size", "300", "--out", f"{folder}/bpe"])
        == 0
    )
    return folder


def run(*arguments: object) -> None:
    assert invoke([*map(str, arguments), "--workers", "1"]) == 0


def test_a_tokenizer_is_trained(place):
    assert load_tokenizer(place / "bpe").vocab_size == 300


def test_ranks_are_converted(tmp_path, capsys):
    ranks = [bytes([byte]) for byte in range(256)] + [b"he", b"hel"]
    lines = (base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(ranks))
    (tmp_path / "own.tiktoken").write_bytes(b"".join(lines))
    arguments = ["tokenizer", "convert", f"{tmp_path}/own.tiktoken", "--like", "gpt2", "--out", f"{tmp_path}/own"]
    assert invoke([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["vocab_size"] == 259
    assert load_tokenizer(tmp_path / "own").encode("hello") == [257, ord("l"), ord("o")]


def test_a_mix(place, tmp_path, capsys):
    (place / "mix.yaml").write_text("sources: [{dataset: web, epochs: 1}, {dataset: wiki, epochs: 2}]")
    run(
        "tokenize",
        "--dataset",
        place / "mix.yaml",
        "--tokenizer",
        place / "bpe",
        "--context",
        16,
        "--out",
        tmp_path / "t",
        "--json",
    )
    shown = json.loads(capsys.readouterr().out)
    assert [source["epochs"] for source in shown["sources"]] == [1.0, 2.0]
    assert sum(source["tokens"] for source in shown["sources"]) == shown["tokens"]


def test_a_mix_needs_a_tokenizer(place, tmp_path, capsys):
    (place / "mix.yaml").write_text("sources: [{dataset: web, epochs: 1}, {dataset: wiki, epochs: 2}]")
    assert invoke(["tokenize", "--dataset", f"{place}/mix.yaml", "--out", f"{tmp_path}/t"]) == 2
    assert "--tokenizer: a mix needs a tokenizer" in capsys.readouterr().err


def test_webdataset_there_and_back(place, tmp_path):
    with_bpe = ("--tokenizer", place / "bpe", "--context", 16)
    run("tokenize", "--dataset", place / "web", *with_bpe, "--format", "webdataset", "--out", tmp_path / "direct")
    run("tokenize", "--dataset", place / "web", *with_bpe, "--out", tmp_path / "shards")
    run("tokenize", "--dataset", tmp_path / "shards", "--format", "webdataset", "--out", tmp_path / "tars")
    run("tokenize", "--dataset", tmp_path / "tars", "--tokenizer", place / "bpe", "--out", tmp_path / "back")
    assert (tmp_path / "tars" / "manifest.jsonl").read_bytes() == (tmp_path / "direct" / "manifest.jsonl").read_bytes()
    assert (sequences(tmp_path / "back") == sequences(tmp_path / "shards")).all()
    assert read_manifest(tmp_path / "back").sequence_length == 17


def test_a_mix_and_webdataset_are_trained_on_as_they_are(place, tmp_path, capsys):
    (place / "mix.yaml").write_text("sources: [{dataset: web, epochs: 1}, {dataset: wiki, epochs: 2}]")
    shape = ["model.width=16", "model.layers=1", "model.heads=1", "model.vocab_size=320", "sequence_length=16"]
    length = ["batch_sequences=2", "tokens=320", "optimizer.warmup_steps=1"]
    settings = [f"--set={each}" for each in shape + length]
    with_bpe = ["--tokenizer", str(place / "bpe"), "--threads", "1", "--json"]
    more = ("--context", 16, "--format", "webdataset")
    run("tokenize", "--dataset", place / "web", "--tokenizer", place / "bpe", *more, "--out", tmp_path / "tars")
    for name, data in (("mixed", place / "mix.yaml"), ("tarred", tmp_path / "tars")):
        command = ["train", "--dataset", str(data), "--scale", "lm-1m", "--out", str(tmp_path / name)]
        capsys.readouterr()
        assert invoke([*command, *with_bpe, *settings]) == 0
        assert json.loads(capsys.readouterr().out)["tokens"] == 320
        assert read_manifest(tmp_path / f"{name}.tokens").sequence_length == 17


def test_what_is_no_data_to_train_on_is_named(place, tmp_path, capsys):
    for data in (place / "bpe", tmp_path / "nothing"):
        command = ["train", "--dataset", str(data), "--scale", "lm-1m", "--out", str(tmp_path / "run")]
        assert invoke(command) == 2
        assert str(data) in capsys.readouterr().err
