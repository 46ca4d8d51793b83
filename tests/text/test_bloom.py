from __future__ import annotations

import gzip
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError, MachineError
from assay.curation.engine import curate
from assay.curation.page import documents_of
from assay.curation.recipe import parse_recipe
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.text.bloom import BloomDedup
from assay.text.bloom_filter import BloomFilter, optimal_hashes, optimal_size
from curation.curation_pools import contents, decide, seen_by, write_jsonl
from text.plain import documents, many, texts
from text.plain_bloom import MODES as PLAIN_MODES
from text.plain_bloom import sweep_plainly

PARAMETERS = (
    "min_ngram_size",
    "max_ngram_size",
    "filtering_threshold",
    "substr_seqlen",
    "annotate",
    "no_update_bloom_filter",
)
MODES = ("old-both", "paragraph", "document", "both", "naive-both", "substring", "exact")


def swept(step: BloomDedup, *texts: str) -> list[str | None]:
    """What is left of each text; None where the document goes."""
    batch = documents(*texts)
    decision = step.sweep(batch, step.begin(int(step.count_ngrams(batch).sum())))
    left = step.cut(batch, decision.cuts).to_pylist()
    return [text if code < 0 else None for text, code in zip(left, decision.codes, strict=True)]


def decided(step: BloomDedup, *texts: str) -> tuple[list[str | None], list[dict]]:
    """What the step makes of a pool in this order, and the columns that it adds."""
    decision = decide(step.model_copy(update={"order": "pool", "min_kept": 0}), documents(*texts))
    left = texts if decision.cuts is None else step.cut(documents(*texts), decision.cuts).to_pylist()
    added = [{} for _ in texts] if decision.columns is None else decision.columns.to_pylist()
    return [text if code < 0 else None for text, code in zip(left, decision.codes, strict=True)], added


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
        if case["mode"] != mode:
            continue
        found = case.get("docs") or first["corpora"][case["docs_ref"]]
        step = BloomDedup(remove_type=mode, fp_rate=1e-9, **{name: case["params"][name] for name in PARAMETERS})
        lefts, columns = decided(step, *found)
        for text, left, added, result in zip(found, lefts, columns, case["expected"], strict=True):
            assert (left is None) == result["doc_dropped"], case["name"]
            assert left is None or is_as_told(left, text, result["text"]), case["name"]
            told = {name: value for name, value in result.items() if name.startswith("bff_")}
            assert {name: value for name, value in added.items() if value is not None} == told, case["name"]
        checked += 1
    assert checked > 6


few_words = st.lists(st.sampled_from("abcd\n"), min_size=5, max_size=40).map(" ".join)
some_words = st.lists(st.sampled_from(["a", "b", "c,", "\n", "日本", " "]), max_size=20).map(" ".join)


@many
@given(
    all_texts=st.lists(st.one_of(some_words, few_words, texts), min_size=1, max_size=6).map(tuple),
    sizes=st.sampled_from([(1, 1), (1, 3), (2, 2), (3, 13)]),
    threshold=st.sampled_from([0.0, 0.5, 0.8, 1.0]),
    seqlen=st.sampled_from([1, 3, 6]),
    mode=st.sampled_from([*PLAIN_MODES, "substring"]),
)
def test_the_sweep_is_that_of_plain_python(all_texts, sizes, threshold, seqlen, mode):
    step = BloomDedup(
        remove_type=mode,
        min_ngram_size=sizes[0],
        max_ngram_size=sizes[1],
        filtering_threshold=threshold,
        substr_seqlen=seqlen,
        fp_rate=1e-9,
    )
    assert swept(step, *all_texts) == sweep_plainly(step, all_texts)


@pytest.mark.parametrize(("rate", "size", "hashes"), [(0.01, 1_199_121, 7), (0.001, 1_797_204, 10)])
def test_the_size_is_that_of_bff(rate, size, hashes):
    assert abs(optimal_size(10**6, rate) - size) <= 2  # where its search ends depends on the machine's memory
    assert optimal_hashes(size, 10**6) == hashes
    assert abs(optimal_size(10**9, 0.01) - 1_199_119_970) <= 2


def test_the_filter_has_the_size_and_the_rate_it_is_made_for():
    assert abs(8 * len(BloomFilter.sized(10**6, 0.01).bits) - 1_199_121) < 5000  # bff's size for these numbers
    assert BloomFilter.sized(10**6, 0.01).hashes == 7
    step = BloomDedup(min_ngram_size=1, max_ngram_size=1, remove_type="document", filtering_threshold=1)
    old, new = (documents(" ".join(f"{letter}{number}" for number in range(200_000))) for letter in "xy")
    state = step.begin(int(step.count_ngrams(old).sum()))
    step.sweep(old, state)
    known = step.model_copy(update={"no_update_bloom_filter": True}).sweep(new, state).columns["known"]
    rate = known[0].as_py() / 200_000
    assert state.summary()["expected_false_positives"] == pytest.approx(0.01, rel=0.1)
    assert rate == pytest.approx(0.01, rel=0.1)


