"""Datasets from statistics are those made from scratch, to the byte; anything that was not measured is an error."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.engine import curate
from assay.curation.measure import measure
from assay.curation.page import PageModifier
from assay.curation.recipe import Output, Recipe, load_recipe
from assay.curation.step import Decision, Filter, Modified, Modifier, PoolStep, Rule, Scorer, Splitter
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from curation.curation_pools import contents, make_pool, prose, write_jsonl


def characters(documents: Documents) -> np.ndarray:
    return np.asarray(pc.call_function("utf8_length", [documents.text]))


def digits(documents: Documents) -> np.ndarray:
    """Share of digits; not defined without text."""
    texts = documents.text.to_pylist()
    return np.array([sum(map(str.isdigit, text)) / len(text) if text else np.nan for text in texts])


def marks(documents: Documents) -> np.ndarray:
    return np.array(documents.values("marks"))


class Length(Filter):
    least: float = 20
    most: float = 1e9
    most_digits: float = 1

    def rules(self):
        return (Rule("characters", characters, self.least, self.most), Rule("digits", digits, maximum=self.most_digits))


class Marked(Filter):
    most: float = 4

    def rules(self):
        return (Rule("marks", marks, maximum=self.most),)


class WithoutFirstLine(Modifier):
    """Cuts the first line; drops documents of one line."""

    def modify(self, documents):
        rests = [text.partition("\n")[2] or None for text in documents.text.to_pylist()]
        return Modified(pa.array(rests, pa.large_string()), ["only one line" for _ in rests])


class Moved(PageModifier):
    """Another url, and nothing else; drops documents with an odd number of characters."""

    prefix: str = "moved:"

    def change(self, page):
        page["url"] = self.prefix + (page["url"] or "nowhere")
        return None if len(page["text"]) % 2 else page


class Marks(Scorer):
    def score(self, documents):
        return {"marks": pa.array([text.count(".") for text in documents.text.to_pylist()])}


class Twice(Splitter):
    def split(self, documents):
        origins = np.repeat(np.arange(len(documents)), 2)
        batch = documents.batch.take(pa.array(origins))
        ids = pa.array([f"{id_}/{k % 2}" for k, id_ in enumerate(batch.column("id").to_pylist())])
        return batch.set_column(0, "id", ids), origins


class EveryThird(PoolStep):
    def observe(self, documents):
        return pa.record_batch({"id": documents.ids})

    def decide(self, observations):
        return Decision(np.where(np.arange(len(observations)) % 3, -1, 0).astype(np.int16), ("a third",))


def recipe(*steps, **output) -> Recipe:
    return Recipe("test", tuple((type(step).__name__.lower(), step) for step in steps), Output(**output))


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Two files with texts of all lengths, some empty, some repeated, with and without url; 2 rows are broken."""
    folder = tmp_path_factory.mktemp("pool")
    for file in range(2):
        rows = []
        for index in range(file * 1070 + 30):
            lines = prose(index % 400).split("\n")[: index % 5]
            url = None if index % 3 else f"https://example.org/{index}"
            rows.append({"id": f"{file}-{index}", "text": "\n".join(lines) + "9" * (index % 7), "url": url, "n": index})
        write_jsonl(folder / f"{file}.jsonl", rows)
    (folder / "1.jsonl").write_bytes((folder / "1.jsonl").read_bytes() + b"[1]\n[2]\n")
    return describe_pool([str(folder)], Columns())


LONG = (Length(least=100), WithoutFirstLine(), Length(least=50), Moved(), Marks(), Marked(), Length(least=60))
AFTER = (*LONG, Twice(), Length(least=100), EveryThird(), Length(least=150))


@pytest.fixture(scope="module")
def statistics(pool, tmp_path_factory):
    folder = tmp_path_factory.mktemp("statistics")
    measure(pool, recipe(*AFTER), folder / "made")
    return folder / "made"


def same(pool, wanted: Recipe, statistics: Path, folder: Path, **options) -> dict:
    """The funnel of a recipe, made both ways."""
    scratch = curate(pool, wanted, folder / "scratch")
    again = curate(pool, wanted, folder / "again", statistics=statistics, **options)
    assert again.id == scratch.id
    assert [output.model_dump() for output in again.outputs] == [output.model_dump() for output in scratch.outputs]
    assert contents(folder / "again") == contents(folder / "scratch")
    return json.loads((folder / "again" / "funnel.json").read_text())


@pytest.mark.parametrize("output", [{}, {"format": "parquet"}, {"shard_size": 50_000}])
def test_the_measured_recipe_gives_the_same_dataset(pool, statistics, tmp_path, output):
    funnel = same(pool, recipe(*AFTER, **output), statistics, tmp_path)
    assert funnel["quarantined"] == 2
    assert sum(bool(step["reasons"]) for step in funnel["steps"]) >= 6
    assert 0 < funnel["documents_out"] < funnel["documents_in"]


BOUNDS = st.sampled_from([0.0, 20.0, 60.0, 100.0, 101.0, 200.0, 1e9])


