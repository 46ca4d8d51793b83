from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.curation.apply import apply
from assay.text.decontaminate import Decontamination, SharedNgrams
from text.plain import alnum_words, documents, many

HELD_OUT = "The quick, brown FOX jumps over the lazy dog; it's 3.14 times as quick — isn't it? Élan vital!"


@pytest.fixture
def held_out(tmp_path):
    path = tmp_path / "held_out.jsonl"
    path.write_text(json.dumps({"text": HELD_OUT}) + "\n" + json.dumps({"text": "short"}) + "\n", encoding="utf-8")
    return str(path)


def test_shared_passages_are_found_whatever_the_layout(held_out):
    step = Decontamination(against=held_out)
    passage = "the QUICK\nbrown fox, jumps (over) the lazy dog it's 3.14 times as"
    batch = documents(
        f"Before. {passage} quick after", f"Before {passage.removesuffix(' as')} other", "", HELD_OUT, "élan " * 40
    )
    assert apply(step, batch).kept.tolist() == [False, True, True, False, True]


def test_how_much_may_be_shared(held_out):
    batch = documents(HELD_OUT)
    shared = SharedNgrams((held_out,), 13)(batch)[0]
    assert shared == len(alnum_words(HELD_OUT)) - 12
    assert apply(Decontamination(against=[held_out], max_shared=shared), batch).kept.tolist() == [True]
    assert apply(Decontamination(against=[held_out], max_shared=shared - 1), batch).kept.tolist() == [False]


vocabulary = st.lists(st.sampled_from(["a", "B", "ç", "d1", "e", "f"]), max_size=30).map(" ".join)


@many
@given(texts=st.lists(vocabulary, min_size=1, max_size=4), n=st.integers(1, 4))
def test_counts_are_those_of_plain_python(texts, n, tmp_path_factory):
    found = [text.lower().split() for text in ["a b ç a e f d1 a", *texts]]
    grams = [[tuple(words[i : i + n]) for i in range(len(words) - n + 1)] for words in found]
    path = tmp_path_factory.getbasetemp() / "vocabulary.jsonl.gz"
    if not path.exists():
        path.write_bytes(gzip.compress(json.dumps({"text": "A b Ç a. E f d1 a"}).encode()))
    measured = SharedNgrams((str(path),), n)(documents(*texts))
    assert measured.tolist() == [sum(gram in grams[0] for gram in document) for document in grams[1:]]


def test_the_content_of_the_files_is_the_identity(held_out, tmp_path):
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(Path(held_out).read_bytes())
    assert Decontamination(against=held_out).identity() == Decontamination(against=str(copy)).identity()
    copy.write_bytes(copy.read_bytes() + b'{"text": "more"}\n')
    assert Decontamination(against=[held_out]).identity() != Decontamination(against=[str(copy)]).identity()


def test_files_that_cannot_be_used(tmp_path):
    def fails(path, match):
        with pytest.raises(InputError, match=match):
            apply(Decontamination(against=str(path)), documents("x"))

    fails(tmp_path / "nowhere.jsonl", "no such file")
    for content, match in (
        (b'{"text": "too short"}\n', "no held-out text has 13 words"),
        (b'{"text": "fine"}\n{"text": 3}\n', "line 2: text is not a string"),
        (b'{"text": "fine"}\nnot json\n', "line 2: not JSON"),
    ):
        path = tmp_path / f"{len(content)}.jsonl"
        path.write_bytes(content)
        fails(path, match)
