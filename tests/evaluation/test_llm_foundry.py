from __future__ import annotations

import pytest
import yaml

from assay.base.errors import InputError
from assay.evaluation.llm_foundry import tasks_of
from assay.evaluation.suite import load_suite
from evaluation.conftest import write_rows

# As DCLM's YAML has it: much that is not about tasks, and tasks in both spellings of the generation type.
FILE = """
max_seq_len: 1024
seed: 1
precision: fp32
tokenizer:
  pretrained_model_name_or_path:
  kwargs: {model_max_length: 1024}
model: {name: open_lm, init_device: cpu, pretrained: true}
load_path: # a comment
device_eval_batch_size: 2
fsdp_config: {sharding_strategy: FULL_SHARD}
icl_tasks:
-
  label: copa
  dataset_uri: local_data/commonsense_reasoning/copa.jsonl # ADD YOUR OWN DATASET URI
  num_fewshot: [0]
  icl_task_type: multiple_choice
-
  label: piqa
  dataset_uri: commonsense_reasoning/copa.jsonl
  num_fewshot: [0, 5]
  icl_task_type: multiple_choice
  continuation_delimiter: "\\nAnswer: " # this separates questions from answers
  batch_size: 4
-
  label: gsm8k_cot
  dataset_uri: local_data/gsm8k.jsonl
  num_fewshot: [3]
  icl_task_type: question_answering
  cot_delimiter: ' #### '
  question_prelimiter: "Q: "
  early_stopping_criteria:
    - "\\n\\n"
    - "Q:"
"""


@pytest.fixture
def folder(tmp_path):
    write_rows(tmp_path / "commonsense_reasoning" / "copa.jsonl", [{"query": "q", "choices": ["a", "b"], "gold": 0}])
    write_rows(tmp_path / "gsm8k.jsonl", [{"context": "c", "answer": "4", "chain_of_thought": "2 + 2"}])
    return tmp_path


def test_a_file_of_dclm_is_a_suite(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("eval") / "heavy.yaml"
    path.write_text(FILE)
    suite = load_suite(path, data=folder)
    assert suite.name == "heavy"
    assert [(task.name, task.num_fewshot) for task in suite.tasks] == [
        ("copa", 0),
        ("piqa/0-shot", 0),
        ("piqa/5-shot", 5),
        ("gsm8k_cot", 3),
    ]
    copa, piqa, _, gsm8k = suite.tasks
    assert (copa.type, copa.continuation_delimiter, copa.max_seq_len, copa.baseline) == (
        "multiple_choice",
        " ",
        1024,
        0.5,
    )
    assert piqa.continuation_delimiter == "\nAnswer: "
    assert (gsm8k.cot_delimiter, gsm8k.early_stopping_criteria) == (" #### ", ["\n\n", "Q:"])
    assert [task.data for task in suite.tasks[:2]] == [[str(folder / "commonsense_reasoning" / "copa.jsonl")]] * 2


def test_the_data_may_lie_below_local_data(folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("eval")
    (place / "heavy.yaml").write_text(FILE)
    folder.rename(place / "local_data")
    with pytest.raises(InputError, match=r"of piqa/0-shot \(commonsense_reasoning/copa.jsonl\)"):
        load_suite(place / "heavy.yaml")
    assert len(load_suite(place / "heavy.yaml", data=place / "local_data").tasks) == 4


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ("copa", "'icl_tasks' must be a list of mappings"),
        (["copa"], "'icl_tasks' must be a list of mappings"),
        ([{"label": "a", "dataset_uri": "hf://mosaicml/a", "icl_task_type": "schema"}], "y: a: the data of a Hugging"),
    ],
)
def test_what_is_not_read(tasks, message):
    with pytest.raises(InputError, match=message):
        tasks_of({"icl_tasks": tasks}, "y")


def test_unknown_keys_have_near_misses(tmp_path):
    task = {"label": "a", "dataset_uri": "a.jsonl", "icl_task_type": "schema", "num_fewshot": [0]}
    path = tmp_path / "y.yaml"
    path.write_text(yaml.safe_dump({"icl_tasks": [task | {"continuation_delimeter": ": "}]}))
    with pytest.raises(InputError, match=r"task 1 \(a\): unknown key .*\nhint: did you mean continuation_delimiter"):
        load_suite(path)
    path.write_text(yaml.safe_dump({"icl_tasks": [task | {"icl_task_type": "multi_choice"}]}))
    with pytest.raises(InputError, match=r"unknown task 'multi_choice'\nhint: did you mean multiple_choice"):
        load_suite(path)
