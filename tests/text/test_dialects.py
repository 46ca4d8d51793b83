"""Each dialect of the Gopher, C4 and FineWeb rules decides as its source; the golden file says of which version."""

from __future__ import annotations

import gzip
import json
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.curation.apply import apply
from assay.curation.documents import Documents
from assay.curation.step import Filter
from assay.text import spacy_words
from assay.text.c4 import C4Quality
from assay.text.fineweb import FinewebQuality
from assay.text.gopher import GopherQuality
from assay.text.gopher_repetition import GopherRepetition
from text.plain import documents

# What each rule of ours is called in datatrove, in the order of the rules.
REPETITION = (
    *("dup_para_frac", "dup_para_char_frac", "dup_line_frac", "dup_line_char_frac"),
    *(f"top_{n}_gram" for n in range(2, 5)),
    *(f"duplicated_{n}_n_grams" for n in range(5, 11)),
)
QUALITY = (
    *(("gopher_short_doc", "gopher_long_doc"), ("gopher_below_avg_threshold", "gopher_above_avg_threshold")),
    *("gopher_too_many_hashes", "gopher_too_many_ellipsis", "gopher_too_many_bullets", "gopher_too_many_end_ellipsis"),
    *("gopher_below_alpha_threshold", "gopher_enough_stop_words"),
)
FINEWEB = ("line_punct_ratio", "short_line_ratio", "char_dup_ratio", "list_ratio")
DATATROVE = {
    "gopher_repetition": (GopherRepetition(dialect="datatrove"), REPETITION),
    "gopher_quality": (GopherQuality(dialect="datatrove"), QUALITY),
    "fineweb_quality": (FinewebQuality(), FINEWEB),
}
DOLMA_MINIMA = {
    "word_count": 50,
    "median_word_length": 3,
    "fraction_of_words_with_alpha_character": 0.8,
    "required_word_count": 2,
}
DOLMA_QUALITY = {
    "word_count": 100_000,
    "median_word_length": 10,
    "symbol_to_word_ratio": 0.1,
    "fraction_of_lines_starting_with_bullet_point": 0.9,
    "fraction_of_lines_ending_with_ellipsis": 0.3,
}
DOLMA_REPETITION = {
    "fraction_of_duplicate_lines": 0.3,
    "fraction_of_characters_in_duplicate_lines": 0.3,
    **{f"fraction_of_characters_in_most_common_{n}grams": bound for n, bound in ((2, 0.2), (3, 0.18), (4, 0.16))},
    **{f"fraction_of_characters_in_duplicate_{n}grams": round(0.2 - n / 100, 2) for n in range(5, 11)},
}


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    file = Path(__file__).parent / "golden" / "dialects.json.gz"
    return json.loads(gzip.decompress(file.read_bytes()))


@pytest.fixture(scope="module")
def batch(said) -> Documents:
    return documents(*said["texts"])


@pytest.fixture
def spacy_said(said, monkeypatch):
    """What spaCy said of every run of characters, so that it need not be installed."""
    runs = {run: [run] for text in said["texts"] for run in text.split()} | said["datatrove"]["words_in"]
    ends = {run.encode(): (tuple(accumulate(len(word.encode()) for word in inside)),) for run, inside in runs.items()}
    monkeypatch.setattr(spacy_words, "_ends_of", ends)
    monkeypatch.setattr(spacy_words, "_ties", lambda: np.zeros((256, 256), bool))


