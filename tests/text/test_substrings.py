from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.base.settings import validate
from assay.curation.apply import apply
from assay.text import substrings
from text.plain import agrees, documents, many

CASES = 6


def kept(texts: list[str], **parameters: Any) -> list[bool]:
    step = validate(look_up("steps", "substring_filter"), parameters, "test")
    return apply(step, documents(*texts)).kept.tolist()


def test_every_decision_is_that_of_dclm(golden, filter_cases, shared_data):
    texts = [document["text"] for document in golden]
    checked = 0
    for case, parameters in filter_cases.items():
        if not case.startswith("substring_filter"):
            continue
        if "banlist_from_fname" in parameters:
            parameters["banlist_from_fname"] = str(shared_data / "dclm_lists" / "ldnoobw.txt")
        decisions = kept(texts, **parameters)
        wrong = [
            document["id"] for document, k in zip(golden, decisions, strict=True) if k != document["filters"][case]
        ]
        assert not wrong, case
        checked += 1
    assert checked == CASES


def plain(text: str, banlist: list[str], location: str, case_sensitive: bool, exact_word: bool) -> bool:
    """Whether the reference keeps the text."""
    banned = f"(?:{'|'.join(banlist if case_sensitive else [entry.lower() for entry in banlist])})"
    if exact_word:
        banned = rf"\b{banned}\b"
    banned = {"any": banned, "prefix": f"^{banned}", "suffix": f"{banned}$"}[location]
    return re.search(banned, text if case_sensitive else text.lower()) is None


LITERALS = [
    "k",
    "sex",
    "S&M",
    "ik",
    "i",
    "i\u0307",
    "σ",
    "ας",
    "É",
    "ßa",
    "{",
    "}",
    "\\.",
    "ǆ",
    "🖕",
    "a b",
    "x{",
    "_",
    "٣",
]
EXPRESSIONS = [".", "a|b", "x{1,2}", "(?:k)", "[ab]c", "\\bs", ""]
PIECES = [*"kKsSeExXiIaAbB _1٣.{}&\n", "\u212a", "İ", "ı", "ſ", "Σ", "ς", "σ", "é", "É", "ß", "ẞ", "ǅ", "\u0307", "🖕"]
parameters = st.fixed_dictionaries(
    {
        "location": st.sampled_from(["any", "prefix", "suffix"]),
        "case_sensitive": st.booleans(),
        "exact_word": st.booleans(),
    }
)


@many
@given(
    texts=st.lists(st.text(st.sampled_from(PIECES), max_size=12), min_size=1, max_size=5),
    banlist=st.lists(st.sampled_from([*LITERALS, *LITERALS, *EXPRESSIONS]), min_size=1, max_size=4),
    parameters=parameters,
)
def test_decisions_are_those_of_regular_expressions(texts, banlist, parameters):
    expected = [plain(text, banlist, **parameters) for text in texts]
    assert kept(texts, banlist=banlist, **parameters) == expected
    escaped = [plain(text, list(map(re.escape, banlist)), **parameters) for text in texts]
    assert kept(texts, banlist=banlist, escape=True, **parameters) == escaped


@many
@given(text=st.text(st.characters(exclude_categories=["Cs"]).filter(agrees), max_size=40), exact_word=st.booleans())
def test_any_text_and_its_own_parts(text, exact_word):
    banlist = [text[1:3].lower(), text[5:6].lower(), "i"]
    if all(banlist):
        escaped = plain(text, list(map(re.escape, banlist)), "any", False, exact_word)
        assert kept([text], banlist=banlist, exact_word=exact_word, escape=True) == [escaped]


@many
@given(entry=st.text(st.sampled_from("ab\\.{},1+|é\n"), min_size=1, max_size=5), text=st.text("ab\\.{},1+|é\n"))
def test_what_counts_as_a_literal_string_matches_itself_only(entry, text):
    if substrings._LITERAL.fullmatch(entry):
        assert kept([text], banlist=[entry], case_sensitive=True) == [re.search(entry, text) is None]


def test_only_one_character_changes_word_boundaries_when_lowered():
    changed = [c for c, small in substrings._capitals().items() if agrees(c) and c.isalnum() != small[-1].isalnum()]
    assert changed == ["İ"]


def test_entries_are_expressions_unless_escaped():
    texts = ["He lives in the U.S.", "Ursa", "US"]
    assert kept(texts, banlist="U.S.") == [False, False, True]
    assert kept(texts, banlist="U.S.", escape=True) == [False, True, True]


def test_a_file_takes_precedence(tmp_path):
    (tmp_path / "list.txt").write_text("lorem ipsum\nconsectetur\n", encoding="utf-8")
    step = {"banlist_from_fname": str(tmp_path / "list.txt"), "banlist": ["the"]}
    assert kept(["the", "Lorem Ipsum", "Consectetur"], **step) == [True, False, False]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "needs a banlist"),
        ({"banlist": []}, "the banlist is empty"),
        ({"banlist_from_fname": "list.pkl"}, "pickle"),
        ({"banlist_from_fname": "no/such/file.txt"}, "no such file"),
    ],
)
def test_a_banlist_that_is_none(given, message):
    with pytest.raises(InputError, match=message):
        kept(["text"], **given)


def test_a_file_that_is_not_text(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match="not a text file in UTF-8"):
        kept(["text"], banlist_from_fname=str(tmp_path / "list.txt"))
