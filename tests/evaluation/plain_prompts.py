"""Prompts as llm-foundry's description of them reads, one string at a time: the oracle of the task types."""

from __future__ import annotations

import random


def plain_examples(count: int, index: int, shots: int, rng: random.Random) -> list[int]:
    if shots == 0:
        return []
    picked = set(rng.sample(range(count), min(count - 1, shots)))
    if index in picked:
        picked.discard(index)
        while True:
            replacement = rng.choice(range(count))
            if replacement != index and replacement not in picked:
                picked.add(replacement)
                break
    return list(picked)


def plain_prompts(rows: list[dict], settings: dict) -> list[tuple[str, list[str]]]:
    """Preamble and queries of every row of one data set: ``kind`` of settings is the type."""
    rows = [{key: value.strip() if isinstance(value, str) else value for key, value in row.items()} for row in rows]
    rng = random.Random(1234)
    made = []
    for index, row in enumerate(rows):
        text = settings["prompt_string"]
        for other in plain_examples(len(rows), index, settings["num_fewshot"], rng):
            text += plain_example(rows[other], bool(text), settings)
        made.append((text, plain_queries(row, bool(text), settings)))
    return made


def plain_example(row: dict, preceded: bool, settings: dict) -> str:
    delimiter = settings["example_delimiter"] if preceded else ""
    if settings["type"] == "schema":
        context = delimiter + row["context_options"][row["gold"]]
        return settings["question_prelimiter"] + context + settings["continuation_delimiter"] + row["continuation"]
    question = row["query"] if settings["type"] == "multiple_choice" else row["context"]
    answer = {
        "multiple_choice": lambda: row["choices"][row["gold"]],
        "language_modeling": lambda: row["continuation"],
        "generation_task_with_answers": lambda: plain_answer(row, settings),
    }[settings["type"]]()
    return delimiter + settings["question_prelimiter"] + question + settings["continuation_delimiter"] + answer


def plain_answer(row: dict, settings: dict) -> str:
    if "chain_of_thought" in row:
        return row["chain_of_thought"] + settings["cot_delimiter"] + row["answer"]
    return row["answer"]


def plain_queries(row: dict, preceded: bool, settings: dict) -> list[str]:
    delimiter = settings["example_delimiter"] if preceded else ""
    if settings["type"] == "schema":
        end = settings["continuation_delimiter"].rstrip() if preceded else ""
        return [settings["question_prelimiter"] + delimiter + option + end for option in row["context_options"]]
    question = row["query"] if settings["type"] == "multiple_choice" else row["context"]
    text = delimiter + settings["question_prelimiter"] + question + settings["continuation_delimiter"]
    return [text.rstrip()]
