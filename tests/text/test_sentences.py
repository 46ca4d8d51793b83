from __future__ import annotations

import sys

import pytest

from assay.base.errors import InputError, MachineError
from assay.base.registry import look_up
from assay.base.settings import validate
from assay.curation.apply import apply
from assay.text import sentences
from assay.text.sentences import SentenceCount, split_sentences
from text.plain import documents


@pytest.fixture
def english():
    """Punkt's data for English."""
    pytest.importorskip("nltk")
    try:
        sentences._find_data()
    except InputError:
        pytest.skip("NLTK's data for finding sentences are not installed")


def check_golden(tokenizer, language, golden, filter_cases, case):
    batch = documents(*(document["text"] for document in golden))
    counts = SentenceCount(tokenizer, language)(batch)
    assert counts.tolist() == [document["counts"][f"sentences_{tokenizer}"][0] for document in golden]
    step = validate(look_up("steps", "page_length_filter"), filter_cases[case], "test")
    kept = apply(step, batch).kept
    assert kept.tolist() == [document["filters"][case] for document in golden]


def test_blingfire_finds_what_dclm_finds(golden, filter_cases):
    pytest.importorskip("blingfire")
    check_golden("blingfire", None, golden, filter_cases, "page_length_filter:sentence3_blingfire")


def test_punkt_finds_what_dclm_finds(golden, filter_cases, english):
    check_golden("nltk", "english", golden, filter_cases, "page_length_filter:sentence3")


def test_sentences_are_stripped_and_the_empty_ones_left_out(english):
    text = "Dr. Who came in. \n\n He sat down!  Why? "
    assert split_sentences(text, "nltk", "en") == ["Dr. Who came in.", "He sat down!", "Why?"]
    assert split_sentences("", "nltk", "en") == split_sentences(" \n\u3000", "nltk", "en") == []


def test_punkt_is_untrained_in_other_languages():
    pytest.importorskip("nltk")
    assert split_sentences("Dr. Who came in.", "nltk", "german") == ["Dr.", "Who came in."]
    assert split_sentences("Dr. Who came in.", "nltk") == ["Dr.", "Who came in."]


def test_blingfire_counts_characters_not_bytes():
    pytest.importorskip("blingfire")
    assert split_sentences("Ünïcode 😀 here. 日本語 next one. ", "blingfire") == [
        "Ünïcode 😀 here.",
        "日本語 next one.",
    ]
    assert split_sentences("", "blingfire") == split_sentences(" \n", "blingfire") == []


def test_data_that_are_not_there(tmp_path, monkeypatch):
    nltk = pytest.importorskip("nltk")
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    monkeypatch.setattr(sentences.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="python -m nltk.downloader punkt_tab"):
        sentences._find_data()


@pytest.mark.parametrize("tokenizer", ["blingfire", "nltk"])
def test_a_package_that_is_not_there(tokenizer, monkeypatch):
    monkeypatch.setitem(sys.modules, "blingfire", None)
    monkeypatch.setitem(sys.modules, "nltk.tokenize.punkt", None)
    sentences._span_finder.cache_clear()
    with pytest.raises(MachineError, match=r"pip install 'assay\[sentences\]'"):
        split_sentences("A. B.", tokenizer)
    sentences._span_finder.cache_clear()
