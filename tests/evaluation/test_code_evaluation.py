from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.evaluation.code_evaluation import CodeEvaluation
from evaluation.conftest import make_run, write_rows
from evaluation.test_generation import Echo

ROW = {
    "task_id": "t/0",
    "prompt": 'def double(x):\n    """Twice."""\n',
    "canonical_solution": "    return x + x\n",
    "test": "",
    "entry_point": "double",
    "test_inputs": ["3"],
    "test_outputs": ["6"],
    "language": "python",
}


def make(path, rows, **settings):
    data = [str(write_rows(path / "rows.jsonl", rows))]
    return CodeEvaluation(name="human_eval", type="code_evaluation", data=data, **settings)


def test_programs_are_completed_and_run(tmp_path, scorer):
    echo = Echo(scorer, ["    return 2 * x\n\nprint(double(", "    return x\n"])
    found = make(tmp_path, [ROW, ROW], allow_code_execution=True, max_seq_len=150).measure(echo)
    assert [row["correct"] for row in found.rows] == [True, False]
    assert found.rows[0]["generated"] == "    return 2 * x\n\nprint(double("
    [(prompts, new, stop)] = echo.asked
    assert prompts == [scorer.tokenizer.encode(ROW["prompt"] + " ")] * 2  # the delimiter; nothing is stripped
    assert (new, stop) == (len(scorer.tokenizer.encode(ROW["canonical_solution"])) + 10, ())


def test_nothing_is_run_without_permission(tmp_path, scorer, monkeypatch, capsys):
    with pytest.raises(InputError, match="human_eval: runs the programs .*\nhint: .*--allow-code-execution"):
        make(tmp_path, [ROW]).measure(scorer)
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "run")
    (tmp_path / "s.yaml").write_text(
        "icl_tasks: [{label: human_eval, dataset_uri: rows.jsonl, icl_task_type: code_evaluation, num_fewshot: [0], "
        "pass_at_k: 1, num_beams: 5, batch_size: 1}]"
    )
    arguments = ["evaluate", "--run", "run", "--suite", "s.yaml", "--out", "o"]
    assert invoke(arguments) == 2
    assert "hint: if you trust the model" in capsys.readouterr().err
    assert invoke([*arguments, "--allow-code-execution"]) == 0


def test_permission_is_no_part_of_the_identity(tmp_path):
    tasks = [make(tmp_path, [ROW], allow_code_execution=allowed) for allowed in (True, False)]
    assert tasks[0].identity() == tasks[1].identity()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"language": "javascript"}, "language: Input should be 'python'"),
        ({"test_outputs": []}, "there are 1 test_inputs and 0 test_outputs"),
    ],
)
def test_bad_rows_are_named(tmp_path, change, message):
    with pytest.raises(InputError, match=f"rows.jsonl:1: {message}"):
        make(tmp_path, [ROW | change]).check()
