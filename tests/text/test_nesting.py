"""Pages that would cost gigabytes or hours are told before they are parsed; those of the web pass."""

from __future__ import annotations

import gzip
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.curation.documents import SLACK
from assay.text.extract import HtmlExtraction
from assay.text.kernels.tags import count_tags, follow_formatting, most_attributes
from assay.text.nesting import TOO_DEEP, TOO_MANY_ATTRIBUTES, why_not
from text.plain import many

FORMATTING = "b, big, code, em, font, i, s, small, strike, strong, tt, u"


def padded(page: str) -> np.ndarray:
    return np.frombuffer(page.encode() + bytes(SLACK), np.uint8)


def numbered(piece: str, times: int) -> str:
    return "".join(piece.format(number) for number in range(times))


COSTLY = {
    "different fonts in paragraphs": numbered("<font c={}><p>", 10_000),
    "fonts within paragraphs": numbered("<p><font c={}>x", 10_000),
    "fonts put before a table": "<table>" + numbered("<font c={}>x<tr>", 10_000),
    "fonts in a title of a drawing": "<svg><title>" + numbered("<font c={}><p>", 10_000),
    "end tags that reach nothing": numbered("<font c={}><object></font></object><p>", 10_000),
    "end tags in scripts": numbered("<font c={}><script></font></script><p>", 10_000),
    "end tags in comments": numbered("<font c={}><!--</font>--><p>", 10_000),
    "end tags in attributes": numbered("<font c={}><i t='</font>'></i><p>", 10_000),
    "end tags in a selection": numbered("<font c={}><select></font></select><p>", 10_000),
    "nested tags": numbered("<b c={}>", 10_000) + "x",
    "many end tags in the depth": "<b>" + "<div>" * 40_000 + "</b>" * 40_000,
    "links in the depth": "<a>" + "<div>" * 40_000 + "</a>" * 40_000,
    "deep": "<div>" * 200_000 + "x",
    "deep and wide": "<div>" * 5_000 + "<b>x</b>" * 300_000,
}


@pytest.mark.parametrize("name", COSTLY)
def test_costly_pages_are_refused_at_once(name):
    page = f"<html>{COSTLY[name]}".encode()
    HtmlExtraction().extract(b"<b>" * 2000)  # compiled by now
    started = time.process_time()
    assert HtmlExtraction().extract(page) == (None, TOO_DEEP)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("attribute", ["a{} ", "a{}=1 ", "a{}='x'", "{}\n", "{}/"])
def test_a_tag_of_many_attributes_is_refused_at_once(attribute):
    page = f"<p>x</p><img {numbered(attribute, 200_000)}>".encode()
    started = time.process_time()
    assert HtmlExtraction().extract(page) == (None, TOO_MANY_ATTRIBUTES)
    assert time.process_time() - started < 5


CHEAP = {
    "a picture in the page": '<img src="data:image/png;base64,' + "A " * 500_000 + '">x',
    "a long text": "<p>" + "word " * 200_000,
    "paragraphs": "<p>x" * 100_000,
    "cells": "<table>" + "<tr><td>x" * 100_000 + "</table>",
    "the same formatting": "<b>x<p></b>" * 50_000,
    "fonts that are alike and never closed": "<font c=1><p>x" * 50_000,
    "formatting that is closed": numbered("<i class=c{}>x</i> <b>y</b><br>", 50_000),
    "formatting around blocks": numbered("<font c={}><p>x</p></font>", 50_000),
    "links": numbered("<li><a href=/{}><b>x</b></a></li>", 50_000),
    "less-than signs": "<" * 500_000,
    "tags in a script": "x<script>" + 'if (a<b) t = "<b>" + c + "</b>";' * 5_000,
    "the end": "x<",
    "an open end tag": "x</",
    "an open attribute": 'x<b t="',
}


@pytest.mark.parametrize("name", CHEAP)
def test_pages_that_look_odd_and_cost_little(name):
    page = f"<html><body>{CHEAP[name]}".encode()
    started = time.process_time()
    assert HtmlExtraction(extractor="resiliparse-plain").extract(page)[1] != TOO_DEEP
    assert time.process_time() - started < 8


def test_pages_in_other_encodings():
    page = ("<meta charset=utf-16>" + COSTLY["different fonts in paragraphs"]).encode("utf-16")
    assert HtmlExtraction(encoding="detect").extract(page) == (None, TOO_DEEP)


