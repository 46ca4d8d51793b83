from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.cli import invoke
from assay.evaluation.extraction import score_extractors, word_score
from evaluation.test_gold_pages import write_page

WORDS = st.lists(st.sampled_from(["a", "B", "b", "é", "_1"]), max_size=6)


@pytest.fixture
def gold(tmp_path):
    pages = {"equal": b"<main><p>One two three.</p></main>", "half": b"<main><p>one two</p></main>", "none": b"<i></i>"}
    for name, html in pages.items():
        write_page(tmp_path, name, html)
    rows = {name: {"articleBody": "one, two, Three"} for name in [*pages, "absent"]}
    (tmp_path / "ground-truth.json").write_text(json.dumps(rows))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "wanted", "score"),
    [
        ("a b c d", "A, b.", (2 / 3, 0.5, 1.0)),
        ("a a b", "a b b", (2 / 3, 2 / 3, 2 / 3)),
        ("x", "y", (0, 0, 0)),
        ("", "", (1, 1, 1)),
        ("!", "a", (0, 0, 0)),
        ("a", "", (0, 0, 0)),
    ],
)
def test_words_in_common(text, wanted, score):
    assert word_score(text, wanted) == pytest.approx(score)


@given(WORDS, WORDS)
def test_f1_is_the_share_of_all_words_that_are_paired(text, wanted):
    pairs = sum((Counter(map(str.lower, text)) & Counter(map(str.lower, wanted))).values())
    expected = 2 * pairs / (len(text) + len(wanted)) if text or wanted else 1
    assert word_score(" ".join(text), "-".join(wanted)).f1 == pytest.approx(expected)


def test_pages_are_counted_and_averaged(gold):
    report = score_extractors(gold, ["resiliparse", "resiliparse-plain"])
    assert (report.pages, report.unreadable) == (4, 1)
    for score in report.extractors:
        assert score["types"] == {"article": {key: score[key] for key in ("pages", "f1", "precision", "recall")}}
        assert score["pages"] == 3
        assert score["f1"] == pytest.approx((1 + 0.8 + 0) / 3)
        assert score["without_text"] == 1
        assert score["cpu_seconds"] > 0


def test_command(gold, capsys):
    assert invoke(["extract-score", str(gold), "--extractor", "resiliparse-plain", "resiliparse", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [score["extractor"] for score in printed["extractors"]] == ["resiliparse-plain", "resiliparse"]
    assert invoke(["extract-score", str(gold)]) == 0
    shown = capsys.readouterr().out
    assert "4 pages, of which 1 could not be read" in shown
    assert "article" in shown
    assert invoke(["extract-score", str(gold / "html")]) == 2


def test_a_set_of_which_nothing_can_be_read(gold):
    for page in (gold / "html").iterdir():
        page.unlink()
    with pytest.raises(InputError, match="none of the 4 pages can be read"):
        score_extractors(gold, ["resiliparse"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "extractor", "f1", "tolerance"),
    [
        ("article_extraction_benchmark", "resiliparse", 0.898, 0.005),
        ("article_extraction_benchmark", "resiliparse-plain", 0.625, 0.005),
        ("wcxb", "resiliparse", 0.793, 0.005),
        ("article_extraction_benchmark", "trafilatura", 0.959, 0.01),
    ],
)
def test_measured_level(shared_data, folder, extractor, f1, tolerance):
    if extractor == "trafilatura":
        pytest.importorskip("trafilatura", "2")
    found = score_extractors(shared_data / "web" / folder, [extractor]).extractors[0]
    assert found["f1"] == pytest.approx(f1, abs=tolerance)