def test_a_filter_too_small_is_refused():
    step = BloomDedup(min_ngram_size=1, max_ngram_size=1, expected_ngram_count=1000)
    with pytest.raises(InputError, match="made for 1,000 n-grams, less than the 4,000 .* a share of 0.68"):
        swept(step, " ".join(f"w{number}" for number in range(4000)))
    with pytest.raises(MachineError, match="takes 1,199,[0-9,]+ bytes; the [0-9,]+ that can be had give [01]"):
        BloomFilter.sized(10**12, 0.01)
    with pytest.raises(ValueError, match="larger than max_ngram_size"):
        BloomDedup(min_ngram_size=14)


def pool_of(count: int) -> list[str]:
    return [f"line {n % 40} is one that is {n % 7}\nand {n % 90} is of {n % 30}\nx{n % 55}" for n in range(count)]


SMALL = {"min_ngram_size": 2, "max_ngram_size": 4, "filtering_threshold": 0.6}


@pytest.mark.parametrize("partitions", [1, 5])
@pytest.mark.parametrize("bucket", [100, 10**9])
def test_what_stays_does_not_depend_on_the_order_of_files(partitions, bucket, monkeypatch):
    monkeypatch.setattr("assay.curation.seen.FILE_BYTES", bucket)
    step = BloomDedup(**SMALL, partitions=partitions)
    rows = list(enumerate(pool_of(300)))
    results = []
    for order in (rows, rows[::-1]):
        parts = [order[i : i + 70] for i in range(0, len(rows), 70)]
        batches = [documents_of([{"id": f"d{n}", "text": text} for n, text in part]) for part in parts]
        decision = decide(step, *batches)
        cuts = decision.cuts.to_pylist()
        results.append({n: (code, cut) for (n, _), code, cut in zip(order, decision.codes, cuts, strict=True)})
    assert results[0] == results[1]
    assert 0 < sum(code < 0 for code, _ in results[0].values()) < 300


def test_an_older_pool_is_known_by_its_filter(tmp_path):
    old, new = documents(*pool_of(50)), documents(*pool_of(60))
    settings = SMALL | {"order": "pool", "fp_rate": 1e-6}
    first = BloomDedup(**settings, save_bloom_filter=True, expected_ngram_count=3000)
    before = decide(first, old, kept=tmp_path)
    (file,) = tmp_path.iterdir()
    after = decide(BloomDedup(**settings, bloom_filter_file=str(file), min_kept=0), new)
    at_once = decide(BloomDedup(**settings), old, new)
    assert at_once.codes.tolist() == [*before.codes, *after.codes]
    assert at_once.cuts.to_pylist() == [*before.cuts.to_pylist(), *after.cuts.to_pylist()]
    (told,) = before.notes["partitions"]
    assert 0 < told["fill"] < 0.5
    assert told["expected_false_positives"] < 1e-6
    with pytest.raises(InputError, match="n-grams of 2-4 words, not 2-5"):
        decide(BloomDedup(min_ngram_size=2, max_ngram_size=5, bloom_filter_file=str(file)), new)
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        decide(BloomDedup(**settings, bloom_filter_file=str(file)), new)
    file.write_bytes(data[:50])
    with pytest.raises(InputError, match="no Bloom filter, or a damaged one"):
        decide(BloomDedup(**settings, bloom_filter_file=str(file)), new)


def test_it_stops_when_next_to_nothing_is_left():
    with pytest.raises(InputError, match="only 0.00% of the text would be left"):
        decide(BloomDedup(remove_type="naive-both", **SMALL), documents("a b c d e f\ng h i j k l"))
    same = documents(*["one and the same text"] * 1000)
    decision = decide(BloomDedup(**SMALL), same)  # copies are no sign of a wrong setting
    assert (decision.codes < 0).sum() == 1
    assert decision.notes["bytes_kept_of_distinct_text"] == 1


def test_a_sweep_that_was_stopped_goes_on(tmp_path):
    step, batch = BloomDedup(**SMALL, partitions=4), documents(*pool_of(100))

    def stopped(function, items):
        yield function(items[0])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        step.decide_from(seen_by(step, tmp_path, [batch], run=stopped))
    (done,) = tmp_path.glob("swept-*.arrow")
    time = done.stat().st_mtime_ns
    decision = step.decide_from(seen_by(step, tmp_path, [batch]))
    assert done.stat().st_mtime_ns == time
    assert decision.codes.tolist() == decide(step, batch).codes.tolist()


def test_one_giant_document():
    step = BloomDedup(**SMALL)
    text = "\n".join(f"word {number} after word" for number in range(200_000))
    assert decide(step, documents(text)).codes.tolist() == [-1]


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
