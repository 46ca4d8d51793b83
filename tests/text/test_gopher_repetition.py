from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.text.gopher_repetition import AllJumpedNgrams, TopNgram
from text.plain import documents, every_text, many, texts

repetitive = st.lists(st.sampled_from(["a", "bb", "ccc", "é", "ab", "b", "c", "seventeen-letters"]), max_size=60).map(
    " ".join
)


def jumped(words: list[str], n: int) -> int:
    """Characters of the n-grams that were seen before, one after the other."""
    seen: set[str] = set()
    characters = i = 0
    while i + n <= len(words):
        text = "".join(words[i : i + n])
        if text in seen:
            characters += len(text)
            i += n
        else:
            seen.add(text)
            i += 1
    return characters


@many
@given(text=st.one_of(texts, repetitive))
def test_jumps_are_those_of_plain_python(text):
    variants = ("x", text, f"{text} {text}", f"{text} y {text}{text}")
    measured = AllJumpedNgrams("split")(documents(*variants))
    assert measured.tolist() == [[jumped(same.split(), n) for n in range(5, 11)] for same in variants]


def test_ngrams_that_are_cut_differently_are_the_same():
    once, again = "a bc d e f gh", "ab c d e fg h"
    assert once.replace(" ", "") == again.replace(" ", "")
    long = [f"{text} {'z' * 20}" for text in (once, again)]
    measured = AllJumpedNgrams("split")(documents(f"{once} {again}", f"{long[0]} q {long[1]}"))
    assert measured.tolist() == [
        [jumped(text.split(), n) for n in range(5, 11)] for text in (f"{once} {again}", f"{long[0]} q {long[1]}")
    ]
    assert measured[:, 1].tolist() == [8, 8]
    assert measured[1, 2] == 28


def test_every_sequence_of_short_words():
    variants = every_text(("a ", "aa ", "b"), 9)
    measured = AllJumpedNgrams("split")(documents(*variants))
    assert measured[:, 0].tolist() == [jumped(text.split(), 5) for text in variants]


def test_the_top_ngram_is_the_first_of_the_most_frequent():
    batch = documents("aa b c", "a b cc dd a b cc dd", "a")
    assert TopNgram("split", 2, spaces=False)(batch).tolist() == [3, 4, 0]
    assert TopNgram("split", 2, spaces=True)(batch).tolist() == [4, 6, 0]
