from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.text.c4 import C4Quality
from text.plain import documents, many, texts

POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
PIECES = (
    *(
        "One two three. ",
        "a b c d e f! ",
        "Lorem ",
        "ipsum",
        "lorem IPSUM is here.",
        "JavaScript",
        "javascript is it now.",
    ),
    *(
        "{",
        "We use cooKies here.",
        "We use coo\u212aies here.",
        "PRIVACY Policy is it.",
        "[1]",
        "[٣4]",
        "[]",
        "[edit]",
        "[Edit]",
        "[citation needed]",
    ),
    *("[", "]", " ", "\n", "\r\n", "\u2028", "...", ".", "'", '"', "?", "x" * 12, "日本 語 é.", "\x85", "\u00a0"),
    *("İ", "Aİ bĠ c."),
)
pages = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | texts


def datatrove_lines(text: str, longest: int, any_end: bool) -> list[str] | None:
    """The lines that are kept, before sentences are counted; None where the page is dropped."""
    kept = []
    for line in map(str.strip, text.splitlines()):
        words = line.split()
        if any(len(word) > longest for word in words):
            continue
        clean = re.sub(r"\[\d*]|\[edit]|\[citation needed]", "", line)
        lower = clean.lower()
        ends = clean.endswith((".", "?", "!", '"', "'")) and not clean.endswith("...")
        if not (any_end or ends) or len(words) < 3:
            continue
        if "lorem ipsum" in lower:
            return None
        if "javascript" in lower:
            continue
        if "{" in clean:
            return None
        if not any(policy in lower for policy in POLICIES):
            kept.append(clean)
    return kept


@pytest.mark.parametrize("any_end", [False, True])
@many
@given(text=pages)
def test_lines_are_those_of_plain_python(any_end, text):
    step = C4Quality(
        dialect="datatrove",
        sentences="split",
        terminal_punctuation=not any_end,
        min_sentences=0,
        max_word_length=10,
    )
    variants = (text, f"{text}\n[1] a b c.\n{text}", "x y z.")
    modified = step.modify(documents(*variants)).text.to_pylist()
    for same, ours in zip(variants, modified, strict=True):
        lines = datatrove_lines(same, 10, any_end)
        assert ours == (None if lines is None else "\n".join(lines).strip())


def sentences_of_dolma(text: str) -> str:
    """What is left when the lines that it finds in the lower case of a text are cut out of the text."""
    cut: set[int] = set()
    start = 0
    for line in re.findall("[^\n]*\n|[^\n]+$", text.lower()):
        if not line.strip().endswith((".", "?", "!", '"')) or len(line.split()) < 3:
            cut.update(range(start, start + len(line)))
        start += len(line)
    return "".join(character for at, character in enumerate(text) if at not in cut)


def test_dolma_cuts_later_for_every_dotted_capital_i():
    text = "İki üç dört. İ\nBu da bir İç cümle.\nson\nVe bu da bir tane.\n"
    modified = C4Quality(dialect="dolma").modify(documents(text, "kısa\nBir iki üç dört.\n"))
    assert modified.text.to_pylist() == [" da bir İç cümle.\nsonbu da bir tane.\n", "Bir iki üç dört.\n"]


@many
@given(text=pages)
def test_lines_of_dolma_are_those_of_plain_python(text):
    variants = (text, f"{text}\na b c.\n", "x y z.")
    modified = C4Quality(dialect="dolma").modify(documents(*variants)).text.to_pylist()
    for same, ours in zip(variants, modified, strict=True):
        if any(sign in same.lower() for sign in ("{", "lorem ipsum", "javascript")):
            assert ours is None
            continue
        assert ours == sentences_of_dolma(same)


@pytest.mark.parametrize(
    ("line", "c4", "datatrove"),
    [
        ("a b c.", False, True),
        ("a b c d [1] .", True, True),
        ("a b c [1] .", False, True),
        ("a b c d e'", False, True),
        ("a b c d e...", False, False),
        ("a b c d e…", False, False),
        ("a b c d\re f.", True, False),
    ],
)
def test_the_lines_of_two_dialects(line, c4, datatrove):
    for dialect, expected in (("c4", c4), ("datatrove", datatrove)):
        step = C4Quality(dialect=dialect, sentences="split", min_sentences=1)
        assert step.modify(documents(line)).text.is_valid().to_pylist() == [expected]


def test_reasons():
    step = C4Quality(dialect="datatrove", sentences="split")
    modified = step.modify(
        documents("a b {.", "Lorem Ipsum is.", "one two three.", "a b c. d e f!\na b c\na b c. D? e")
    )
    assert modified.text.to_pylist() == [None] * 4
    assert modified.reasons == ["a curly bracket", "lorem ipsum", "too few sentences", "too few sentences"]
    kept = C4Quality(dialect="datatrove", sentences="split", min_sentences=2).modify(documents("a b c. d e f!\nx"))
    assert kept.text.to_pylist() == ["a b c. d e f!"]
