from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from assay.base.errors import InputError
from assay.records.artifact import Identity, build
from assay.records.verify import verify
from assay.scorers.classifier import FasttextClassifier, train_classifier
from assay.scorers.training import Training, choose, example_table
from scorers.conftest import SMALL, make_texts, write_jsonl
from scorers.test_fasttext import documents


def large(*texts: str) -> pa.Array:
    return pa.array(texts, pa.large_string())


def train_in_a_recipe(step: FasttextClassifier, texts: list[str], folder, batch: int) -> np.ndarray:
    """What the engine does: sample and reduce batch by batch, train once, score."""
    folder.mkdir()
    samples = step.sample(documents())
    for i in range(0, len(texts), batch):
        samples = step.reduce(pa.concat_tables([samples, step.sample(documents(*texts[i : i + batch]))]))
    step.train(samples, folder)
    return step.score(documents(*texts), folder)["quality"].to_numpy()


def test_a_classifier_learns_within_a_recipe(good_file, tmp_path):
    pool = [*make_texts("other", 60), *make_texts("good", 20)]
    step = FasttextClassifier(positives=[good_file], samples=50, training=SMALL)
    scores = train_in_a_recipe(step, pool, tmp_path / "a", batch=7)
    assert np.median(scores[60:]) > np.quantile(scores[:60], 0.9)
    again = train_in_a_recipe(step, pool, tmp_path / "b", batch=80)
    assert again.tolist() == scores.tolist()
    for name in ("model.bin", "classifier.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["classifier.json", "model.bin"]


def test_what_the_examples_are(good_file, tmp_path):
    step = FasttextClassifier(positives=good_file, samples=40, training=SMALL)
    train_in_a_recipe(step, make_texts("other", 30), tmp_path / "few", batch=30)
    metrics = json.loads((tmp_path / "few" / "classifier.json").read_text())
    assert metrics["good"] == metrics["other"] == 30
    assert metrics["held_out"] == 6
    assert 0.5 < metrics["auc"] <= 1


def test_too_few_examples(good_file, tmp_path):
    step = FasttextClassifier(positives=good_file, training=SMALL)
    with pytest.raises(InputError, match="at least 20 examples .* there are 150 and 3"):
        train_in_a_recipe(step, make_texts("other", 3), tmp_path / "few", batch=30)


def test_the_choice_of_examples():
    texts = [f"text {number % 50}" for number in range(100)]
    whole = choose(example_table(large(*texts), seed=1), 20)
    parts = [choose(example_table(large(*texts[i::3]), seed=1), 20) for i in range(3)]
    assert choose(pa.concat_tables(parts), 20).equals(whole)
    assert len(set(whole.column("text").to_pylist())) == 20
    other = choose(example_table(large(*texts), seed=2), 20)
    assert set(other.column("text").to_pylist()) != set(whole.column("text").to_pylist())


def test_labels_in_the_text_do_no_harm(good_file, tmp_path):
    hostile = [f"{text} __label__hq __label__new" for text in make_texts("other", 40)]
    other = write_jsonl(tmp_path / "hostile.jsonl", hostile)
    record = train_classifier([good_file], [other], tmp_path / "out", SMALL)
    import fasttext

    assert sorted(fasttext.load_model(str(tmp_path / "out" / "model.bin")).labels) == ["__label__cc", "__label__hq"]
    assert record.metrics["good"] == 40


def test_the_artifact(good_file, tmp_path):
    with build(tmp_path / "dataset", Identity("dataset", "d", {"a": 1})) as draft:
        write_jsonl(draft.folder / "shards" / "00000.jsonl", make_texts("other", 50))
    record = train_classifier([good_file], [str(tmp_path / "dataset")], tmp_path / "out", SMALL)
    assert record.kind == "classifier"
    assert record.metrics["auc"] > 0.8
    assert len(record.inputs) == 1
    findings = list(verify([tmp_path / "out"]))
    assert {finding.artifact for finding in findings} >= {str(tmp_path / "out")}
    assert all(finding.holds for finding in findings)
    stamp = (tmp_path / "out" / "model.bin").stat().st_mtime_ns
    assert train_classifier([good_file], [str(tmp_path / "dataset")], tmp_path / "out", SMALL) == record
    assert (tmp_path / "out" / "model.bin").stat().st_mtime_ns == stamp
    with pytest.raises(InputError, match="holds another classifier"):
        train_classifier([good_file], [str(tmp_path / "dataset")], tmp_path / "out", Training())
