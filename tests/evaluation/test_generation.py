from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.evaluation.generation import Generation, normalized
from evaluation.conftest import CONTEXT, write_rows


class Echo:
    """A scorer that answers what it is told to, and keeps what it was asked."""

    def __init__(self, scorer, answers, context=200):
        self.tokenizer, self.context = scorer.tokenizer, context
        self.answers, self.asked = iter(answers), []

    def generate(self, prompts, max_new_tokens, stop):
        self.asked.append((prompts, max_new_tokens, stop))
        return [next(self.answers) for _ in prompts]


def make(path, rows, **settings):
    data = [str(write_rows(path / "rows.jsonl", rows))]
    return Generation(name="t", type="generation_task_with_answers", data=data, **settings)


COT = {
    "cot_delimiter": " #### ",
    "question_prelimiter": "Q: ",
    "continuation_delimiter": "\nA: ",
    "early_stopping_criteria": ["\n\n", "Q:"],
}


def test_chains_of_thought(tmp_path, scorer):
    rows = [
        {"context": " two and two", "chain_of_thought": " 2 + 2 ", "answer": "4"},
        {"context": "the river", "chain_of_thought": "it is wide", "answer": "5"},
    ]
    echo = Echo(scorer, ["it is #### wide #### 4.\n\nQ: more #### 9", "6\nQ: the #### 5"])
    found = make(tmp_path, rows, num_fewshot=1, **COT).measure(echo)
    assert [row["correct"] for row in found.rows] == [True, False]
    assert [(row["gold"], row["chosen"], row["log_likelihoods"]) for row in found.rows] == [(None, None, [])] * 2
    assert found.rows[1]["generated"] == "6\nQ: the #### 5"
    encode = scorer.tokenizer.encode
    [(prompts, new, stop)] = echo.asked
    assert prompts[0] == encode("Q: the river\nA: it is wide #### 5") + encode("\nQ: two and two\nA:")
    assert new == max(len(encode(text)) for text in (" 2 + 2  #### 4", "it is wide #### 5")) + 10
    assert stop == ("\n\n", "Q:")


def test_answers_have_aliases_and_long_prompts_are_cut(tmp_path, scorer):
    rows = [{"context": "the water in the well is " * 30, "answer": "The Onion", "aliases": ["Allium cepa"]}]
    echo = Echo(scorer, [" allium-CEPA, I think"], CONTEXT)
    found = make(tmp_path, rows).measure(echo)
    assert (found.value, found.notes) == (1.0, {"prompts_cut": 1})
    [(prompts, new, _)] = echo.asked
    assert new == max(len(scorer.tokenizer.encode(text)) for text in ("The Onion", "Allium cepa"))
    assert prompts == [scorer.tokenizer.encode(rows[0]["context"].strip())[-(CONTEXT - new) :]]


def test_an_answer_longer_than_the_context_leaves_a_token_of_the_prompt(tmp_path, scorer):
    rows = [{"context": "the water in the well", "answer": "cold " * 100}]
    echo = Echo(scorer, ["cold"], CONTEXT)
    make(tmp_path, rows).measure(echo)
    [(prompts, new, _)] = echo.asked
    assert (prompts, new) == ([scorer.tokenizer.encode(rows[0]["context"])[-1:]], CONTEXT - 1)


@pytest.mark.parametrize(
    ("answer", "plain"),
    [
        ("The_Great  Gatsby!", "great gatsby"),
        ("‘An´ apple` a day", "apple day"),
        ("A.B.C.", "b c"),
        ("Ａ the—n", "ａ —n"),
        ("the", ""),
        ("ther an", "ther"),
    ],
)
def test_normalisation(answer, plain):
    assert normalized(answer) == plain


def test_without_normalisation_case_counts(tmp_path):
    task = make(tmp_path, [], do_normalization=False)
    assert task.is_right("Onion rings", ["Onion"])
    assert not task.is_right("onion rings", ["Onion"])


def test_an_answer_of_articles_alone_is_always_right_as_in_the_reference(tmp_path):
    assert make(tmp_path, []).is_right("anything", ["The"])


def test_stops_must_be_an_expression(tmp_path):
    value = {"name": "t", "type": "x", "data": "d", "early_stopping_criteria": ["("]}
    with pytest.raises(InputError, match="early_stopping_criteria are no regular expression"):
        validate(Generation, value, "suite")
