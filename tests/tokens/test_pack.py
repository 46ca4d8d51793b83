from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.records.record import read_record
from assay.records.verify import verify
from assay.tokens import pack
from assay.tokens.format import read_manifest
from assay.tokens.identity import tokens_identity
from assay.tokens.pack import tokenize
from assay.tokens.stream import Stream
from assay.tokens.tokenizer import load_tokenizer
from tokens.datasets import digests, make_dataset, prose, sequences


def expected(shards: list[list[str]], tokenizer, length: int) -> np.ndarray:
    """Every document in order, each with its end of text, cut into sequences."""
    loaded = load_tokenizer(tokenizer)
    stream = [id_ for texts in shards for text in texts for id_ in [*loaded.encode(text), loaded.end_of_text]]
    whole = len(stream) // length * length
    return np.array(stream[:whole]).reshape(-1, length)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shards=st.lists(st.lists(TEXTS, max_size=6), min_size=1, max_size=4),
    context=st.integers(1, 40),
    seed=st.integers(0, 9),
)
def test_the_shuffled_sequences_are_exactly_the_documents_in_order(tmp_path_factory, tokenizer, shards, context, seed):
    folder = tmp_path_factory.mktemp("case")
    want = expected(shards, tokenizer, context + 1)
    dataset = make_dataset(folder / "dataset", shards)
    if not len(want):
        with pytest.raises(InputError, match="no document|fewer than one sequence"):
            tokenize(dataset, tokenizer, folder / "tokens", context, seed)
        return
    record = tokenize(dataset, tokenizer, folder / "tokens", context, seed)
    order = np.random.default_rng(seed).permutation(len(want))
    assert np.array_equal(sequences(folder / "tokens"), want[order])
    texts = [text for shard in shards for text in shard]
    manifest = read_manifest(folder / "tokens")
    assert (manifest.documents, manifest.bytes) == (len(texts), sum(len(text.encode()) for text in texts))
    assert record.metrics["tokens"] == want.size
    assert 0 <= record.metrics["tokens_dropped"] <= context


@given(st.lists(st.integers(0, 7), min_size=1, max_size=5), st.data())
def test_a_stream_reads_as_one_array(lengths, data):
    whole = np.arange(sum(lengths))
    stream = Stream(np.split(whole, np.cumsum(lengths)[:-1]))
    start = data.draw(st.integers(0, max(0, len(whole) - 1)))
    stop = data.draw(st.integers(start, len(whole)))
    if stop > start:
        assert np.array_equal(stream.read(start, stop), whole[start:stop])


def test_workers_do_not_matter(tmp_path, dataset, tokenizer):
    tokenize(dataset, tokenizer, tmp_path / "one", 32, workers=1)
    tokenize(dataset, tokenizer, tmp_path / "two", 32, workers=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_many_output_shards_hold_the_same_sequences(tmp_path, dataset, tokenizer, monkeypatch):
    tokenize(dataset, tokenizer, tmp_path / "large", 32)
    monkeypatch.setattr(pack, "_SHARD_TOKENS", 400)
    tokenize(dataset, tokenizer, tmp_path / "small", 32)
    assert len(read_manifest(tmp_path / "small").shards) > 3
    assert np.array_equal(sequences(tmp_path / "small"), sequences(tmp_path / "large"))


def test_the_artifact_is_whole(tmp_path, dataset, tokenizer):
    record = tokenize(dataset, tokenizer, tmp_path / "tokens", 32, seed=5)
    assert record.id == tokens_identity({read_record(dataset).id: dataset}, tokenizer, 32, 5).id
    assert record.name == "dataset"
    assert all(finding.holds for finding in verify([tmp_path / "tokens"]))
    assert sum(output.rows or 0 for output in record.outputs) == record.metrics["sequences"]
    assert (tmp_path / "tokens" / "tokenizer.json").read_bytes() == tokenizer.read_bytes()
    assert load_tokenizer(tmp_path / "tokens").vocab_size == read_manifest(tmp_path / "tokens").vocab_size
    assert tokenize(dataset, tokenizer, tmp_path / "tokens", 32, seed=5) == record


def test_a_killed_run_goes_on_and_gives_the_same_bytes(tmp_path, tokenizer, monkeypatch):
    dataset = make_dataset(tmp_path / "dataset", [[prose(s * 500 + n, 300) for n in range(500)] for s in range(8)])
    tokenize(dataset, tokenizer, tmp_path / "whole", 32)
    code = f"""
from pathlib import Path
from assay.tokens.pack import tokenize
tokenize(Path({str(dataset)!r}), {str(tokenizer)!r}, Path({str(tmp_path / "killed")!r}), 32)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (done := list(tmp_path.glob("killed.partial-*/work/encoded-0/*.json"))) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert done
    assert not (tmp_path / "killed").exists()
    os.utime(done[0], ns=(1, 1))  # a part that is made again would lose this
    (done[0].parent / ".00007.bin.1.partial").write_bytes(b"left by a killed writer")
    stamps = []
    finish = pack._write_artifact
    monkeypatch.setattr(
        pack, "_write_artifact", lambda *given: (stamps.append(done[0].stat().st_mtime_ns), finish(*given))
    )
    tokenize(dataset, tokenizer, tmp_path / "killed", 32)
    assert stamps == [1]
    assert digests(tmp_path / "killed") == digests(tmp_path / "whole")


def test_an_empty_dataset_is_refused(tmp_path, tokenizer):
    dataset = make_dataset(tmp_path / "dataset", [[]])
    with pytest.raises(InputError, match="holds no document"):
        tokenize(dataset, tokenizer, tmp_path / "tokens", 32)


def test_a_damaged_dataset_is_named_with_its_line(tmp_path, tokenizer):
    dataset = make_dataset(tmp_path / "dataset", [["a", "b"]])
    shard = dataset / "shards" / "00000.jsonl.zst"
    shard.write_bytes(shard.read_bytes()[:-5])
    with pytest.raises(InputError, match="truncated zstd"):
        tokenize(dataset, tokenizer, tmp_path / "tokens", 1)


def test_a_run_is_not_a_dataset(tmp_path, dataset, tokenizer):
    tokenize(dataset, tokenizer, tmp_path / "tokens", 32)
    with pytest.raises(InputError, match="holds a tokens, where a dataset is needed"):
        tokenize(tmp_path / "tokens", tokenizer, tmp_path / "again", 32)


def test_large_vocabularies_take_four_bytes(tmp_path, dataset, tokenizer):
    definition = json.loads(tokenizer.read_text())
    definition["model"]["vocab"]["far"] = 70_000
    far = tmp_path / "far.json"
    far.write_text(json.dumps(definition))
    tokenize(dataset, far, tmp_path / "wide", 32)
    tokenize(dataset, tokenizer, tmp_path / "narrow", 32)
    assert read_manifest(tmp_path / "wide").dtype == "uint32"
    assert np.array_equal(sequences(tmp_path / "wide"), sequences(tmp_path / "narrow"))
