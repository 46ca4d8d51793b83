from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.evaluation.bits_per_byte import BitsPerByte, ratio_stderr, windows
from assay.evaluation.scoring import Scorer
from assay.evaluation.task import Request
from evaluation.conftest import CONTEXT, TEXTS, write_rows
from evaluation.test_scoring import plain_losses

SHORT = "Iron – é 😀 and\u2028copper."
DOCUMENTS = [SHORT, TEXTS[0][:60], "x", " ".join(TEXTS[:4]), TEXTS[1] * 3]


def measure(path, scorer):
    return BitsPerByte(name="held-out", type="bits_per_byte", data=[str(path)]).measure(scorer)


def plain_bits(text: str, scorer) -> float:
    """Every token by itself, given as much text as its window gives it."""
    tokens = np.array([scorer.tokenizer.end_of_text, *scorer.tokenizer.encode(text)], np.int32)
    bits, quarter = 0.0, CONTEXT // 4
    for position in range(1, len(tokens)):
        window = max(0, (position - quarter - 1) // (CONTEXT - quarter))
        start = window * (CONTEXT - quarter)
        bits += plain_losses(scorer.model, Request(tokens[start : position + 1], position - start))[0] / math.log(2)
    return bits


def test_bits_are_those_of_a_plain_loop(tmp_path, scorer):
    path = write_rows(tmp_path / "rows.jsonl", [{"text": text, "id": f"d{n}"} for n, text in enumerate(DOCUMENTS)])
    found = measure(path, scorer)
    assert len(scorer.tokenizer.encode(DOCUMENTS[3])) > 2 * CONTEXT  # several windows are tried
    assert [row["id"] for row in found.rows] == [f"d{n}" for n in range(5)]
    for row, text in zip(found.rows, DOCUMENTS, strict=True):
        assert row["bytes"] == len(text.encode())
        assert row["bits"] == pytest.approx(plain_bits(text, scorer), rel=1e-5)
    total = sum(row["bits"] for row in found.rows) / sum(row["bytes"] for row in found.rows)
    assert found.value == pytest.approx(total)
    assert found.stderr
    assert found.stderr > 0


def test_a_model_that_knows_nothing_pays_log_of_the_vocabulary(tmp_path, scorer):
    model = copy.deepcopy(scorer.model)
    with torch.no_grad():
        model.output.weight.zero_()
    path = write_rows(tmp_path / "rows.jsonl", [{"text": text} for text in DOCUMENTS])
    found = measure(path, Scorer(model, scorer.tokenizer, scorer.context))
    tokens = [len(scorer.tokenizer.encode(text)) for text in DOCUMENTS]
    assert [row["bits"] for row in found.rows] == pytest.approx([count * math.log2(400) for count in tokens])
    assert [row["id"] for row in found.rows] == list("01234")


@given(st.integers(1, 200), st.integers(1, 40))
def test_windows_score_every_token_once(length, context):
    tokens = np.arange(length + 1)
    scored = []
    for piece, first in windows(tokens, context):
        assert 2 <= len(piece) <= context + 1
        assert np.array_equal(piece, np.arange(piece[0], piece[0] + len(piece)))
        assert piece[0] == 0 or first > context // 4
        scored += list(piece[first:])
    assert scored == list(range(1, length + 1))


def test_the_standard_error_is_that_of_repeated_draws():
    rng = np.random.default_rng(0)
    sizes = rng.integers(50, 500, 40_000).astype(float)
    bits = sizes * rng.normal(1.5, 0.3, len(sizes))
    draws = np.split(rng.permutation(len(sizes)), 400)
    values = [bits[chosen].sum() / sizes[chosen].sum() for chosen in draws]
    stated = [ratio_stderr(bits[chosen], sizes[chosen]) for chosen in draws]
    assert np.mean(stated) == pytest.approx(np.std(values), rel=0.1)
    assert ratio_stderr(bits[:1], sizes[:1]) is None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"text": "a"}, {"body": "b"}], r"rows.jsonl:2: a held-out document needs a text"),
        ([{"text": ""}], r"rows.jsonl:1: a held-out document needs a text"),
        ([{"text": "a", "id": 1}, {"text": "b", "id": "1"}], r"rows.jsonl:2: the id '1' comes twice"),
        ([], "holds no document"),
    ],
)
def test_bad_rows_are_named(tmp_path, scorer, rows, message):
    with pytest.raises(InputError, match=message):
        measure(write_rows(tmp_path / "rows.jsonl", rows), scorer)
