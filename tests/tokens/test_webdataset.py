from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.records.verify import verify
from assay.tokens import webdataset
from assay.tokens.format import read_manifest
from assay.tokens.loader import Loader
from assay.tokens.pack import tokenize
from assay.tokens.webdataset import export_webdataset, import_webdataset, is_webdataset
from tokens.datasets import digests, sequences


@pytest.fixture(scope="module")
def tokens(tmp_path_factory, dataset, tokenizer):
    out = tmp_path_factory.mktemp("webdataset") / "tokens"
    tokenize(dataset, tokenizer, out, 32)
    return out


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(webdataset, "SHARD_SEQUENCES", 20)


def read_as_open_lm(folder: Path) -> np.ndarray:
    """As open_lm reads: the manifest without its last line, ``SHARD.tar``, members grouped by what is before a dot."""
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().split("\n")[:-1]]
    read = []
    for row in rows:
        with tarfile.open(folder / f"{row['shard']}.tar") as tar:
            keys = [member.name.partition(".") for member in tar]
            assert {end for _, _, end in keys} == {"json.gz"}
            assert len({key for key, _, _ in keys}) == len(keys) == row["num_sequences"]
            read += [json.loads(gzip.decompress(tar.extractfile(member).read())) for member in tar]
    return np.array(read)


def write_tars(folder: Path, shards: list[list], ending: str = "\n") -> Path:
    """As DCLM's tokenizers write."""
    folder.mkdir()
    lines = []
    for number, rows in enumerate(shards):
        with tarfile.open(folder / f"shard_{number:08d}.tar", "w") as tar:
            for place, row in enumerate(rows):
                data = gzip.compress(json.dumps(row).encode())
                member = tarfile.TarInfo(f"{number:08d}_{place:08d}_abc.json.gz")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        lines.append(json.dumps({"num_sequences": len(rows), "shard": f"shard_{number:08d}"}))
    (folder / "manifest.jsonl").write_text("\n".join(lines) + ending)
    return folder


def test_open_lm_reads_every_sequence(tokens, tmp_path):
    record = export_webdataset(tokens, tmp_path / "out")
    assert np.array_equal(read_as_open_lm(tmp_path / "out"), sequences(tokens))
    assert record.metrics["sequences"] == read_manifest(tokens).sequences
    assert all(finding.holds for finding in verify([tmp_path / "out"]))
    assert len(list((tmp_path / "out").glob("*.tar"))) > 2
    assert export_webdataset(tokens, tmp_path / "out") == record


def test_there_and_back(tokens, tmp_path, tokenizer):
    export_webdataset(tokens, tmp_path / "out")
    assert is_webdataset(tmp_path / "out")
    assert not is_webdataset(tokens)
    record = import_webdataset(tmp_path / "out", tokenizer, tmp_path / "back")
    assert np.array_equal(sequences(tmp_path / "back"), sequences(tokens))
    assert record.kind == "tokens"
    assert all(finding.holds for finding in verify([tmp_path / "back"]))
    steps = [Loader(folder, 4, seed=1).batch(9) for folder in (tokens, tmp_path / "back")]
    assert np.array_equal(*steps)


def test_the_bytes_are_the_same_every_time(tokens, tmp_path):
    export_webdataset(tokens, tmp_path / "one")
    export_webdataset(tokens, tmp_path / "two")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


@pytest.mark.parametrize("ending", ["", "\n"])
def test_dclms_last_shard_is_read(tmp_path, tokenizer, ending):
    shards = [[[1, 2, 0], [3, 4, 0]], [[5, 0, 6]]]
    folder = write_tars(tmp_path / "dclm", shards, ending)
    import_webdataset(folder, tokenizer, tmp_path / "tokens")
    assert sequences(tmp_path / "tokens").tolist() == [row for rows in shards for row in rows]
    manifest = read_manifest(tmp_path / "tokens")
    assert (manifest.documents, manifest.bytes, manifest.sequence_length) == (3, None, 3)


@pytest.mark.parametrize(
    ("shards", "message"),
    [
        ([[[1, 2], [3]]], "where all must be of one length"),
        ([[[1, 2]], [[3]]], "hold sequences of 1 and 2 tokens"),
        ([[[1, 70_000]]], "holds ids from 1 to 70000; the tokenizer has"),
        ([[[1, -2]]], "holds ids from -2"),
        ([[[1, 2.5]]], "abc.json.gz: not a list of ids"),
        ([[{"a": 1}]], "not a list of ids"),
        ([], "lists no shards"),
    ],
)
def test_other_sequences_are_refused(tmp_path, tokenizer, shards, message):
    folder = write_tars(tmp_path / "dclm", shards)
    with pytest.raises(InputError, match=message):
        import_webdataset(folder, tokenizer, tmp_path / "tokens")


def test_damaged_files_are_named(tmp_path, tokenizer):
    folder = write_tars(tmp_path / "dclm", [[[1, 2]]])
    manifest = folder / "manifest.jsonl"
    for line, message in [
        ('{"shard": "shard_00000000", "num_sequences": 2}', "holds 1 sequences, the manifest says 2"),
        ('{"shard": "shard_00000001", "num_sequences": 1}', "manifest.jsonl:1: names shard_00000001, but there is no"),
        ('{"shard": "../x", "num_sequences": 1}', "manifest.jsonl:1: is not of the form"),
        ('{"shard": 3}', "is not of the form"),
    ]:
        manifest.write_text(line)
        with pytest.raises(InputError, match=message):
            import_webdataset(folder, tokenizer, tmp_path / "tokens")
    manifest.write_text('{"shard": "shard_00000000", "num_sequences": 1}')
    (folder / "shard_00000000.tar").write_bytes(b"no tar" * 200)
    with pytest.raises(InputError, match="not a readable tar"):
        import_webdataset(folder, tokenizer, tmp_path / "tokens")
