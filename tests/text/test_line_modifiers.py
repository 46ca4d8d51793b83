from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.text.rewriting import line_columns, lines_of
from text import plain_lines as plain
from text.plain import documents, many
from text.plain_lines import agree, line_texts, make, modified

COVERED = {
    "citation_removal_modifier",
    "punctuation_line_modifier",
    "line_length_modifier",
    "word_length_modifier",
    "uppercase_ratio_line_modifier",
    "numeric_ratio_line_modifier",
    "counter_line_modifier",
    "substring_line_modifier",
    "newline_removal_modifier",
    "within_page_dedup",
}
CASES = 23


def test_every_text_is_that_of_dclm(golden, modifier_cases):
    checked = 0
    for case, parameters in modifier_cases.items():
        name = case.partition(":")[0]
        if name not in COVERED:
            continue
        found = modified(make(name, **parameters), *(document["text"] for document in golden))
        for document, text in zip(golden, found, strict=True):
            expected = document["modifiers"][case]
            expected = document["text"] if expected == "=" else expected and expected["text"]
            assert text == expected, (case, document["id"])
        checked += 1
    assert checked == CASES


@many
@given(text=line_texts)
def test_lines_are_measured_as_in_plain_python(text):
    measured = line_columns(documents("x\n", text))[2:]
    lines = text.split("\n")
    assert measured["characters"].tolist() == [len(line) for line in lines]
    assert measured["words"].tolist() == [len(line.split()) for line in lines]
    assert measured["capitals"].tolist() == [sum(map(str.isupper, line)) for line in lines]
    assert measured["digits"].tolist() == [sum(map(str.isdigit, line)) for line in lines]
    data = text.encode()
    assert [data[row["start"] : row["stop"]].decode() for row in measured] == lines


@many
@given(text=line_texts, remove_ellipses=st.booleans())
def test_punctuation(text, remove_ellipses):
    step = make("punctuation_line_modifier", remove_ellipses=remove_ellipses)
    agree(step, lambda each: plain.punctuation(each, remove_ellipses), text)


@many
@given(text=line_texts, least=st.integers(0, 3), most=st.one_of(st.integers(0, 4), st.just(np.inf)))
def test_line_length(text, least, most):
    step = make("line_length_modifier", min_length=least, max_length=most)
    agree(step, lambda each: plain.line_length(each, least, most), text)


@many
@given(
    text=line_texts,
    most=st.integers(0, 5),
    model=st.sampled_from(["fasttext", "split", "uniseg"]),
    ignoring=st.tuples(st.booleans(), st.booleans()),
)
def test_word_length(text, most, model, ignoring):
    names = {"ignore_punctuation": ignoring[0], "ignore_whitespace": ignoring[1]}
    step = make("word_length_modifier", max_length=most, model=model, **names)
    agree(step, lambda each: plain.word_length(each, most, model, ignoring), text)


@many
@given(text=line_texts, most=st.sampled_from([0, 0.2, 1 / 3, 0.5, 0.999999, 1]))
def test_ratios_of_capitals_and_digits(text, most):
    capitals = make("uppercase_ratio_line_modifier", max_ratio=most)
    agree(capitals, lambda each: plain.ratio(each, str.isupper, most), text)
    digits = make("numeric_ratio_line_modifier", max_ratio=most)
    agree(digits, lambda each: plain.ratio(each, str.isdigit, most), text)


COUNTER_PARTS = [
    "3",
    "1,2",
    ".",
    "٣",
    "²",
    "K",
    "\u212a",
    "m",
    "B",
    " ",
    "\u00a0",
    "likes",
    "Views",
    "VIEWſ",
    "followers",
]
COUNTER_PARTS += ["s", "İ", "_", "(", "\u0307", "·", "\n", "shares", "x"]


@many
@given(text=st.one_of(line_texts, st.lists(st.sampled_from(COUNTER_PARTS), max_size=8).map("".join)))
def test_counters(text):
    agree(make("counter_line_modifier"), plain.counters, text)


@many
@given(
    start=line_texts,
    steps=st.lists(
        st.sampled_from(
            [
                ("uppercase_ratio_line_modifier", {"max_ratio": 0.3}),
                ("numeric_ratio_line_modifier", {"max_ratio": 0.3}),
                ("line_length_modifier", {"min_length": 1}),
                ("punctuation_line_modifier", {}),
                ("substring_line_modifier", {"banlist": "a", "remove_substring_only": True}),
                ("mask_pii", {}),
            ]
        ),
        max_size=4,
    ),
)
def test_lines_are_known_through_any_steps(start, steps):
    from assay.curation.apply import apply

    batch = documents(start, "Ab c\n\n1 d", start + "\n a\n me@x.org", "QQ")
    batch.derived(lines_of)
    for name, parameters in steps:
        batch = apply(make(name, **parameters), batch).documents
    fresh = lines_of(documents(*batch.text.to_pylist()))
    known = batch.derived(lines_of)
    assert known.values.tolist() == fresh.values.tolist()
    assert known.offsets.tolist() == fresh.offsets.tolist()


def test_a_line_of_a_megabyte():
    line = "The CAFÉ's 3,14 日本 — (x)... " * 30_000
    measured = line_columns(documents(f"a\n{line}\nb"))[1]
    assert measured["characters"] == len(line)
    assert measured["words"] == len(line.split())
    assert measured["capitals"] == sum(map(str.isupper, line))
    assert modified(make("line_length_modifier", max_length=10), f"a\n{line}\nb") == ["a\nb"]


def test_a_batch_of_which_nothing_changes_is_not_copied():
    batch = documents("One.\nTwo!", "Three?")
    for name in ("punctuation_line_modifier", "uppercase_ratio_line_modifier", "newline_removal_modifier"):
        assert make(name).modify(batch).text.buffers()[2].address == batch.text.buffers()[2].address


@pytest.mark.parametrize(
    ("line", "kept"),
    [("\u201cquoted\u201d", False), ('"quoted"', True), ("end:", False), ("so…\u00a0", True), (" ", False)],
)
def test_what_ends_a_sentence(line, kept):
    assert modified(make("punctuation_line_modifier"), f"A.\n{line}\nB.") == [f"A.\n{line}\nB." if kept else "A.\nB."]
