from __future__ import annotations

import gzip
import json
import sys
import time
from types import SimpleNamespace

import pyarrow as pa
import pytest

from assay.base.errors import MachineError
from assay.curation.apply import apply
from assay.text.extract import HtmlExtraction
from text.plain import documents

PAGE = "<html><head><title>t</title></head><body><nav>menu</nav><p>Größe — {}</p></body></html>"


def extract(step: HtmlExtraction, *pages: bytes | None) -> list[str | None]:
    """The text of each page, or None; reasons are in ``apply``."""
    html = pa.array(pages, pa.large_binary())
    return step.modify(documents(*[None] * len(pages), html=html)).text.to_pylist()


@pytest.mark.parametrize("kind", ["main_content", "full"])
def test_text_is_that_of_resiliparse(kind, shared_data):
    golden = json.loads(gzip.decompress((shared_data / "dclm_extract_golden.json.gz").read_bytes()))
    step = HtmlExtraction(extractor="resiliparse" if kind == "main_content" else "resiliparse-plain")
    texts = extract(step, *(case["html"].encode() for case in golden))
    expected = [case["expected"]["resiliparse-2.0.1"][kind] for case in golden]
    assert texts == [text if text.strip() else None for text in expected]


def test_reasons():
    html = pa.array([b"<p>caf\xe9</p>", b"", b"<script>x()</script>", None, b"<p>fine</p>"], pa.large_binary())
    outcome = apply(HtmlExtraction(), documents(None, None, None, None, None, html=html))
    assert [outcome.reasons[code] for code in outcome.codes[:4]] == [
        "not UTF-8",
        "no text in the page",
        "no text in the page",
        "neither text nor page",
    ]
    assert outcome.documents.text.to_pylist() == ["fine"]


def test_documents_with_text_pass_unchanged():
    html = pa.array([b"<p>page</p>", b"<p>page</p>", None], pa.large_binary())
    outcome = apply(HtmlExtraction(), documents("own", None, "", html=html))
    assert outcome.documents.text.to_pylist() == ["own", "page", ""]
    assert apply(HtmlExtraction(), documents("own", "")).documents.text.to_pylist() == ["own", ""]


def test_pages_are_let_go_with_extraction():
    html = pa.array([b"<p>page</p>", b"<p>page</p>"], pa.large_binary())
    outcome = apply(HtmlExtraction(), documents("own", None, html=html))
    assert outcome.documents.batch.column("html").to_pylist() == [None, None]


def test_documents_without_a_column_for_pages():
    outcome = apply(HtmlExtraction(), documents("own", None))
    assert outcome.documents.text.to_pylist() == ["own"]
    assert outcome.reasons == ("neither text nor page",)


@pytest.mark.parametrize("encoding", ["windows-1252", "iso-8859-15", "utf-16", "shift_jis"])
def test_other_encodings_are_detected(encoding):
    text = PAGE.format("日本語の文章です" if encoding == "shift_jis" else "çà et là").replace("Größe — ", "")
    page = text.replace("<title>", f'<meta charset="{encoding}"><title>').encode(encoding)
    expected = "日本語の文章です" if encoding == "shift_jis" else "çà et là"
    assert extract(HtmlExtraction(encoding="detect", extractor="resiliparse-plain"), page) == [f"menu\n\n{expected}"]


def test_bytes_of_no_encoding_give_some_text():
    assert extract(HtmlExtraction(encoding="detect"), b"<p>ok \x81\x8d\xff\xfe</p>")[0].startswith("ok")


def test_hostile_pages_do_not_hang():
    started = time.process_time()
    html = pa.array([b"<div>" * 100_000 + b"x", b"<p>a\0b</p>&#xD800;", b"<" * 100_000], pa.large_binary())
    outcome = apply(HtmlExtraction(), documents(None, None, None, html=html))
    assert outcome.reasons == ("HTML nested too deeply",)
    assert outcome.kept.tolist() == [False, True, True]
    assert time.process_time() - started < 10


def test_many_tags_are_no_reason_when_they_do_not_nest():
    page = "<ul>" + "<li><b>x</b> y</li>" * 20_000 + "</ul>"
    assert extract(HtmlExtraction(extractor="resiliparse-plain"), page.encode())[0].count("x y") == 20_000


def test_a_page_that_is_wide_where_it_is_deep_does_not_hang():
    started = time.process_time()
    page = "<div>" * 5_000 + "<b>x</b>" * 300_000
    outcome = apply(HtmlExtraction(), documents(None, html=pa.array([page.encode()], pa.large_binary())))
    assert outcome.reasons == ("HTML nested too deeply",)
    assert time.process_time() - started < 10


def test_trafilatura_is_asked_for_the_text_without_comments(monkeypatch):
    asked = []
    fake = SimpleNamespace(__version__="2.3.1", extract=lambda html, **options: asked.append((html, options)))
    monkeypatch.setitem(sys.modules, "trafilatura", fake)
    assert HtmlExtraction(extractor="trafilatura").extract(b"<p>x") == (None, "no text in the page")
    assert asked == [("<p>x", {"include_comments": False})]


def test_text_is_that_of_trafilatura():
    pytest.importorskip("trafilatura", "2")
    page = PAGE.format("A sentence that is long enough to be taken for an article, and one more. " * 5)
    text = extract(HtmlExtraction(extractor="trafilatura"), page.encode())[0]
    assert text.startswith("Größe — A sentence")
    assert "menu" not in text


@pytest.mark.parametrize(("module", "message"), [(None, "needs the package"), ("1.11.0", "version 2 or later")])
def test_without_a_trafilatura_that_fits_the_error_names_the_extra(monkeypatch, module, message):
    monkeypatch.setitem(sys.modules, "trafilatura", module and SimpleNamespace(__version__=module))
    with pytest.raises(MachineError, match=message) as error:
        HtmlExtraction(extractor="trafilatura").extract(b"<p>x")
    assert "'assay[trafilatura]'" in str(error.value)
