from __future__ import annotations

import json

from assay.evaluation.encoding import encode_contexts, encode_continuations, request, takes_leading_space
from assay.evaluation.prompts import Prompt
from assay.tokens.tokenizer import Tokenizer


def prompt(preamble: str, *queries: str, continuations: tuple[str, ...] = ("a",)) -> Prompt:
    return Prompt(0, None, preamble, queries, continuations, 0)


def test_a_request_never_exceeds_the_limit():
    for before in range(1, 20):
        for after in range(1, 10):
            made = request(list(range(before)), list(range(100, 100 + after)), 10)
            assert len(made.tokens) == min(10, before + after)
            assert list(made.tokens[made.first :]) == list(range(100, 100 + after))
            assert made.first >= 1
            assert made.tokens[made.first - 1] == before - 1


def test_special_tokens_come_once_at_the_beginning(scorer):
    definition = json.loads(scorer.tokenizer.definition)
    special = {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}}
    around = [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}]
    definition["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [*around, {"Sequence": {"id": "A", "type_id": 0}}, *around],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": special,
    }
    both = Tokenizer(json.dumps(definition))
    encode = scorer.tokenizer.encode
    prompts = [prompt("an example", "\nthe query", "\nanother"), prompt("", "query"), prompt("", "")]
    assert list(encode_contexts(prompts, both)) == [
        [[0, *encode("an example"), *encode("\nthe query")], [0, *encode("an example"), *encode("\nanother")]],
        [[0, *encode("query")]],
        [[0]],
    ]
    assert list(encode_contexts(prompts, scorer.tokenizer)) == [
        [[*encode("an example"), *encode("\nthe query")], [*encode("an example"), *encode("\nanother")]],
        [encode("query")],
        [[0]],  # nothing to read: an end of text
    ]


def test_continuations_get_a_space_unless_they_have_one(scorer):
    assert takes_leading_space(scorer.tokenizer)
    encode = scorer.tokenizer.encode
    made = encode_continuations(
        [prompt("", "q", continuations=("iron", " iron", "\niron", ""))] * 300, scorer.tokenizer
    )
    assert list(made) == [[encode(" iron"), encode(" iron"), encode(" \niron"), encode(" ")]] * 300
