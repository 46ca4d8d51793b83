from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.evaluation import prefixes
from assay.evaluation.prefixes import plant
from assay.evaluation.task import Request


@st.composite
def families(draw) -> list[Request]:
    """Requests of few different tokens, so that many begin alike; some come twice."""
    tokens = st.lists(st.integers(0, 2), max_size=12)
    begins = draw(st.lists(tokens, min_size=1, max_size=3))
    requests = []
    for _ in range(draw(st.integers(1, 12))):
        own = [*draw(st.sampled_from(begins)), *draw(tokens), 0, 1]
        requests.append(Request(np.array(own, np.int32), draw(st.integers(1, len(own) - 1))))
    return requests + requests[: draw(st.integers(0, 2))]


def read_back(requests: list[Request], share: bool = True) -> dict[int, list[int]]:
    """For each request what its scored places see, in the order of positions: all tokens before the scored ones."""
    found = {}
    for grove in plant(requests, share):
        for tree in grove.trees:
            visible = tree.visible()
            for index, places in tree.scored:
                request = requests[index]
                assert len(places) == len(request.tokens) - request.first
                for number, place in enumerate(places):
                    seen = np.flatnonzero(visible[place])
                    assert tree.positions[seen].tolist() == list(range(len(grove.trunk), request.first + number))
                    assert [*grove.trunk, *tree.tokens[seen]] == request.tokens[: request.first + number].tolist()
                assert index not in found
                found[index] = places.tolist()
    return found


@pytest.mark.parametrize(("trunk", "tree", "shared"), [(128, 256, 0.4), (2, 4, 0.0), (1, 1000, 0.9), (4, 0, 0.4)])
@given(requests=families())
def test_every_scored_place_sees_its_request_and_nothing_else(trunk, tree, shared, requests):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefixes, "_TRUNK", trunk)
        patch.setattr(prefixes, "_TREE", tree)
        patch.setattr(prefixes, "_SHARED", shared)
        assert read_back(requests).keys() == set(range(len(requests)))


def question(rng, prompt: list[int], answers: int, length: int) -> list[Request]:
    return [
        Request(np.array([*prompt, *rng.integers(0, 999, length)], np.int32), len(prompt)) for _ in range(answers)
    ]


def read_tokens(requests: list[Request]) -> int:
    return sum(len(grove.trunk) + sum(len(tree.tokens) for tree in grove.trees) for grove in plant(requests))


def test_the_prompt_of_choices_is_read_once():
    rng = np.random.default_rng(0)
    assert read_tokens(question(rng, rng.integers(0, 999, 100).tolist(), 4, 5)) == 100 + 4 * 4


def test_examples_that_questions_share_are_read_once():
    rng = np.random.default_rng(0)
    examples = rng.integers(0, 999, 500).tolist()
    requests = [r for _ in range(20) for r in question(rng, [*examples, *rng.integers(0, 999, 40)], 4, 3)]
    assert read_tokens(requests) == 500 + 20 * (40 + 4 * 2)


def test_equal_requests_are_read_once():
    request = Request(np.arange(9, dtype=np.int32), 3)
    assert read_tokens([request] * 5) == 8


def test_without_sharing_every_request_is_a_row():
    rng = np.random.default_rng(0)
    [grove] = plant(question(rng, rng.integers(0, 999, 100).tolist(), 4, 5), share=False)
    assert (len(grove.trunk), [len(tree.tokens) for tree in grove.trees]) == (0, [104] * 4)
