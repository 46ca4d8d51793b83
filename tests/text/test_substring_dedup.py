from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.curation.page import documents_of
from assay.text.dedup import id_hashes
from assay.text.kernels.fingerprint import fingerprints
from assay.text.substring_dedup import SubstringDedup
from curation.curation_pools import decide
from text.plain import documents, many, texts

K = 8


def cut_plainly(all_texts: list[str]) -> list[str | None]:
    """What is left of each text when windows that occurred before go; None where all do."""
    batch = documents(*all_texts)
    order = np.lexsort((id_hashes(batch), fingerprints(*batch.text_bytes())[0]))
    first: dict[bytes, int] = {}
    left: list[str | None] = [None] * len(all_texts)
    place = 0
    for row in order:
        data = all_texts[row].encode()
        gone = np.zeros(len(data), bool)
        for i in range(len(data) - K + 1):
            if place + i - first.setdefault(data[i : i + K], place + i) >= K:
                gone[i : i + K] = True
        place += len(data)
        characters = all_texts[row]
        kept, at = "", 0
        for character in characters:
            size = len(character.encode())
            kept += "" if gone[at : at + size].all() else character
            at += size
        left[row] = None if gone.all() and len(data) else kept
    return left


few = st.lists(st.sampled_from(["abcdefgh", "日本語", "aaaa", "x", "é"]), max_size=12).map("".join)


@many
@given(all_texts=st.lists(few | texts, min_size=1, max_size=5), passes=st.booleans(), cuts=st.integers(1, 3))
def test_what_is_left_is_what_plain_python_leaves(all_texts, passes, cuts):
    step = SubstringDedup(min_bytes=K)
    batch = documents(*all_texts)
    parts = [documents_of([{"id": str(i), "text": all_texts[i]}]) for i in range(len(all_texts))]
    decision = decide(step, *parts) if cuts > 1 else decide(step, batch)
    left = step.cut(batch, decision.cuts).to_pylist()
    assert [text if code < 0 else None for text, code in zip(left, decision.codes, strict=True)] == cut_plainly(
        all_texts
    )


@pytest.mark.parametrize("memory", [1, 2048])
def test_every_planted_repeat_is_found(memory):
    generator = np.random.default_rng(2)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz "))
    all_texts = ["".join(generator.choice(letters, 4000)) for _ in range(100)]
    planted = {}
    for number in range(100):
        size = int(generator.integers(50, 400))
        source, target = generator.choice(100, 2, replace=False)
        at = int(generator.integers(0, len(all_texts[source]) - size))
        passage = all_texts[source][at : at + size]
        all_texts[target] = f"{all_texts[target]}#{number}#{passage}"
        planted[number] = passage
    step = SubstringDedup(min_bytes=50, memory_mb=memory)
    decision = decide(step, documents(*all_texts))
    assert (decision.notes["passes"] > 1) == (memory == 1)
    left = "\0".join(step.cut(documents(*all_texts), decision.cuts).to_pylist())
    for passage in planted.values():
        assert all(left.count(passage[i : i + 50]) <= 1 for i in range(len(passage) - 49))
    original = "\0".join(all_texts)
    assert all(original[i : i + 50] in left for i in range(0, 4000 - 50, 50))  # nothing is lost of the first document
