from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.text.line_substrings import SubstringLineModifier
from text import plain_lines as plain
from text.plain import many
from text.plain_lines import agree, line_texts, make, modified

PHRASES = [
    "items in cart",
    "Read more...",
    "Sign-in",
    "kiss",
    "the",
    "é",
    "a",
    "uses cookies",
    "x.y",
    "[0-9]",
    "",
    "ß|q",
]
PARTS = ["items", " in ", "cart", "Read more", "...", "abc", "Sıgn-in", "SİGN-IN", "Kiss", "KIſS", "sign", "-in", "\n"]
PARTS += ["uses cookies", "É", "the", " ", "\u00a0", "uſes cooKies", "x", "y", "ITEMS IN CART", "1"]


@st.composite
def phrases_and_texts(draw) -> tuple[str | list[str], str]:
    """Phrases, and a text in which they are likely to occur."""
    phrases = draw(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=3))
    parts = st.sampled_from([*phrases, *map(str.upper, phrases), " ", "\n", *PARTS])
    text = draw(st.one_of(line_texts, st.lists(parts, max_size=8).map("".join)))
    return phrases[0] if len(phrases) == 1 else phrases, text


@many
@given(
    both=phrases_and_texts(),
    case_sensitive=st.booleans(),
    location=st.sampled_from(["any", "prefix", "suffix"]),
    max_length=st.sampled_from([None, 0, 3, 10]),
    remove_substring_only=st.booleans(),
)
def test_phrases(both, **parameters):
    step = SubstringLineModifier(banlist=both[0], **parameters)
    agree(step, lambda each: plain.substrings(each, step), both[1])


def test_whatever_matches_an_ascii_letter_where_case_is_ignored_is_found():
    letters = [chr(code) for code in range(0x80, 0x20000) if not 0xD800 <= code < 0xE000]
    for letter in "aiks":
        others = [other for other in letters if re.match(letter, other, re.IGNORECASE)]
        lines = [f"mm{other}mm" for other in others]
        assert modified(make("substring_line_modifier", banlist=f"mm{letter}mm"), *lines) == [None] * len(lines)


def test_a_phrase_is_a_regular_expression_and_goes_with_a_space():
    step = make("substring_line_modifier", banlist="Read more...", location="suffix", remove_substring_only=True)
    assert modified(step, "News. Read moreabc\nRead more...\nread more") == ["News.\nread more"]


def test_blank_lines_go_when_phrases_are_cut_out():
    assert modified(make("substring_line_modifier", banlist="x", remove_substring_only=True), "a\n \n\nb") == ["a\n\nb"]
    assert modified(make("substring_line_modifier", banlist="x"), "a\n \n\nb") == ["a\n \n\nb"]


def test_a_phrase_that_is_no_regular_expression():
    with pytest.raises(InputError, match="banlist: not a regular expression"):
        make("substring_line_modifier", banlist="(")