@pytest.mark.usefixtures("spacy_said")
@pytest.mark.parametrize("name", DATATROVE)
def test_the_rule_that_drops_a_document_is_that_of_datatrove(name, said, batch):
    step, rules = DATATROVE[name]
    outcome = apply(step, batch)
    for text, code, expected in zip(said["texts"], outcome.codes, said["datatrove"][name], strict=True):
        assert (code < 0) == (expected is None), text
        if code >= 0 and expected != "empty":
            assert expected == rules[code // 3] or expected == rules[code // 3][code % 3], text


def test_spacy_finds_the_words_of_datatrove(said):
    pytest.importorskip("spacy")
    runs = said["datatrove"]["words_in"]
    (found,) = spacy_words.spacy_words(documents(" ".join(runs)))
    text = " ".join(runs).encode()
    assert [text[start:stop].decode() for start, stop in found] == [word for words in runs.values() for word in words]


C4 = {
    "c4_quality": C4Quality(dialect="datatrove"),
    "c4_quality_any_end": C4Quality(dialect="datatrove", terminal_punctuation=False),
}


@pytest.mark.parametrize("name", C4)
def test_few_pages_of_c4_ask_for_sentences(name, said, batch, monkeypatch):
    """The decision on pages with few lines is spaCy's; all others are decided, and all written, without it."""
    asked = []
    monkeypatch.setattr("assay.text.c4.count_sentences", lambda lines: asked.append(lines) or [5] * len(lines))
    modified = C4[name].modify(batch)
    (lines,) = asked
    assert 0 < len(lines) < sum(len(text.split("\n")) for text in said["texts"]) / 2
    for ours, (theirs, reason) in zip(modified.text.to_pylist(), said["datatrove"][name], strict=True):
        assert ours == theirs or reason == "too_few_sentences"


@pytest.mark.parametrize("name", C4)
def test_the_text_of_c4_is_that_of_datatrove(name, said, batch):
    pytest.importorskip("spacy")
    modified = C4[name].modify(batch)
    expected = said["datatrove"][name]
    assert modified.text.to_pylist() == [text for text, _ in expected]
    names = {"lorem_ipsum": "lorem ipsum", "curly_bracket": "a curly bracket", "too_few_sentences": "too few sentences"}
    for reason, (_, theirs) in zip(modified.reasons, expected, strict=True):
        assert theirs is None or reason == names[theirs]


def test_the_text_of_c4_is_that_of_dolma(said, batch):
    modified = C4Quality(dialect="dolma").modify(batch).text.to_pylist()
    for text, ours, theirs in zip(said["texts"], modified, said["dolma"]["c4_text"], strict=True):
        assert ours == theirs, text


@pytest.mark.parametrize("tagger", ["gopher_v1", "gopher_v2"])
@pytest.mark.parametrize(("kind", "maxima"), [(GopherQuality, DOLMA_QUALITY), (GopherRepetition, DOLMA_REPETITION)])
def test_decisions_are_those_of_the_attributes_of_dolma(tagger, kind, maxima, said, batch):
    minima = DOLMA_MINIMA if kind is GopherQuality else {}
    kept = apply(kind(dialect="dolma", ignore_empty_lines=tagger == "gopher_v2"), batch).kept
    for text, k, attributes in zip(said["texts"], kept, said["dolma"][tagger], strict=True):
        written = {name: round(value, 5) for name, value in attributes.items()}
        enough = all(written.get(name, 0) >= bound for name, bound in minima.items())
        assert k == (enough and all(written.get(name, 0) <= bound for name, bound in maxima.items())), text


@pytest.mark.parametrize("tagger", ["gopher_v1", "gopher_v2"])
def test_numbers_are_the_attributes_of_dolma(tagger, said, batch):
    settings: dict[str, Any] = {"dialect": "dolma", "ignore_empty_lines": tagger == "gopher_v2"}
    names = list(DOLMA_REPETITION)
    for rule, name in zip(GopherRepetition(**settings).rules(), names, strict=True):
        expected = [round(attributes.get(name, 0), 5) for attributes in said["dolma"][tagger]]
        assert batch.derived(rule.measure).tolist() == expected, name


@pytest.mark.parametrize("dialect", ["dclm", "paper"])
@pytest.mark.parametrize("kind", [GopherQuality, GopherRepetition])
def test_other_dialects_decide_about_every_document(dialect, kind, batch):
    kept = apply(kind(dialect=dialect), batch).kept
    assert 0 < kept.sum() < len(batch)


def test_the_dialect_of_dclm_is_that_of_its_steps(batch):
    from assay.curation.recipe import parse_recipe

    steps: list[Any] = [
        {
            "page_length_filter": {
                "length_type": "word",
                "min_length": 50,
                "max_length": 100000,
                "ignore_punctuation": True,
            }
        },
        {"word_length_filter": {"min_length": 3, "max_length": 10}},
        {"symbol_ratio_filter": {"max_symbol_to_word_ratio": 0.1}},
        {"bullet_count_filter": {"max_bullet_start_ratio": 0.9}},
        {"ellipsis_count_filter": {"max_ellipsis_end_ratio": 0.3}},
        {"alphabetic_word_ratio_filter": {"max_ratio": 0.2}},
        {"stop_word_filter": {"count_unique": False, "min_stop_word": 2}},
    ]
    recipe = parse_recipe({"name": "quality", "steps": steps}, "test", Path())
    kept = [apply(step, batch).kept for _, step in recipe.steps]
    assert (apply(GopherQuality(dialect="dclm"), batch).kept == [all(each) for each in zip(*kept, strict=True)]).all()
    repetition = parse_recipe({"name": "r", "steps": ["massive_web_repetition_filters"]}, "test", Path()).steps[0][1]
    assert isinstance(repetition, Filter)
    assert apply(GopherRepetition(dialect="dclm"), batch).kept.tolist() == apply(repetition, batch).kept.tolist()
