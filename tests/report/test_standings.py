from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.evaluation.aggregates import aggregated_tasks
from assay.report.dclm_results import published_standings
from assay.report.standings import Model, cells, ordered, own_standings, standing, write_standings

SCORES = dict.fromkeys(aggregated_tasks(), 0.7)


def row(name: str, value: float, **known):
    return standing(Model(name, name, **known), dict.fromkeys(aggregated_tasks(), value))


def test_a_row_has_the_aggregates_and_counts_its_compute():
    found = standing(Model("d", "x", parameters=1e9, tokens=2e10), SCORES)
    assert found.flops == 6e9 * 2e10
    assert found.core is not None
    assert found.extended is not None
    assert found.mmlu == 0.7
    assert found.core_stderr is None


def test_the_standard_error_of_core_is_that_of_a_mean_of_centred_scores():
    core = {name: task.baseline["v2"] for name, task in aggregated_tasks().items() if task.core}
    found = standing(Model("d", "x"), SCORES, "v2", dict.fromkeys(core, 0.01))
    wanted = math.sqrt(sum((0.01 / (1 - baseline)) ** 2 for baseline in core.values())) / 22
    assert found.core_stderr == pytest.approx(wanted)


def test_the_highest_core_is_first_and_rows_without_one_last():
    part = standing(Model("part", "p"), {"copa": 0.99})
    found = ordered([part, row("low", 0.5), row("high", 0.9)])
    assert [each.dataset for each in found] == ["high", "low", "part"]


def test_only_a_track_and_a_scale():
    rows = [row("a", 0.5, scale="lm-1m", track="filtering"), row("b", 0.6, scale="lm-1m"), row("c", 0.7)]
    assert [each.dataset for each in ordered(rows, "filtering")] == ["a"]
    assert [each.dataset for each in ordered(rows, scale="lm-1m")] == ["b", "a"]


def test_own_evaluations_know_their_recipe_scale_and_track(experiment: Path):
    found = own_standings([experiment])
    assert len(found) == 12
    assert {each.scale for each in found} == {"lm-1m"}
    assert {each.track for each in found} == {"filtering"}
    best = ordered(found)[0]
    assert best.dataset == "heuristics-dedup-quality"
    assert best.core is None
    assert best.scores == {"copa": 0.55}
    assert best.flops == 6 * 1e6 * 2e6


def test_published_evaluations_keep_their_core(shared_data: Path):
    packed = shared_data / "dclm_eval_results.json.gz"
    import gzip

    evaluations = {each["uuid"]: each for each in json.loads(gzip.decompress(packed.read_bytes()))["evals"]}
    found = published_standings(packed)
    assert len(found) == len(evaluations)
    for each in found:
        assert each.core == pytest.approx(evaluations[each.provenance]["recomputed"]["Core_v2"], abs=1e-9)
    assert {"dclm-411m-1x", "dclm-1b-1x", "dclm-7b-1x", "dclm-7b-2x"} <= {each.scale for each in found}


def test_the_layout_of_exp_data(tmp_path: Path):
    (tmp_path / "evals").mkdir()
    (tmp_path / "models").mkdir()
    evaluation = {"uuid": "e", "model": "open_lm_1b", "model_uuid": "m", "eval_metrics": {"icl": SCORES}}
    model = {"uuid": "m", "dataset_name": "ours", "hyperparameters": {"params": 411_616_256, "tokens": 8_232_325_120}}
    (tmp_path / "evals" / "a.json").write_text(json.dumps(evaluation))
    (tmp_path / "models" / "m.json").write_text(json.dumps(model))
    (found,) = published_standings(tmp_path)
    assert (found.dataset, found.scale, found.provenance) == ("ours", "dclm-411m-1x", "e")


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', '{"eval_metrics": {"icl": 3}}'])
def test_another_file_is_named(tmp_path: Path, content: str):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"other\.json"):
        published_standings(path)


@pytest.mark.parametrize("ending", ["json", "csv", "md"])
def test_files(tmp_path: Path, ending: str):
    path = tmp_path / f"board.{ending}"
    write_standings([row("a|b", 0.5), row("c", 0.6)], path)
    text = path.read_text()
    if ending == "json":
        assert [each["dataset"] for each in json.loads(text)] == ["a|b", "c"]
    elif ending == "csv":
        assert [each["copa"] for each in csv.DictReader(text.splitlines())] == ["0.5", "0.6"]
    else:
        assert text.count("\n") == 4
        assert "a\\|b" in text
        assert len(text.splitlines()[2].replace("\\|", "").split("|")) == len(cells(row("x", 0.1))) + 2


def test_another_ending_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"\.csv"):
        write_standings([], tmp_path / "board.xlsx")


def test_the_command_puts_own_runs_among_published_ones(experiment: Path, tmp_path: Path, capsys):
    published = tmp_path / "one.json"
    published.write_text(json.dumps({"uuid": "u", "model": "theirs", "eval_metrics": {"icl": SCORES}}))
    assert invoke(["leaderboard", str(experiment), str(published), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["dataset"] == "theirs"
    assert len(rows) == 13
    assert invoke(["leaderboard", str(experiment), "--scale", "dclm-7b-1x"]) == 2
    assert "lm-1m" in capsys.readouterr().err