@settings(max_examples=5, deadline=None)
@given(least=st.tuples(BOUNDS, BOUNDS, BOUNDS), most=BOUNDS, digits=st.sampled_from([0.0, 0.02, 1.0]), data=st.data())
def test_other_bounds_and_fewer_filters_give_the_same_dataset(
    pool, statistics, tmp_path_factory, least, most, digits, data
):
    steps = [
        Length(least=least[0], most=most),
        WithoutFirstLine(),
        Length(least=least[1]),
        Moved(),
        Marks(),
        Marked(most=data.draw(st.integers(0, 9))),
        Length(least=least[2], most_digits=digits),
    ]
    filters = [index for index, step in enumerate(steps) if isinstance(step, Filter)]
    left_out = data.draw(st.sets(st.sampled_from(filters)))
    left = [step for index, step in enumerate(steps) if index not in left_out]
    same(pool, recipe(*left), statistics, tmp_path_factory.mktemp("same"))


def test_what_comes_after_the_measured_steps_may_be_anything(pool, statistics, tmp_path):
    same(pool, recipe(*LONG, EveryThird(), WithoutFirstLine(), Length()), statistics, tmp_path, workers=2)


def test_everything_may_be_dropped(pool, statistics, tmp_path):
    assert same(pool, recipe(Length(least=1e8), *AFTER[1:]), statistics, tmp_path)["documents_out"] == 0


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((Length(), Length()), r"has no step withoutfirstline\n"),
        ((Marked(), *LONG), r"step 1 \(marked\): 'marks' was not measured here"),
        ((Length(), Moved(), *LONG[1:]), r"step 2 \(moved\): the statistics have withoutfirstline in its place"),
        ((*LONG[:3], Moved(prefix="x"), *LONG[4:]), r"step 4 \(moved\): prefix is 'x', and was 'moved:' for the"),
        ((*LONG, Marks()), r"step 8 \(marks\): was not taken when the statistics were made"),
        ((*LONG[:3], *LONG[4:]), r"step 4 \(marks\): the statistics have moved in its place"),
    ],
)
def test_what_was_not_measured_is_an_error_that_names_the_first_difference(pool, statistics, tmp_path, steps, message):
    with pytest.raises(InputError, match=message):
        curate(pool, recipe(*steps), tmp_path / "out", statistics=statistics)
    assert not list(tmp_path.iterdir())


def test_statistics_of_another_pool_are_refused(statistics, tmp_path):
    with pytest.raises(InputError, match="are statistics of another pool"):
        curate(make_pool(tmp_path / "pool"), recipe(*LONG), tmp_path / "out", statistics=statistics)


class Lambda(Filter):
    most: float = 5
    scale: float = 1

    def rules(self):
        return (Rule("scaled", lambda documents: characters(documents) * self.scale, maximum=self.most),)


def test_a_measurement_without_a_name_is_only_that_of_the_same_step(pool, tmp_path):
    measure(pool, recipe(Lambda(most=300)), tmp_path / "statistics")
    assert same(pool, recipe(Lambda(most=300)), tmp_path / "statistics", tmp_path)["steps"][0]["reasons"]
    with pytest.raises(InputError, match="'scaled' was not measured here"):
        curate(pool, recipe(Lambda(most=300, scale=2)), tmp_path / "out", statistics=tmp_path / "statistics")


def test_files_that_filters_read_are_known_by_content(tmp_path):
    pool = make_pool(tmp_path / "pool")
    held_out = write_jsonl(tmp_path / "held-out.jsonl", [{"text": prose(3)}])
    measure(pool, load_recipe("heuristics").decontaminated([str(held_out)]), tmp_path / "statistics")
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(held_out.read_bytes())
    wanted = load_recipe("heuristics").decontaminated([str(copy)])
    assert same(pool, wanted, tmp_path / "statistics", tmp_path)["steps"][0]["reasons"]
    write_jsonl(held_out, [{"text": prose(4)}])
    wanted = load_recipe("heuristics").decontaminated([str(held_out)])
    with pytest.raises(InputError, match="'13-grams shared with held-out text' was not measured here"):
        curate(pool, wanted, tmp_path / "other", statistics=tmp_path / "statistics")


def test_pages_from_the_web(tmp_path):
    paragraphs = "".join(f"<p>{line}</p>" for line in prose(1).split("\n"))
    bodies = [f"<html><body>{paragraphs * n}</body></html>".encode() for n in range(1, 9)] + [b"<p>\xff", b"<html>"]
    data = b""
    for number, body in enumerate(bodies):
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        head += f"WARC-Target-URI: https://example.org/{number}\r\nContent-Length: {len(http)}\r\n"
        data += head.encode() + b"Content-Type: application/http; msgtype=response\r\n\r\n" + http + b"\r\n\r\n"
    (tmp_path / "a.warc").write_bytes(data)
    pages = describe_pool([str(tmp_path / "a.warc")], Columns())
    measure(pages, load_recipe("heuristics").for_pool(pages), tmp_path / "statistics")
    wanted = load_recipe("heuristics", ["page_length_filter.min_length=200"]).for_pool(pages)
    funnel = same(pages, wanted, tmp_path / "statistics", tmp_path)
    assert funnel["steps"][0]["reasons"] == {"no text in the page": 1, "not UTF-8": 1}
    assert funnel["steps"][1]["reasons"]
