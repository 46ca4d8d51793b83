from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.base.errors import InputError
from assay.curation import engine
from assay.curation.documents import Documents
from assay.curation.engine import curate
from assay.curation.recipe import Recipe, load_recipe, parse_recipe
from assay.curation.step import Decision, Filter, PoolStep, Rule, Splitter, TrainedScorer
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.records.record import read_record
from assay.records.verify import verify
from curation.curation_pools import contents, make_pool, prose, read_dataset, write_jsonl


def characters(documents: Documents) -> np.ndarray:
    return np.diff(documents.text_bytes()[1])


class Longer(Filter):
    than: int = 20

    def rules(self):
        return (Rule("characters", characters, minimum=self.than),)


class EverySecond(PoolStep):
    """Keeps every second document of the whole pool."""

    def observe(self, documents):
        return pa.record_batch({"id": documents.ids})

    def decide(self, observations):
        return Decision(np.where(np.arange(len(observations)) % 2, 0, -1).astype(np.int16), ("odd one out",))


class WithoutRepeatedLines(PoolStep):
    """Cuts every line that an earlier document of the pool has; drops what is empty then."""

    def observe(self, documents):
        return pa.record_batch({"lines": pa.array([text.split("\n") for text in documents.text.to_pylist()])})

    def decide(self, observations):
        seen, cuts = set(), []
        for lines in observations.column("lines").to_pylist():
            cuts.append([line for line in lines if line in seen])
            seen.update(lines)
        gone = [len(cut) == len(lines.as_py()) for cut, lines in zip(cuts, observations["lines"], strict=True)]
        return Decision(np.where(gone, 0, -1).astype(np.int16), ("nothing new",), pa.array(cuts, pa.list_(pa.string())))

    def cut(self, documents, cuts):
        texts = zip(documents.text.to_pylist(), cuts.to_pylist(), strict=True)
        kept = ["\n".join(line for line in text.split("\n") if line not in cut) for text, cut in texts]
        return pa.array(kept, pa.large_string())


class Twice(Splitter):
    """Makes two of every document."""

    def split(self, documents):
        origins = np.repeat(np.arange(len(documents)), 2)
        batch = documents.batch.take(pa.array(origins))
        ids = pa.array([f"{id_}/{k % 2}" for k, id_ in enumerate(batch.column("id").to_pylist())])
        return batch.set_column(0, "id", ids), origins


class AgainstMean(TrainedScorer):
    """Scores a document by its length over the mean length of all."""

    def sample(self, documents):
        return pa.table({"length": characters(documents)})

    def reduce(self, samples):
        return samples

    def train(self, samples, folder):
        (folder / "mean.txt").write_text(str(np.mean(samples["length"])))

    def score(self, documents, folder):
        return {"relative": pa.array(characters(documents) / float((folder / "mean.txt").read_text()))}


def recipe(*steps) -> Recipe:
    return Recipe("test", tuple((type(step).__name__.lower(), step) for step in steps))


def test_the_funnel_balances_and_says_why(tmp_path):
    pool = make_pool(tmp_path / "pool")
    record = curate(pool, recipe(Longer()), tmp_path / "out")
    funnel = json.loads((tmp_path / "out" / "funnel.json").read_text())
    assert (funnel["documents_in"], funnel["documents_out"], funnel["quarantined"]) == (120, 90, 0)
    assert funnel["steps"][0]["reasons"] == {"characters < 20": 30}
    kept = read_dataset(tmp_path / "out")
    assert len(kept) == 90
    assert kept[0] == {"id": "d0", "text": prose(0), "url": "https://example.org/0"}
    assert sum(output.rows or 0 for output in record.outputs) == 90
    samples = [json.loads(line) for line in (tmp_path / "out" / "samples.jsonl").read_text().splitlines()]
    assert {(row["outcome"], row["reason"]) for row in samples} == {("dropped", "characters < 20"), ("kept", None)}
    assert all(row["text"] == "too short" for row in samples if row["outcome"] == "dropped")
    assert sum(row["outcome"] == "kept" for row in samples) == 50


def test_pool_steps_see_all_files_and_trained_scorers_score(tmp_path):
    pool = make_pool(tmp_path / "pool", documents=5)
    steps = (Longer(), EverySecond(), AgainstMean(), EverySecond())
    curate(pool, recipe(*steps), tmp_path / "out")
    everything = [f"d{file * 5 + index}" for file in range(3) for index in range(5) if index % 4 != 1]
    kept = read_dataset(tmp_path / "out")
    assert [row["id"] for row in kept] == everything[::2][::2]
    lengths = {row["id"]: len(row["text"]) for row in kept}
    mean = float((tmp_path / "out" / "models" / "2" / "mean.txt").read_text())
    assert all(row["relative"] == pytest.approx(lengths[row["id"]] / mean) for row in kept)
    assert all(finding.holds for finding in verify([tmp_path / "out"]))


