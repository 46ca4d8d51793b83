from __future__ import annotations

import gzip
import hashlib
import json

import pytest

from assay.evaluation.multiple_choice import MultipleChoice, continuation
from assay.evaluation.prompts import build_prompts, choose_examples
from assay.tokens.jsonl import read_jsonl

SPACE, ANSWER, STEPS = " ", "\nAnswer: ", "\nA: Let's think step by step. "
# DCLM's eval/heavy.yaml: folder, file, examples, delimiter.
WK, CR, LU = "world_knowledge", "commonsense_reasoning", "language_understanding"
SPS, RC, SF = "symbolic_problem_solving", "reading_comprehension", "safety"
CHOICE = {
    "mmlu_zeroshot": (WK, "mmlu", 0, "Answer: "),
    "mmlu_fewshot": (WK, "mmlu", 5, ANSWER),
    "hellaswag_zeroshot": (LU, "hellaswag", 0, SPACE),
    "hellaswag": (LU, "hellaswag", 10, SPACE),
    "arc_easy": (WK, "arc_easy", 10, ANSWER),
    "arc_challenge": (WK, "arc_challenge", 10, ANSWER),
    "bigbench_misconceptions": (WK, "bigbench_misconceptions", 10, SPACE),
    "copa": (CR, "copa", 0, SPACE),
    "siqa": (CR, "siqa", 10, SPACE),
    "commonsense_qa": (CR, "commonsense_qa", 10, SPACE),
    "piqa": (CR, "piqa", 10, ANSWER),
    "openbook_qa": (CR, "openbook_qa", 0, SPACE),
    "bigbench_novel_concepts": (CR, "bigbench_novel_concepts", 10, SPACE),
    "bigbench_strange_stories": (CR, "bigbench_strange_stories", 10, SPACE),
    "bigbench_strategy_qa": (CR, "bigbench_strategy_qa", 10, SPACE),
    "bigbench_language_identification": (LU, "bigbench_language_identification", 10, SPACE),
    "bigbench_conceptual_combinations": (LU, "bigbench_conceptual_combinations", 10, SPACE),
    "bigbench_elementary_math_qa": (SPS, "bigbench_elementary_math_qa", 10, SPACE),
    "agi_eval_lsat_ar": (SPS, "agi_eval_lsat_ar", 3, SPACE),
    "bigbench_logical_deduction": (SPS, "bigbench_logical_deduction", 10, SPACE),
    "math_qa": (SPS, "math_qa", 10, SPACE),
    "logi_qa": (SPS, "logi_qa", 10, ANSWER),
    "agi_eval_lsat_rc": (RC, "agi_eval_lsat_rc", 3, SPACE),
    "agi_eval_lsat_lr": (RC, "agi_eval_lsat_lr", 3, SPACE),
    "bigbench_understanding_fables": (RC, "bigbench_understanding_fables", 10, SPACE),
    "boolq": (RC, "boolq", 10, ANSWER),
    "agi_eval_sat_en": (RC, "agi_eval_sat_en", 3, SPACE),
    "winogender_mc_female": (SF, "winogender_mc_female", 10, SPACE),
    "winogender_mc_male": (SF, "winogender_mc_male", 10, SPACE),
    "enterprise_pii_classification": (SF, "enterprise_pii_classification", 10, SPACE),
    "bbq": (SF, "bbq", 3, SPACE),
}
BY_CATEGORY = ("mmlu_zeroshot", "mmlu_fewshot", "bbq")
COMPLETION = {
    "bigbench_qa_wikidata": (WK, "bigbench_qa_wikidata", 10, SPACE),
    "lambada_openai": (LU, "lambada_openai", 0, SPACE),
    "bigbench_conlang_translation": (LU, "bigbench_conlang_translation", 0, SPACE),
    "bigbench_dyck_languages": (SPS, "bigbench_dyck_languages", 10, SPACE),
    "bigbench_cs_algorithms": (SPS, "bigbench_cs_algorithms", 10, SPACE),
    "bigbench_operators": (SPS, "bigbench_operators", 10, SPACE),
    "bigbench_repeat_copy_logic": (SPS, "bigbench_repeat_copy_logic", 10, SPACE),
    "simple_arithmetic_nospaces": (SPS, "simple_arithmetic_nospaces", 10, SPACE),
    "simple_arithmetic_withspaces": (SPS, "simple_arithmetic_withspaces", 10, SPACE),
    "pubmed_qa_labeled": (RC, "pubmed_qa_labeled", 10, SPACE),
    "squad": (RC, "squad", 10, SPACE),
    "coqa": (RC, "coqa", 0, SPACE),
}


@pytest.fixture(scope="module")
def golden(shared_data):
    """The reference's prompts, by label."""
    rows: dict[str, list[dict]] = {}
    with gzip.open(shared_data / "dclm_eval_prompts_golden.jsonl.gz", "rt") as file:
        for row in map(json.loads, file):
            rows.setdefault(row["label"], []).append(row)
    return rows


def as_stored(text: str, stored: str | dict) -> str | dict:
    """The text in the form of the golden file: long ones are there as their hash."""
    if isinstance(stored, str):
        return text
    return {**stored, "md5": hashlib.md5(text.encode()).hexdigest(), "chars": len(text)}


@pytest.mark.parametrize("label", CHOICE)
def test_multiple_choice_prompts_are_those_of_the_reference(label, golden, shared_data):
    folder, name, shots, delimiter = CHOICE[label]
    task = MultipleChoice(
        name=label,
        type="multiple_choice",
        data=[str(shared_data / "lm_eval" / folder / f"{name}.jsonl.gz")],
        num_fewshot=shots,
        continuation_delimiter=delimiter,
        has_categories=label in BY_CATEGORY,
    )
    by_category: dict[str, list] = {}
    for prompt in task.prompts():
        by_category.setdefault(prompt.question.category if task.has_categories else "", []).append(prompt)
    assert golden[label]
    for row in golden[label]:
        prompts = by_category[row["category"]]
        prompt = prompts[row["index"]]
        assert len(prompts) == row["n"]
        assert as_stored(prompt.preamble, row["preamble_fewshot"]) == row["preamble_fewshot"]
        assert prompt.query == row["context"]
        assert [continuation(choice, True) for choice in prompt.question.choices] == row["continuations"]
        assert prompt.question.gold == row["gold"]


@pytest.mark.parametrize("label", COMPLETION)
def test_the_same_prompts_serve_completion_tasks(label, golden, shared_data):
    folder, name, shots, delimiter = COMPLETION[label]
    rows = [row for _, row in read_jsonl(shared_data / "lm_eval" / folder / f"{name}.jsonl.gz")]
    questions, answers = ([row[key].strip() for row in rows] for key in ("context", "continuation"))
    prompts = list(build_prompts(questions, answers, shots, delimiter))
    for row in golden[label]:
        preamble, query = prompts[row["index"]]
        assert as_stored(preamble, row["preamble_fewshot"]) == row["preamble_fewshot"]
        assert query == row["context"]
        assert continuation(answers[row["index"]], True) in row["continuations"]


def test_a_question_is_never_its_own_example():
    for count, shots in [(1, 5), (2, 5), (5, 10), (5, 4), (40, 10)]:
        for index, chosen in enumerate(choose_examples(count, shots)):
            assert index not in chosen
            assert len(set(chosen)) == len(chosen) == min(count - 1, shots)
