from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.csv import write_csv

from assay.base.errors import InputError
from assay.records.record import Record
from assay.scaling.published import testbed as catalog_testbed
from assay.scaling.read import read_runs

ROWS = {
    "name": ["a", "b", "c"],
    "group": ["x", "x", "y"],
    "params": [10**7, 10**8, 10**9],
    "tokens": [2 * 10**8, 2 * 10**9, 2 * 10**10],
    "loss": [4.0, 3.5, None],
    "error": [0.8, 0.7, 0.6],
}


def write(path, rows):
    table = pa.table(rows)
    if path.suffix == ".csv":
        write_csv(table, path)
    elif path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_tables_of_every_kind(tmp_path, suffix):

    runs = read_runs(write(tmp_path / f"runs{suffix}", ROWS))
    assert list(runs.names) == ["a", "b", "c"]
    assert runs.group_names() == ["x", "y"]
    assert runs.flops == pytest.approx([1.2e16, 1.2e18, 1.2e20])
    assert runs.error("error") == pytest.approx([0.8, 0.7, 0.6])
    assert np.isnan(runs.loss("loss")[2])
    assert runs.sizes is runs.params


def test_tokens_from_compute_and_errors_from_accuracies(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("params,flops,loss_c4,loss_c4_lo95,acc_piqa,params_no_embed\n1e7,1.2e16,4,3.9,0.6,6e6\n")
    runs = read_runs(path)
    assert runs.tokens == pytest.approx([2e8])
    assert runs.error("piqa") == pytest.approx([0.4])
    assert list(runs.losses) == ["c4"]
    assert runs.sizes == pytest.approx([6e6])


def test_the_largest_published_run_is_read_whole(published):
    """6·N·D of it does not fit in 64 bits."""
    assert published.flops.max() == pytest.approx(7.960359e21, rel=1e-6)
    assert len(published) == 104


@pytest.fixture
def exp_data(tmp_path):
    """Two models in the published repository's own layout."""
    for folder in ("models", "evals"):
        (tmp_path / "exp_data" / folder).mkdir(parents=True)
    for name, multiplier in (("rpj-d=96_l=8_h=4-1.0", 1.0), ("rpj-d=96_l=8_h=4-16.0", 16.0)):
        folders = ["openlm", "c4_val", "paloma_ptb", "paloma_dolma_100_programing_languages"]
        data = [f"training/eval_data/{folder}/00000001.tar" for folder in folders]
        data.append("training/eval_data/val_tok_mult/de-en/val_de-en_100.tar")
        model = {
            "name": name,
            "dataset_name": "rpj",
            "hyperparameters": {
                "params": 10569312,
                "params_no_embed": 5727840,
                "tokens": int(20 * multiplier * 10569312),
                "chinchilla_multiplier": multiplier,
            },
            "results": [{"loss": 5.0 + row, "val_data": [path]} for row, path in enumerate(data)],
        }
        (tmp_path / "exp_data" / "models" / f"{name}.json").write_text(json.dumps(model))
    accuracies = {task: task_["chance"] for task, task_ in catalog_testbed()["tasks"].items()}
    scored = {"eval_metrics": {"icl": accuracies}}
    (tmp_path / "exp_data" / "evals" / "evaluation_rpj-d=96_l=8_h=4-1.0_heavy.json").write_text(json.dumps(scored))
    return tmp_path


@pytest.mark.parametrize("where", [".", "exp_data"])
def test_the_published_folder_as_it_is(exp_data, where):
    runs = read_runs(exp_data / where)
    assert runs.group_names() == ["redpajama"]
    assert list(runs.losses) == ["openlm", "c4_eval", "paloma_ptb", "paloma_100pl", "c4_german"]
    assert runs.loss("c4_german") == pytest.approx([9.0, 9.0])
    assert runs.multipliers == pytest.approx([20, 320])
    assert runs.body_params == pytest.approx([5727840] * 2)
    assert runs.error("arc_easy")[0] == pytest.approx(0.75)
    assert np.isnan(runs.error("arc_easy")[1])


def test_a_broken_model_is_named(exp_data):
    file = exp_data / "exp_data" / "models" / "rpj-d=96_l=8_h=4-1.0.json"
    file.write_text('{"name": "x"}')
    with pytest.raises(InputError, match="is not a model of the published testbed: KeyError") as raised:
        read_runs(exp_data)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("runs.csv", "params,tokens\n1,2\n", "has no column loss; it has params, tokens"),
        ("runs.csv", "params,loss\n1,2\n", "has no column tokens"),
        ("runs.csv", "params,tokens,loss\nbig,2,3\n", "column params holds something that is no number"),
        ("runs.csv", "params,tokens,loss\n", "holds no rows"),
        ("runs.csv", "params,tokens,loss\n1e6,2e7,4\n1e6,2e7,0\n", r"row 2: 0 is not above zero"),
        ("runs.csv", "params,tokens,loss,error\n1e6,2e7,4,60\n", r"row 1: 60 is an error outside \[0, 1\]"),
        ("runs.txt", "params,tokens,loss\n", "is not a table that assay reads"),
        ("runs.parquet", "not parquet", "could not be read"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_runs(path)


def test_folders_without_runs_and_names_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="neither models/"):
        read_runs(tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        read_runs(tmp_path / "absent")
    runs = read_runs(write(tmp_path / "runs.jsonl", ROWS))
    with pytest.raises(InputError, match="unknown training set 'z'"):
        runs.of("z")
    with pytest.raises(InputError, match="unknown loss 'los'"):
        runs.loss("los")
    with pytest.raises(InputError, match="unknown task"):
        runs.error("piqa")


def test_assays_own_runs(finished_experiment):
    runs = read_runs(finished_experiment)
    assert set(runs.group_names()) == {"no-filter", "wordy"}
    assert len(runs) == 4
    assert set(runs.losses) == {"training", "letters", "notes"}
    assert (runs.tokens == 12 * 8 * 32).all()
    assert (runs.params - runs.body_params == 400 * 32).all()
    assert np.isfinite(runs.loss("letters")).all()


def test_a_run_with_a_stable_rate_gives_several_budgets(tmp_path):
    from scaling.test_curves import curve

    rows = curve()
    metrics = {"parameters": 2_000_000, "final_loss": rows[-1]["loss"], "tokens": 1_000_000}
    scale = {"model": {"width": 64, "vocab_size": 1000}}
    Record(kind="run", name="wsd", id="f" * 64, config={"scale": scale}, metrics=metrics).write(tmp_path)
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    runs = read_runs(tmp_path)
    assert len(runs) == 5
    assert runs.tokens.max() == 1_000_000
    assert len(set(runs.tokens)) == 5
    assert (runs.sizes == 2_000_000 - 64_000).all()
    order = np.argsort(runs.tokens)
    assert np.all(np.diff(runs.loss("training")[order]) < 0)
