from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.base.settings import validate
from assay.catalog import catalog_path
from assay.curation.apply import apply
from text.plain import agrees, documents, many


def removed(texts: list[str], **parameters: object) -> list[str | None]:
    """The new texts; None where the document is dropped."""
    step = validate(look_up("steps", "url_removal_modifier"), parameters, "test")
    outcome = apply(step, documents(*texts))
    left = iter(outcome.documents.text.to_pylist())
    return [next(left) if kept else None for kept in outcome.kept]


def test_every_text_is_that_of_dclm(golden):
    texts = removed([document["text"] for document in golden])
    expected = [document["modifiers"]["url_removal_modifier"] for document in golden]
    for document, text, reference in zip(golden, texts, expected, strict=True):
        wanted = document["text"] if reference == "=" else reference and reference["text"]
        assert text == wanted, document["id"]


@cache
def reference(path: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The expressions of DCLM's mapper: begins with a domain, URL, address. It escapes the domains twice."""
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    domains = "|".join(re.escape(re.escape(line)) for line in sorted(lines, key=len, reverse=True))
    scheme = r"(?:(?:https?|ftp)://)?"
    tail = r"[-a-zA-Z0-9()@:%_\+.~#?&//=]*"
    number = "[0-2]?[0-9]{1,2}"
    return (
        re.compile(domains, re.IGNORECASE),
        re.compile(rf"\s{{0,10}}{scheme}[-a-zA-Z0-9@:%._\+~#=]{{1,256}}\.(?:{domains})\b{tail}"),
        re.compile(rf"\s{{0,10}}\b{scheme}(?:{number}\.){{3}}{number}{tail}"),
    )


def plain(text: str, path: str, every_text: bool) -> str | None:
    begins, url, address = reference(path)
    if every_text or begins.match(text):
        text = url.sub("", text)
    return address.sub("", text) or None


IANA = str(catalog_path("words", "iana_tlds.txt"))
OWN = ["com", "comé", "co", "co.uk", "-x", "рф", "भारतम्", "x_y", "موقع\u200e", "http", "1a", "1.2"]
PIECES = [
    *("http://", "https://", "ftp://", "xhttp://", "http:", "//", ".", "..", "com", ".com", ".co", ".co\\.uk", ".uk"),
    *(".рф", ".verm", ".vermögensberater", ".موقع\u200e", ".भारतम्", ".भारत", ".\\-x", ".1a", ".1\\.2", ".COM", ".x_y"),
    *("a", "Z", "9", "-", "@", ":", "%", "_", "~", "#", "=", "(", ")", "?", "&", "/", ",", "é", "١", "\u0301", "\\"),
    *(" ", " " * 7, "\u00a0", "\u2028", "\t", "\n", "a" * 100, "b" * 255, "The ", "th", "Queen ", "ſ", "İ", "РФ"),
    *("1.2.3.4", "256.1.1.1", "10.0.0.", "300.1.1.1", "1.2.3", ".4", "0.", "12", "3456"),
]


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> str:
    """A file of domains of every kind."""
    path = tmp_path_factory.mktemp("domains") / "own.txt"
    path.write_text("\n".join(OWN), encoding="utf-8")
    return str(path)


texts = st.lists(
    st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
        st.text(st.characters(exclude_categories=["Cs"]).filter(agrees), max_size=40),
    ),
    min_size=1,
    max_size=4,
)


@many
@given(texts=texts, every_text=st.booleans())
def test_texts_are_those_of_the_expressions(texts, every_text):
    assert removed(texts, every_text=every_text) == [plain(text, IANA, every_text) for text in texts]


@many
@given(texts=texts, every_text=st.booleans())
def test_texts_are_those_of_the_expressions_with_other_domains(texts, every_text, own):
    assert removed(texts, every_text=every_text, tlds_filepath=own) == [plain(text, own, every_text) for text in texts]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The page\nhttp://a.org/b?c=d.\nend", "The page\nend"),
        ("The file.py of me@mail.org, FOO.COM", "The of, FOO.COM"),
        ("The" + " " * 12 + "a.com b", "The   b"),
        ("The " + "a" * 300 + ".com b", "The " + "a" * 44 + " b"),
        ("Queen http://a.org/b", "Queen http://a.org/b"),
        ("Queen http://1.2.3.4/b c v1.2.3.4", "Queen c v1.2.3.4"),
        ("The x.рф/y z", "The z"),
        ("th.com", None),
        ("", None),
        (" ", " "),
    ],
)
def test_rules_and_quirks(text, left):
    assert removed([text]) == [left]


def test_every_text_is_searched_when_asked_for():
    assert removed(["Queen http://a.org/b c"], every_text=True) == ["Queen c"]


def test_the_domains_are_those_of_dclm(shared_data):
    theirs = (shared_data / "dclm_lists" / "iana_tlds.txt").read_text(encoding="utf-8").splitlines()
    ours = [line for line in Path(IANA).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert sorted(ours) == sorted(theirs)


def test_a_file_without_domains(tmp_path):
    (tmp_path / "none.txt").write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(InputError, match="no top-level domain"):
        removed(["text"], tlds_filepath=str(tmp_path / "none.txt"))