FORMATTING_PIECES = ["<b>", "<b c=1>", "<b c=2>", "</b>", "<i>", "</i>", "<em a=b", "</em>", "<font c=1>", "</font>"]
PIECES = [
    *FORMATTING_PIECES,
    *("<a>", "</a>", "<nobr>", "</nobr>", "<p>", "</p>", "<div>", "</div>", "<h1>", "<li>", "x", "<foreignObject>"),
    *(
        "<table>",
        "<caption>",
        "<tr>",
        "<td>",
        "</td>",
        "</table>",
        "<object>",
        "</object>",
        "<template>",
        "</template>",
    ),
    *("<svg>", "</svg>", "<math><mi>", "</math>", "<title>", "</title>", "<script>", "</script>", "<textarea>"),
    *("</textarea>", "<select>", "</select>", "<noscript>", "<plaintext>", "<frameset>", "<head>", "<body>", "</body>"),
    *("<!--", "-->", "<![CDATA[", "]]>", "<?", "</", "< ", ">", "/>", "=", '"', "'", '<a t="', "'<a t=\"", '<a =="'),
]


@many
@given(
    page=st.lists(st.sampled_from([*PIECES, *FORMATTING_PIECES, "<p>"]), max_size=80).map("".join),
    times=st.integers(1, 5),
)
def test_no_page_has_more_formatting_elements_than_the_bound(page, times):
    from resiliparse.parse.html import HTMLTree

    page = page * times
    _, _, formatting, _ = count_tags(padded(page))
    reopened, _ = follow_formatting(padded(page), 10**6)
    document = HTMLTree.parse(page).document
    assert document is None or len(document.query_selector_all(FORMATTING)) <= formatting + reopened


@pytest.mark.parametrize(
    ("page", "counts"),
    [
        ("<div><p>a<br><B>b</b></div>", (4, 2, 1, 5)),
        ("a < b <3 </ > <! > <?php <b/> ?>", (1, 1, 1, 7)),
        ("<!-- <b> --><b><bb><b-c>", (4, 0, 2, 7)),
        ('<a t="<i>">', (2, 0, 1, 6)),
        ("<b", (1, 0, 1, 2)),
        ("<", (0, 0, 0, 0)),
        ("", (0, 0, 0, 0)),
    ],
)
def test_tags_are_counted_wherever_they_are(page, counts):
    assert count_tags(padded(page)) == counts


@pytest.mark.parametrize(
    ("page", "reopened", "unfit"),
    [
        ("<b>x</b><p>", 1, 0),  # one is open at <b>, none behind
        ("<b><p><p>", 3, 0),
        ("<b><b><b><b><p>", 1 + 2 + 3 + 3 + 3, 0),  # three that are alike
        ("<b><b c=1><b c=2><b c=3><p>", 1 + 2 + 3 + 4 + 4, 0),
        ("<b><td></b><p>", 4, 1),  # the end tag may not reach it
        ("<b><i></b></i><p>", 1 + 2 + 1 + 0 + 0, 0),
        ('<b><a t="</b>"></a></b>', 1 + 2 + 2 + 1 + 0, 1),
        ("</b></a><p>", 0, 2),
        ("<b></ x></b><p>", 3, 1),
    ],
)
def test_what_may_be_opened_anew(page, reopened, unfit):
    assert follow_formatting(padded(page), 10**6) == (reopened, unfit)


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("<a>", 0),
        ("<a href=x>", 1),
        ("<a href = x id>", 2),
        ("<a b='c d > e'f=\"g\"/h/i>j k", 4),
        ("<a b c=d/e f>", 3),
        ("<a b='", 1),
        ('<a ==" > c d e">', 1),  # the first equals sign is a name
        ("<a =b c>", 2),
    ],
)
def test_attributes_are_counted(tag, attributes):
    assert most_attributes(padded(f"<p q>{tag}")) == max(attributes, 1)


def test_pages_of_the_web_pass(shared_data):
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    with (shared_data / "web" / "realweb.warc.gz").open("rb") as file:
        pages = [record.reader.read() for record in ArchiveIterator(file, WarcRecordType.response)]
    folder = shared_data / "web" / "article_extraction_benchmark" / "html"
    pages += [gzip.decompress(path.read_bytes()) for path in folder.iterdir()]
    assert len(pages) > 250
    assert not any(map(why_not, pages))
