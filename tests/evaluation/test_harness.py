from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.evaluation.evaluate import evaluate
from assay.evaluation.harness import HarnessTask, harness_suite
from assay.evaluation.multiple_choice import MultipleChoice
from evaluation.conftest import write_rows

pytest.importorskip("lm_eval", reason="the extra lm-eval is not installed")

ROWS = [
    {"query": f"Question: which of these is {word}?", "choices": ["the ore", "a loaf of bread", " iron"], "gold": n % 3}
    for n, word in enumerate(["a metal", "cold", "wide and slow", "mostly copper", "sold"])
]
CHOICE = """
task: metals
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{query}}}}\\nAnswer:"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: gold
target_delimiter: " "
metric_list: [{{metric: acc}}, {{metric: acc_norm}}]
"""
ANSWER = """
task: words
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{query}}}}"
doc_to_target: "iron"
generation_kwargs: {{until: ["."], max_gen_toks: 5}}
metric_list: [{{metric: exact_match}}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Tasks of our own, in the harness's YAML."""
    tmp_path = tmp_path_factory.mktemp("harness")
    rows = [{**row, "choices": [choice.strip() for choice in row["choices"]]} for row in ROWS]
    file = write_rows(tmp_path / "rows.jsonl", rows)
    for name, text in (("metals", CHOICE), ("words", ANSWER)):
        (tmp_path / f"{name}.yaml").write_text(text.format(file=file))
    return tmp_path


def test_the_harness_finds_what_our_own_task_finds(folder, scorer):
    ours = MultipleChoice(
        name="metals",
        type="multiple_choice",
        data=[str(folder / "rows.jsonl")],
        continuation_delimiter="\nAnswer: ",
    ).measure(scorer)
    theirs = HarnessTask(name="metals", type="lm_eval", include=str(folder)).measure(scorer)
    for mine, found in zip(ours.rows, theirs.rows, strict=True):
        assert found["log_likelihoods"] == pytest.approx(mine["log_likelihoods"], abs=1e-4)
        assert (found["index"], found["gold"]) == (mine["index"], mine["gold"])
        assert (found["characters"], found["bytes"]) == (mine["characters"], mine["bytes"])
        best = max(range(3), key=lambda n: mine["log_likelihoods"][n])  # the harness's acc: of the sums, not the means
        assert found["correct"] == (best == mine["gold"])
    assert theirs.value == sum(row["correct"] for row in theirs.rows) / 5
    assert theirs.stderr is not None


def test_answers_are_generated(folder, scorer):
    found = HarnessTask(name="words", type="lm_eval", include=str(folder), score="exact_match", limit=2).measure(scorer)
    assert len(found.rows) == 2
    for row, source in zip(found.rows, ROWS, strict=False):
        [text] = scorer.generate([scorer.tokenizer.encode(source["query"])], 5, (".",))
        assert row["generated"] == text.split(".")[0]
        assert row["log_likelihoods"] == []


def test_an_evaluation_by_the_harness(folder, tmp_path, run):
    suite = harness_suite(["metals"], include=str(folder), num_fewshot=1)
    record = evaluate(run, suite, tmp_path / "out", threads=1)
    assert record.config["suite"]["tasks"][0]["lm_eval"] != "absent"
    assert set(record.metrics["scores"]) == {"metals"}


def test_what_the_harness_does_not_know(folder, scorer):
    with pytest.raises(InputError, match="(?s)unknown task 'metal'.*did you mean metals"):
        harness_suite(["metal"], include=str(folder))
    with pytest.raises(InputError, match="unknown metric 'accuracy'"):
        HarnessTask(name="metals", type="lm_eval", include=str(folder), score="accuracy").measure(scorer)


def test_long_texts_are_read_in_windows_and_prompts_are_cut(scorer):
    from assay.evaluation.harness_model import HarnessModel

    class Asked:
        def __init__(self, *args):
            self.args = args

    model = HarnessModel(scorer)
    text = "the river that runs past the town is wide and slow " * 12
    ids = scorer.tokenizer.encode(text)
    assert len(ids) > 2 * scorer.context
    [whole] = model.loglikelihood_rolling([Asked(text)])
    windows = list(model._windows(text))
    assert sum(len(window.tokens) - window.first for window in windows) == len(ids)
    assert whole == pytest.approx(-sum(nats.sum() for nats in scorer.losses(windows)))
    [(cut, _)] = model.loglikelihood([Asked(text, " iron")], disable_tqdm=True)
    [(same, _)] = model.loglikelihood([Asked("x " + text, " iron")], disable_tqdm=True)
    assert cut == pytest.approx(same)
