from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.curation.engine import curate
from assay.curation.page import documents_of
from assay.curation.recipe import parse_recipe
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.report.inspection import inspect, open_dataset
from assay.text.dedup import id_hashes
from assay.text.minhash import MinhashDedup
from curation.curation_pools import contents, decide, read_dataset, write_jsonl
from text.plain import alnum_words, documents, many, texts
from text.planted import jaccard, planted


def decided_plainly(step: MinhashDedup, all_texts: list[str]) -> list[tuple[int, float] | None]:
    """Of each document the one of which it is a repeat, and how similar it is: by comparing all with all."""
    words = [alnum_words(text.lower()) for text in all_texts]
    ties = id_hashes(documents(*all_texts))
    order = sorted(range(len(words)), key=lambda i: (-len(all_texts[i].encode()), ties[i]))
    kept: list[int] = []
    result: list[tuple[int, float] | None] = [None] * len(words)
    for i in order:
        copies = [j for j in order[: order.index(i)] if all_texts[j] == all_texts[i]]
        alike = [(jaccard(words[i], words[j], step.ngram), -order.index(j)) for j in kept]
        best, place = max(alike, default=(0.0, 0))
        if copies:
            result[i] = result[copies[0]] or (copies[0], 1.0)
        elif best >= step.threshold:
            result[i] = (order[-place], best)
        else:
            kept.append(i)
    return result


few = st.lists(st.sampled_from(["a", "B", "b", "c", "日", "e,", "."]), max_size=14).map(" ".join)


@many
@given(
    all_texts=st.lists(few | texts, min_size=1, max_size=5),
    n=st.integers(1, 4),
    threshold=st.sampled_from([0.3, 0.5, 1]),
)
def test_what_goes_is_what_plain_python_drops(all_texts, n, threshold):
    step = MinhashDedup(ngram=n, bands=100, rows=1, threshold=threshold)
    decision = decide(step, documents(*all_texts))
    found: list[tuple[int, float] | None] = [None] * len(all_texts)
    for pair in decision.twins.to_pylist() if decision.twins else []:
        found[pair["row"]] = (pair["twin"], pytest.approx(pair["jaccard"]))
    assert found == decided_plainly(step, all_texts)
    assert [code < 0 for code in decision.codes] == [each is None for each in found]


@pytest.mark.parametrize("similarity", [0.7, 0.8, 0.9])
def test_recall_is_that_of_the_bands_and_precision_is_one(similarity):
    all_texts, exact = planted(similarity, 300, seed=3)
    for step in (MinhashDedup(threshold=0.6), MinhashDedup(threshold=0.6, bands=14, rows=8)):
        decision = decide(step, documents(*all_texts))
        pairs = decision.twins.to_pylist()
        assert all(pair["row"] // 2 == pair["twin"] // 2 for pair in pairs)
        assert all(pair["jaccard"] == pytest.approx(exact[pair["row"] // 2]) for pair in pairs)
        chances = [1 - (1 - value**step.rows) ** step.bands for value in exact]
        spread = np.sqrt(np.sum(np.multiply(chances, np.subtract(1, chances))))
        assert len(pairs) == pytest.approx(sum(chances), abs=4 * spread + 1)


def test_the_same_stay_for_any_order_of_files():
    all_texts, _ = planted(0.9, 60, seed=5)
    rows = [{"id": f"d{number}", "text": text} for number, text in enumerate([*all_texts, *all_texts[:40]])]
    kept = []
    for order in (rows, rows[::-1]):
        batches = [documents_of(order[i : i + 17]) for i in range(0, len(order), 17)]
        codes = decide(MinhashDedup(), *batches).codes
        kept.append({row["id"] for row, code in zip(order, codes, strict=True) if code < 0})
    assert kept[0] == kept[1]
    assert 60 <= len(kept[0]) < 70


def test_chains_do_not_reach_further():
    words = [f"w{number}" for number in range(200)]
    chain = [" ".join(words[shift : shift + 120]) for shift in range(0, 60, 6)]  # neighbours are alike, the ends not
    decision = decide(MinhashDedup(bands=100, rows=4), documents(*chain))
    for pair in decision.twins.to_pylist():
        assert jaccard(chain[pair["row"]].split(), chain[pair["twin"]].split(), 5) >= 0.8
        assert decision.codes[pair["twin"]] == -1
    assert 2 <= (decision.codes < 0).sum() < 10


def test_short_documents_and_copies():
    batch = documents("", "", "...", "!!!", "one", "two", "one two", "One two!", *["same"] * 500)
    decision = decide(MinhashDedup(), batch)
    assert decision.codes[:8].tolist().count(-1) == 6  # one of the empty ones, and one of "one two"
    assert (decision.codes[8:] < 0).sum() == 1
    assert decision.notes["largest_cluster"] == 500


def test_which_one_stays():
    text = " ".join(f"w{number}" for number in range(100))
    batch = documents(f"{text} a", f"{text} b c d", f"{text} e f", score=pa.array([0.1, None, 0.9]))
    for settings_, stays in (
        ({"keep": "longest"}, 1),
        ({"keep": "first"}, 0),
        ({"keep": "best_score", "score_key": "score"}, 2),
    ):
        decision = decide(MinhashDedup(**settings_), batch)
        assert np.flatnonzero(decision.codes < 0).tolist() == [stays]
        assert set(decision.twins["twin"].to_pylist()) == {stays}
    with pytest.raises(InputError, match="score_key"):
        validate(MinhashDedup, {"keep": "best_score"}, "test")


def test_a_dataset_names_the_twins(tmp_path):
    all_texts, _ = planted(0.9, 40, seed=7)
    for file in range(4):
        rows = [{"id": f"{file}-{n}", "text": text} for n, text in enumerate(all_texts[file::4])]
        write_jsonl(tmp_path / "pool" / f"{file}.jsonl", rows)
    pool = describe_pool([str(tmp_path / "pool")], Columns())
    recipe = parse_recipe({"steps": ["minhash_dedup"]}, "minhash.yaml", tmp_path)
    for workers in (1, 2):
        curate(pool, recipe, tmp_path / str(workers), workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    twins = pq.read_table(tmp_path / "1" / "deduplication" / "1" / "twins.parquet").to_pylist()
    kept = {row["id"] for row in read_dataset(tmp_path / "1")}
    assert {pair["kept"] for pair in twins} <= kept
    assert not {pair["id"] for pair in twins} & kept
    assert len(kept) + len(twins) == 80
    funnel = json.loads((tmp_path / "1" / "funnel.json").read_text())
    assert funnel["steps"][0]["notes"]["near_duplicates"] == len(twins)
    (step,) = inspect(open_dataset(tmp_path / "1"), number=100)
    assert step.dropped
    assert {each.id: each.twin for each in step.dropped}.items() <= {pair["id"]: pair["kept"] for pair in twins}.items()
