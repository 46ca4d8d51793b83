from __future__ import annotations

import gzip
import hashlib
import json
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.curation.engine import curate
from assay.curation.recipe import parse_recipe
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.text.bloom import BloomDedup, BloomFilter
from assay.text.characters import character_table
from assay.text.kernels.bloom import sweep
from curation.curation_pools import contents, write_jsonl
from text.plain import documents, many, texts, words

MODES = ("old-both", "paragraph", "document")
PARAMETERS = ("min_ngram_size", "max_ngram_size", "filtering_threshold")


def swept(step: BloomDedup, *texts: str) -> list[str | None]:
    """What is left of each text; None where the document goes."""
    batch = documents(*texts)
    state = step.begin(pa.Table.from_batches([step.observe(batch)]))
    decision = step.sweep(batch, state)
    left = step.cut(batch, decision.cuts).to_pylist()
    return [text if code < 0 else None for text, code in zip(left, decision.codes, strict=True)]


def is_as_told(left: str, text: str, told: str | dict) -> bool:
    """Whether a text is the one of the golden: "=" for no change, the text, or its md5."""
    if isinstance(told, dict):
        return hashlib.md5(left.encode()).hexdigest() == told["md5"]
    return left == (text if told == "=" else told)


@pytest.mark.parametrize("mode", MODES)
def test_what_goes_is_what_bff_removes(mode, shared_data):
    lines = gzip.decompress((shared_data / "dclm_bff_golden.jsonl.gz").read_bytes()).splitlines()
    first, *cases = map(json.loads, lines)
    checked = 0
    for case in cases:
        given = case["params"]
        if case["mode"] != mode or given["annotate"] or given["no_update_bloom_filter"]:
            continue
        found = case.get("docs") or first["corpora"][case["docs_ref"]]
        step = BloomDedup(remove_type=mode, fp_rate=1e-9, **{name: given[name] for name in PARAMETERS})
        for text, left, result in zip(found, swept(step, *found), case["expected"], strict=True):
            assert (left is None) == result["doc_dropped"], case["name"]
            assert left is None or is_as_told(left, text, result["text"]), case["name"]
        checked += 1
    assert checked > 10


def plain(step: BloomDedup, all_texts: tuple[str, ...]) -> list[str | None]:
    seen: set[tuple[str, ...]] = set()
    left: list[str | None] = []
    for text in all_texts:
        kept, known, total = [], 0, 0
        first, *others = text.split("\n")
        for paragraph in [*([first] if first else []), *(f"\n{other}" for other in others)]:
            found = [word for word in words(paragraph, "uniseg") if word.strip()]
            grams = [tuple(found[i : i + step.max_ngram_size]) for i in range(len(found) - step.max_ngram_size + 1)]
            if not grams and len(found) >= step.min_ngram_size:
                grams = [tuple(found)]
            old = sum(gram in seen for gram in grams)
            known, total = known + old, total + len(grams)
            if not grams or old / len(grams) <= step.filtering_threshold:
                kept.append(paragraph)
                seen.update(grams)
        share = known / total if total else math.nan
        gone = step.remove_type == "old-both" and share > step.filtering_threshold
        left.append(None if gone or not "".join(kept).strip() else "".join(kept))
    return left


some_words = st.lists(st.sampled_from(["a", "b", "c,", "\n", "日本", " "]), max_size=20).map(" ".join)


@many
@given(
    all_texts=st.lists(st.one_of(some_words, texts), min_size=1, max_size=6).map(tuple),
    sizes=st.sampled_from([(1, 1), (1, 3), (2, 2), (3, 13)]),
    threshold=st.sampled_from([0.0, 0.5, 0.8, 1.0]),
    mode=st.sampled_from(["old-both", "paragraph"]),
)
def test_the_sweep_is_that_of_plain_python(all_texts, sizes, threshold, mode):
    step = BloomDedup(
        remove_type=mode, min_ngram_size=sizes[0], max_ngram_size=sizes[1], filtering_threshold=threshold, fp_rate=1e-9
    )
    assert swept(step, *all_texts) == plain(step, all_texts)


def test_the_filter_has_the_size_and_the_rate_it_is_made_for():
    assert abs(8 * len(BloomFilter.sized(10**6, 0.01).bits) - 1_199_121) < 5000  # bff's size for these numbers
    assert BloomFilter.sized(10**6, 0.01).hashes == 7
    step = BloomDedup(min_ngram_size=1, max_ngram_size=1, remove_type="document", filtering_threshold=1)
    old, new = (documents(" ".join(f"{letter}{number}" for number in range(200_000))) for letter in "xy")
    state = step.begin(pa.Table.from_batches([step.observe(old)]))
    step.sweep(old, state)
    rules = (state.hashes, 1.0, True)
    ((rate,), _, _) = sweep(*new.text_bytes(), character_table(), (1, 1), state.bits, rules)
    assert rate == pytest.approx(0.01, rel=0.1)


def test_an_overfull_filter_is_refused():
    step = BloomDedup(min_ngram_size=1, max_ngram_size=1, expected_ngram_count=2)
    with pytest.raises(InputError, match="expected_ngram_count 2 is less than the 3 n-grams"):
        swept(step, "a b c")
    with pytest.raises(ValueError, match="larger than max_ngram_size"):
        BloomDedup(min_ngram_size=14)


def test_the_same_paragraphs_go_for_any_number_of_workers(tmp_path):
    for file in range(3):
        rows = [
            {"id": f"{file}-{n}", "text": f"a line of {n % 40} that is {n % 7}\n{n} {file} is new"} for n in range(60)
        ]
        write_jsonl(tmp_path / "pool" / f"{file}.jsonl", rows)
    pool = describe_pool([str(tmp_path / "pool")], Columns())
    steps = [{"bloom_dedup": {"min_ngram_size": 2, "max_ngram_size": 5}}]
    recipe = parse_recipe({"steps": steps}, "bloom.yaml", tmp_path)
    for workers in (1, 2):
        curate(pool, recipe, tmp_path / str(workers), workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    funnel = json.loads((tmp_path / "1" / "funnel.json").read_text())
    assert funnel["documents_out"] == 180
    assert funnel["bytes_out"] < funnel["bytes_in"]
