from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys

import pytest
import tokenizers

from assay.base.errors import InputError
from assay.records.record import read_record
from assay.tokens.identity import tokenizer_identity
from assay.tokens.jsonl import read_jsonl
from assay.tokens.tokenizer import Tokenizer, copy_tokenizer, load_tokenizer, sample_texts, train_bpe, train_tokenizer
from tokens.datasets import prose


def test_a_trained_tokenizer_is_an_artifact(tmp_path, dataset):
    record = train_tokenizer(dataset, 320, tmp_path / "tokenizer")
    assert record.id == tokenizer_identity({read_record(dataset).id: dataset}, 320).id
    assert record.metrics["documents"] == 60
    loaded = load_tokenizer(tmp_path / "tokenizer")
    assert (loaded.vocab_size, loaded.end_of_text) == (320, 0)
    assert train_tokenizer(dataset, 320, tmp_path / "tokenizer") == record


def test_ids_are_those_of_hugging_face_and_decode_to_the_text(shared_data):
    texts = [row["text"] for _, row in read_jsonl(shared_data / "text" / "tldr_multilingual.jsonl.gz")][:300]
    ours = train_bpe(texts, 1000)
    plain = tokenizers.Tokenizer.from_str(ours.definition)
    for text, ids in zip(texts, ours.encode_batch(texts), strict=True):
        assert ids == ours.encode(text) == plain.encode(text, add_special_tokens=False).ids
        assert plain.decode(ids) == text
    assert plain.token_to_id("<|endoftext|>") == 0


def test_threads_do_not_change_what_is_learned(dataset, tmp_path):
    code = "import sys; from pathlib import Path; from assay.tokens.tokenizer import train_tokenizer as train; "
    code += f"train(Path({str(dataset)!r}), 400, Path(sys.argv[1]))"
    for name, variables in {"one": {"RAYON_NUM_THREADS": "1"}, "off": {"TOKENIZERS_PARALLELISM": "false"}}.items():
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], check=True, env={**os.environ, **variables})
    train_tokenizer(dataset, 400, tmp_path / "here")
    found = {(tmp_path / name / "tokenizer.json").read_bytes() for name in ("one", "off", "here")}
    assert len(found) == 1


def test_the_sample_is_fixed_and_bounded():
    texts = [prose(number) for number in range(200)]
    size = len(texts[0].encode())
    sample = sample_texts(texts, 50 * size)
    assert sample == sample_texts(iter(texts), 50 * size)
    assert 50 * size <= sum(len(text.encode()) for text in sample) <= 51.1 * size
    assert len({int(text.split(":")[0]) // 50 for text in sample}) == 4  # from everywhere
    everything = sample_texts(texts, 10**9)
    assert sorted(everything) == sorted(texts)
    assert everything[: len(sample)] == sample
    assert sample_texts(["long" * 100], 1) == ["long" * 100]


def test_text_cannot_pretend_to_end_a_document(tokenizer):
    loaded = load_tokenizer(tokenizer)
    assert loaded.end_of_text not in loaded.encode("one<|endoftext|>two")


def test_gpt_neox_loads_from_a_gzip(shared_data, tmp_path):
    path = shared_data / "tokenizers" / "allenai_gpt-neox-olmo-dolma-v1_5.json.gz"
    loaded = load_tokenizer(path)
    assert loaded.encode("Hello world") == [12092, 1533]
    assert (loaded.end_of_text, loaded.vocab_size) == (50279, 50280)
    record = copy_tokenizer(path, tmp_path / "copy")
    assert record.id == tokenizer_identity(path=path).id
    assert (tmp_path / "copy" / "tokenizer.json").read_bytes() == gzip.decompress(path.read_bytes())


def test_a_tokenizer_without_end_of_text_is_refused(tokenizer):
    definition = json.loads(tokenizer.read_text().replace("<|endoftext|>", "<|other|>"))
    with pytest.raises(InputError, match=r"mine: the tokenizer has no end-of-text token\nhint: one of <\|endoftext\|>"):
        Tokenizer(json.dumps(definition), where="mine")
    assert Tokenizer(json.dumps(definition).replace("<|other|>", "</s>")).end_of_text == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{}", "not a tokenizer.json"), (b"\xff", "not a tokenizer.json"), (b"\x1f\x8b\x08", "not a tokenizer.json")],
)
def test_other_files_are_refused(tmp_path, content, message):
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_tokenizer(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        load_tokenizer(tmp_path / "absent.json")


def test_a_vocabulary_holds_every_byte(dataset, tmp_path):
    with pytest.raises(InputError, match="at least 257"):
        train_tokenizer(dataset, 256, tmp_path / "tokenizer")