def test_a_pool_step_can_cut_and_a_splitter_adds(tmp_path):
    texts = ["a\nb", "b\nc", "a\nc", "d"]
    path = write_jsonl(tmp_path / "a.jsonl", [{"id": str(n), "text": text, "n": n} for n, text in enumerate(texts)])
    curate(describe_pool([str(path)], Columns()), recipe(WithoutRepeatedLines(), Twice()), tmp_path / "out")
    kept = [(row["id"], row["text"], row["n"]) for row in read_dataset(tmp_path / "out")]
    once = [("0", "a\nb", 0), ("1", "c", 1), ("3", "d", 3)]
    assert kept == [(f"{id_}/{k}", text, n) for id_, text, n in once for k in range(2)]
    first, second = json.loads((tmp_path / "out" / "funnel.json").read_text())["steps"]
    assert (first["reasons"], first["bytes_in"], first["bytes_out"]) == ({"nothing new": 1}, 10, 5)
    assert (second["documents_added"], second["documents_out"]) == (3, 6)


def test_shards_have_about_one_size_whatever_the_files(tmp_path):
    pool = make_pool(tmp_path / "pool", files=5, documents=3000)
    small = parse_recipe({"steps": [], "output": {"shard_size": "100KB"}}, "small.yaml", tmp_path)
    for workers in (1, 2):
        curate(pool, small, tmp_path / str(workers), workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    record = read_record(tmp_path / "1")
    shards = [output for output in record.outputs if output.path.startswith("shards/")]
    assert len(shards) > 5
    assert sum(shard.rows for shard in shards) == 15_000
    assert max(shard.bytes for shard in shards) < 1_100_000  # no larger than one batch
    assert [row["id"] for row in read_dataset(tmp_path / "1")] == [f"d{number}" for number in range(15_000)]


def test_a_large_file_is_divided(tmp_path, monkeypatch):
    pool = make_pool(tmp_path / "pool", files=2, documents=400)
    curate(pool, load_recipe("heuristics-dedup"), tmp_path / "whole")
    monkeypatch.setattr(engine, "PART_BYTES", 30_000)
    curate(pool, load_recipe("heuristics-dedup"), tmp_path / "divided")
    assert read_dataset(tmp_path / "divided") == read_dataset(tmp_path / "whole")
    whole, divided = (json.loads((tmp_path / name / "funnel.json").read_text()) for name in ("whole", "divided"))
    assert divided == whole


def test_parquet_comes_back_as_it_was(tmp_path):
    rows = [{"id": str(n), "text": prose(n), "url": None, "tags": [n], "more": {"a": str(n)}} for n in range(50)]
    path = write_jsonl(tmp_path / "a.jsonl", rows)
    parquet = parse_recipe({"steps": [], "output": {"format": "parquet"}}, "parquet.yaml", tmp_path)
    curate(describe_pool([str(path)], Columns()), parquet, tmp_path / "columns")
    (shard,) = (tmp_path / "columns" / "shards").iterdir()
    assert pq.read_table(shard).column("text").to_pylist() == [row["text"] for row in rows]
    curate(describe_pool([str(shard)], Columns()), recipe(), tmp_path / "lines")
    assert read_dataset(tmp_path / "lines") == rows


def test_the_bytes_do_not_depend_on_the_workers(tmp_path):
    pool = make_pool(tmp_path / "pool", files=5)
    for workers in (1, 3):
        curate(pool, load_recipe("heuristics-dedup"), tmp_path / str(workers), workers=workers)
    one = contents(tmp_path / "1")
    assert one == contents(tmp_path / "3")
    assert any(name.startswith("shards/") for name in one)


def test_a_finished_dataset_is_not_made_again(tmp_path):
    pool = make_pool(tmp_path / "pool")
    first = curate(pool, recipe(Longer()), tmp_path / "out")
    assert curate(pool, recipe(Longer()), tmp_path / "out") == first
    with pytest.raises(InputError, match="holds another dataset"):
        curate(pool, recipe(Longer(than=30)), tmp_path / "out")


def test_unreadable_rows_are_quarantined_and_counted(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": prose(n)} for n in range(200)])
    path.write_bytes(path.read_bytes() + b"[1, 2]\n")
    pool = describe_pool([str(path)], Columns())
    curate(pool, recipe(), tmp_path / "out")
    funnel = json.loads((tmp_path / "out" / "funnel.json").read_text())
    assert (funnel["documents_in"], funnel["documents_out"], funnel["quarantined"]) == (200, 200, 1)
    (row,) = [json.loads(line) for line in (tmp_path / "out" / "quarantine" / "00000.jsonl").read_text().splitlines()]
    assert (row["file"], row["excerpt"]) == ("a.jsonl", "[1, 2]")


def test_too_many_unreadable_rows_stop_the_run_which_can_go_on(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "fine"}\nnot json\n')
    pool = describe_pool([str(path)], Columns())
    with pytest.raises(InputError, match=r"1 of 2 rows .* more than 1\.00%\nhint: .*--max-bad"):
        curate(pool, recipe(), tmp_path / "out")
    assert list(tmp_path.glob("out.partial-*/quarantine/*.jsonl"))
    curate(pool, recipe(), tmp_path / "out", max_bad=0.5)
    assert len(read_dataset(tmp_path / "out")) == 1


def test_an_empty_pool_is_an_error(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("\n")
    with pytest.raises(InputError, match="holds no document"):
        curate(describe_pool([str(path)], Columns()), recipe(), tmp_path / "out", max_bad=1)


def test_a_recipe_may_drop_everything(tmp_path):
    pool = make_pool(tmp_path / "pool")
    curate(pool, recipe(Longer(than=10**6), EverySecond()), tmp_path / "out")
    funnel = json.loads((tmp_path / "out" / "funnel.json").read_text())
    assert (funnel["documents_out"], read_dataset(tmp_path / "out")) == (0, [])


# The command is stopped in the middle and started again; the result is that of an undisturbed run.


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    root = tmp_path_factory.mktemp("curate")
    pool = make_pool(root / "pool", files=8, documents=1500)
    curate(pool, load_recipe("heuristics-dedup"), root / "whole")
    return root


def curate_command(root: Path, out: Path) -> list[str]:
    code = "import assay.cli, sys; sys.exit(assay.cli.invoke(sys.argv[1:]))"
    arguments = ["curate", "--pool", str(root / "pool"), "--recipe", "heuristics-dedup", "--out", str(out)]
    return [sys.executable, "-c", code, *arguments, "--workers", "2"]


def start(root: Path, out: Path) -> subprocess.Popen:
    process = subprocess.Popen(curate_command(root, out), stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(out.parent.glob(f"{out.name}.partial-*/work/phase-0/*.json")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return process


def finish(root: Path, out: Path) -> None:
    subprocess.run(curate_command(root, out), check=True, capture_output=True)
    assert {k: v for k, v in contents(out).items() if not k.startswith("pool/")} == contents(root / "whole")


@pytest.mark.slow
def test_kill_9(undisturbed, tmp_path):
    process = start(undisturbed, tmp_path / "out")
    process.kill()
    process.communicate()
    assert not (tmp_path / "out").exists()
    finish(undisturbed, tmp_path / "out")


@pytest.mark.slow
def test_ctrl_c(undisturbed, tmp_path):
    process = start(undisturbed, tmp_path / "out")
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "run the same command again" in shown
    assert "Traceback" not in shown
    finish(undisturbed, tmp_path / "out")


@pytest.mark.slow
def test_full_disk(undisturbed, tmp_path):
    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    command = curate_command(undisturbed, tmp_path / "out")
    shown = subprocess.run(command, capture_output=True, text=True, preexec_fn=small_files_only, check=False)
    assert shown.returncode == 1
    assert "could not be written: File too large\nhint: free some space" in shown.stderr
    assert "Traceback" not in shown.stderr
    finish(undisturbed, tmp_path / "out")


def test_a_step_before_extraction_and_a_score_that_would_hide_the_text_are_refused(tmp_path):
    page = b"<html><body><p>Some text of a page that is long enough to be text.</p></body></html>"
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nContent-Length: {}\r\n"
    head += "Content-Type: application/http; msgtype=response\r\n\r\n"
    (tmp_path / "a.warc").write_bytes(head.format(len(http)).encode() + http + b"\r\n\r\n")
    pages = describe_pool([str(tmp_path / "a.warc")], Columns())
    late = parse_recipe({"steps": ["symbol_ratio_filter", "html_extraction"]}, "late.yaml", tmp_path)
    with pytest.raises(InputError, match="no text yet\nhint: what makes the text, as html_extraction"):
        curate(pages, late.for_pool(pages), tmp_path / "late")
    documents = Documents(pa.record_batch({"id": ["a"], "text": pa.array(["b"], pa.large_string())}))
    with pytest.raises(InputError, match="a score cannot be called 'html'"):
        documents.with_columns({"html": pa.array([1.0])})
