from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from assay.text.characters import character_table
from text import plain_lines as plain
from text.plain import many
from text.plain_lines import agree, line_texts, make, modified

CITATIONS = ["[", "]", "1", "٣", "²", "edit]", "citation needed]", "[edit]", "x", "\n"]
SAME = [
    "Ab",
    "ab",
    " ",
    "\n",
    "\n\n",
    "É",
    "é",
    "e\u0301",
    "İ",
    "i\u0307",
    "\u212a",
    "k",
    "ΑΣ",
    "ας",
    "ασ",
    "日本",
    "日",
    "\u0307",
]


@many
@given(text=st.one_of(line_texts, st.text("\nab", max_size=12)), most=st.integers(0, 3))
def test_newlines(text, most):
    step = make("newline_removal_modifier", max_consecutive=most)
    agree(step, lambda each: re.sub(r"\n{%d,}" % (most + 1), "\n" * most, each), text)


@many
@given(text=st.one_of(line_texts, st.lists(st.sampled_from(CITATIONS), max_size=12).map("".join)))
def test_citations(text):
    pattern = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
    agree(make("citation_removal_modifier"), lambda each: pattern.sub("", each) or None, text)


@many
@given(
    text=st.one_of(line_texts, st.lists(st.sampled_from(SAME), max_size=12).map("".join)),
    granularity=st.sampled_from(["line", "paragraph"]),
    normalize=st.booleans(),
)
def test_repeated_lines(text, granularity, normalize):
    separator = {"line": "\n", "paragraph": "\n\n"}[granularity]
    step = make("within_page_dedup", granularity=granularity, normalize=normalize)
    agree(step, lambda each: plain.page_dedup(each, separator, normalize), text)


def test_lower_case_makes_lines_the_same_whatever_their_letters():
    changing = [chr(code) for code in range(len(character_table())) if chr(code).lower() != chr(code)]
    found = modified(make("within_page_dedup"), *(f"{letter}x\n{letter.lower()}X" for letter in changing))
    assert found == [f"{letter}x" for letter in changing]


def test_nothing_is_dropped():
    for name in ("newline_removal_modifier", "within_page_dedup"):
        assert modified(make(name), "", "a") == ["", "a"]
    assert modified(make("newline_removal_modifier", max_consecutive=0), "\n") == [""]
