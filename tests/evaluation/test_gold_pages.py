from __future__ import annotations

import gzip
import json

import pytest

from assay.base.errors import InputError
from assay.evaluation.gold_pages import read_gold


def write_page(folder, name, html=b"<p>page"):
    (folder / "html").mkdir(parents=True, exist_ok=True)
    (folder / "html" / f"{name}.html.gz").write_bytes(gzip.compress(html))


def wcxb_row(name, type_="forum", text: str | None = "gold"):
    return {"file_id": name, "_internal": {"page_type": {"primary": type_}}, "ground_truth": {"main_content": text}}


def found(folder):
    return [(page.file.name, page.type, page.text, page.html()) for page in read_gold(folder)]


def test_wcxb_one_file_a_page(tmp_path):
    for split, name in (("dev", "0001"), ("test", "4000")):
        write_page(tmp_path / split, name, name.encode())
        (tmp_path / split / "ground-truth").mkdir()
        (tmp_path / split / "ground-truth" / f"{name}.json").write_text(json.dumps(wcxb_row(name, split)))
    expected = [("0001.html.gz", "dev", "gold", b"0001"), ("4000.html.gz", "test", "gold", b"4000")]
    assert found(tmp_path) == expected
    assert found(tmp_path / "test") == expected[1:]


def test_wcxb_as_lines(tmp_path):
    write_page(tmp_path, "1")
    rows = [wcxb_row("1"), wcxb_row("2", "article", None), {"file_id": "3"}]
    (tmp_path / "ground_truth.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    assert found(tmp_path) == [
        ("2.html.gz", "article", "", None),
        ("1.html.gz", "forum", "gold", b"<p>page"),
        ("3.html.gz", "unknown", "", None),
    ]


def test_article_extraction_benchmark(tmp_path):
    write_page(tmp_path, "a")
    (tmp_path / "ground-truth.json").write_text(json.dumps({"a": {"articleBody": "body", "url": "u"}}))
    assert found(tmp_path) == [("a.html.gz", "article", "body", b"<p>page")]


@pytest.mark.parametrize("damaged", [b"", b"<p>not gzip", gzip.compress(b"<p>page", mtime=0)[:-9]])
def test_a_damaged_page_has_no_html(tmp_path, damaged):
    write_page(tmp_path, "a")
    (tmp_path / "html" / "a.html.gz").write_bytes(damaged)
    (tmp_path / "ground-truth.json").write_text(json.dumps({"a": {"articleBody": "body"}}))
    assert found(tmp_path) == [("a.html.gz", "article", "body", None)]


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="is not a gold set"):
        read_gold(tmp_path)
    with pytest.raises(InputError, match="is not a gold set"):
        read_gold(tmp_path / "absent")
    (tmp_path / "ground-truth.json").write_text("[]")
    with pytest.raises(InputError, match=r"ground-truth\.json: must be a JSON object"):
        read_gold(tmp_path)


def test_the_public_sets(shared_data):
    pages = read_gold(shared_data / "web" / "wcxb")
    assert len(pages) == 511
    assert len({page.type for page in pages}) == 7
    assert len(read_gold(shared_data / "web" / "article_extraction_benchmark")) == 181
