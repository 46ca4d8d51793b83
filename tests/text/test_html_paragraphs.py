from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import MachineError
from assay.curation.apply import apply
from assay.text.html_paragraphs import HtmlContentExtractionModifier
from text.plain import documents, many

PIECES = ["<p>", "</p>", "<div>", "<br>", "<a href='x'>", "</a>", "<!--", "-->", "<script>", "</script>", "<form>"]
PIECES += ["<table><tr><td>", "<body>", "<head>", "<?xml version='1.0' encoding='latin-1'?>", "&nbsp;", "word ", "\n"]


def test_without_justext_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "justext.core", None)
    with pytest.raises(MachineError, match=r"pip install 'assay\[justext\]'"):
        HtmlContentExtractionModifier().modify(documents("<p>text"))


def test_paragraphs_of_a_page():
    pytest.importorskip("justext")
    page = "<head><title>t</title></head><div>menu</div><p>one  <b>word</b><p>two<br>lines<br><br>three<script>x()"
    outcome = apply(HtmlContentExtractionModifier(), documents(page, "", "<script>x()</script>", "<body><!--"))
    assert outcome.documents.text.to_pylist() == ["menu\n\none word\n\ntwo lines\n\nthree"]
    assert outcome.reasons == ("no text in the page",)


@many
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=20).map("".join))
def test_paragraphs_are_those_that_dclm_joins(html):
    justext = pytest.importorskip("justext")
    from lxml.etree import ParserError

    try:
        paragraphs = justext.justext(html, ())
    except (ParserError, ValueError):
        paragraphs = []
    expected = ["\n\n".join(paragraph.text for paragraph in paragraphs)] if paragraphs else []
    assert apply(HtmlContentExtractionModifier(), documents(html)).documents.text.to_pylist() == expected
