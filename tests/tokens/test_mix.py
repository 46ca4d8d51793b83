from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.records.record import read_record
from assay.tokens.format import read_manifest
from assay.tokens.mix import Mix, Source, choose, contributions, read_mix, sequence_counts
from assay.tokens.pack import tokenize, tokenize_mix
from tokens.datasets import digests, make_dataset, prose, sequences


def mix_of(*amounts: dict, tokens: int | None = None) -> Mix:
    sources = [Source(dataset=f"source-{number}", **amount) for number, amount in enumerate(amounts)]
    return Mix(sources=sources, tokens=tokens)


@pytest.mark.parametrize(
    ("mix", "held", "wanted"),
    [
        (mix_of({"epochs": 1}, {"epochs": 2.5}), [10, 4], [10, 10]),
        (mix_of({"tokens": 300}, {"epochs": 1}), [10, 4], [3, 4]),
        (mix_of({"weight": 3}, {"weight": 1}), [30, 100], [30, 10]),  # as much as repeats nothing
        (mix_of({"weight": 1}, {"weight": 1}, tokens=4000), [5, 100], [20, 20]),
        (mix_of({"weight": 1}, {"weight": 3}, {"epochs": 2}, tokens=4000), [5, 100, 10], [5, 15, 20]),
    ],
)
def test_what_the_amounts_mean(mix, held, wanted):
    assert sequence_counts(mix, held, 100) == wanted


def test_amounts_that_cannot_be_had_are_refused():
    with pytest.raises(InputError, match="leave nothing for the others"):
        sequence_counts(mix_of({"weight": 1}, {"epochs": 2}, tokens=1000), [5, 10], 100)
    with pytest.raises(InputError, match="source-1: gives not one sequence of 100 tokens"):
        sequence_counts(mix_of({"epochs": 1}, {"tokens": 20}), [5, 10], 100)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 12)), min_size=1, max_size=4), st.integers(0, 5))
def test_every_sequence_comes_equally_often_to_within_one(pairs, seed):
    counts, held = [list(column) for column in zip(*pairs, strict=True)]
    chosen = choose(counts, held, seed)
    assert np.array_equal(chosen, choose(counts, held, seed))
    start = 0
    for count, size in pairs:
        times = np.bincount(chosen[(chosen >= start) & (chosen < start + size)] - start, minlength=size)
        assert times.sum() == count
        assert set(times) <= {count // size, -(-count // size)}
        start += size


def test_the_rest_is_drawn_and_not_the_beginning():
    assert not np.array_equal(choose([50], [100], 0), np.arange(50))
    assert not np.array_equal(choose([50], [100], 0), choose([50], [100], 1))


def test_repeats_are_counted_and_warned_of(capsys):
    rows = contributions(["web", "wiki"], [10, 9], [10, 2], 100)
    assert rows == [
        {"name": "web", "tokens": 1000, "held": 1000, "epochs": 1.0},
        {"name": "wiki", "tokens": 900, "held": 200, "epochs": 4.5},
    ]
    assert capsys.readouterr().err == "wiki: comes 4.5 times; repeats teach little after the fourth\n"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    make_dataset(folder / "web", [[prose(number) for number in range(s * 20, s * 20 + 20)] for s in range(3)])
    make_dataset(folder / "wiki", [[prose(number) for number in range(1000, 1010)]])
    return folder


def test_a_mix_holds_what_its_sources_hold(two, tokenizer, tmp_path):
    (two / "mix.yaml").write_text("sources:\n- {dataset: web, epochs: 1}\n- {dataset: wiki, epochs: 3}\n")
    record = tokenize_mix(read_mix(two / "mix.yaml"), tokenizer, tmp_path / "mixed", 32)
    parts = [tokenize(two / name, tokenizer, tmp_path / name, 32) for name in ("web", "wiki")]
    expected = np.concatenate([sequences(tmp_path / "web"), *[sequences(tmp_path / "wiki")] * 3])
    found = sequences(tmp_path / "mixed")
    assert sorted(map(tuple, found)) == sorted(map(tuple, expected))
    assert record.metrics["sources"] == [
        {"name": "web", "tokens": parts[0].metrics["tokens"], "held": parts[0].metrics["tokens"], "epochs": 1.0},
        {"name": "wiki", "tokens": 3 * parts[1].metrics["tokens"], "held": parts[1].metrics["tokens"], "epochs": 3.0},
    ]
    assert record.inputs == [read_record(two / name).id for name in ("web", "wiki")]
    assert record.metrics["tokens"] == read_manifest(tmp_path / "mixed").tokens == found.size


def test_workers_do_not_matter_to_a_mix(two, tokenizer, tmp_path):
    mix = mix_of({"weight": 1}, {"weight": 1}, tokens=3300)
    sources = [
        s.model_copy(update={"dataset": str(two / n)}) for s, n in zip(mix.sources, ["web", "wiki"], strict=True)
    ]
    mix = mix.model_copy(update={"sources": sources})
    for workers in (1, 2):
        tokenize_mix(mix, tokenizer, tmp_path / str(workers), 32, seed=3, workers=workers)
    assert digests(tmp_path / "1") == digests(tmp_path / "2")
    assert len(sequences(tmp_path / "1")) == 100


def test_the_same_dataset_twice_is_refused(two, tokenizer, tmp_path):
    twice = Mix(sources=[Source(dataset=str(two / "web"), epochs=1)] * 2)
    with pytest.raises(InputError, match="the same dataset"):
        tokenize_mix(twice, tokenizer, tmp_path / "out", 32)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sources: []", "sources"),
        ("sources: [{dataset: web}]", "one of weight, epochs and tokens"),
        ("sources: [{dataset: web, weight: 1, epochs: 2}]", "one of weight, epochs and tokens"),
        ("sources: [{dataset: web, weight: 0}]", "greater than 0"),
        ("sources: [{dataset: web, wieght: 1}]", "did you mean weight"),
        ("tokens: 5M\nsources: [{dataset: web, epochs: 1}]", "only where a source has a weight"),
    ],
)
def test_a_wrong_mix_is_told(tmp_path, content, message):
    (tmp_path / "mix.yaml").write_text(content)
    with pytest.raises(InputError, match=message):
        read_mix(tmp_path / "mix.yaml")
