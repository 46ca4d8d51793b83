"""The measurements in plain Python, one document at a time: what the compiled ones are held to."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import product

import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st
from uniseg.wordbreak import words as uax29_words

from assay.curation.documents import Documents
from assay.text.characters import ALNUM, ALPHA, DECIMAL, DIGIT, PUNCTUATION, SPACE, UPPER, character_table

many = settings(max_examples=400, deadline=None)
"""For tests against plain Python; the first example may have to wait for the compiler."""

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}

# Characters between which the rules of words and lines decide, and some of every other kind.
TRICKY = (
    "aZé1٣²½ _.,:;'\"’“#…{-•●*()\r\n\t\x0b\x0c\x00\x1c\x85\u0308\u200d\u00ad\u200e\ufeff"
    "🇦🇧🇨👩❤\ufe0f😀アｱ日本שאק\u05f4\u3000\u2028\u2029\u00a0·\u2019İßΣͅﬁK"
)


def agrees(character: str) -> bool:
    """Whether this Python says of a character what the table says (they can be of different versions of Unicode)."""
    entry = int(character_table()[ord(character)])
    methods = {
        ALPHA: character.isalpha,
        ALNUM: character.isalnum,
        SPACE: character.isspace,
        UPPER: character.isupper,
        DIGIT: character.isdigit,
        DECIMAL: character.isdecimal,
    }
    return all(bool(entry & flag) == says() for flag, says in methods.items())


anything = st.text(st.characters(exclude_categories=["Cs"]).filter(agrees), max_size=60)
tricky = st.text(st.sampled_from(TRICKY), max_size=40)
few_kinds = st.lists(st.sampled_from(TRICKY), min_size=1, max_size=4).flatmap(lambda some: st.text(some, max_size=16))
some_words = st.sampled_from(["the", "cat", "Cat", "sat", "日本", "it's", "3.14", "...", "\n", "\n\n", "é", "# x"])
few_words = st.lists(some_words)
long = st.lists(some_words | st.sampled_from([" ", ", ", *TRICKY]), min_size=30, max_size=100).map("".join)
"""Longer than the bytes at which the kernels look at once."""
texts = st.one_of(anything, tricky, few_kinds, few_words.map(" ".join), few_words.map("".join), long)


def documents(*texts: str | None, **columns: pa.Array) -> Documents:
    """A batch of documents."""
    ids = pa.array([str(number) for number in range(len(texts))])
    return Documents(pa.RecordBatch.from_pydict({"id": ids, "text": pa.array(texts, pa.large_string()), **columns}))


def every_text(pieces: Sequence[str], longest: int) -> list[str]:
    """All texts of up to so many of these pieces."""
    return ["".join(text) for length in range(longest + 1) for text in product(pieces, repeat=length)]


def words(text: str, model: str) -> list[str]:
    if model == "split":
        return text.split()
    if model == "uniseg":
        return list(uax29_words(text))
    separated = re.split("([ \n\r\t\v\f\0])", text)
    return ["</s>" if part == "\n" else part for part in separated if part and part not in " \r\t\v\f\0"]


def alnum_words(text: str) -> list[str]:
    return [word for word in words(text, "uniseg") if word[0].isalnum()]


def counts(text: str, model: str) -> list[int]:
    """All words, those not blank, those that begin with a letter or number, those that do or begin with a space."""
    found = words(text, model)
    return [
        len(found),
        sum(bool(word.strip()) for word in found),
        sum(word[0].isalnum() for word in found),
        sum(word[0].isalnum() or word[0].isspace() for word in found),
    ]


def segments(text: str, separator: str) -> list[str]:
    return [piece.strip() for piece in text.split(separator) if piece.strip()]


def is_punctuation(character: str) -> bool:
    return bool(character_table()[ord(character)] & PUNCTUATION)


def word_statistics(found: list[str]) -> dict[str, int]:
    lower = [word.lower() for word in found if word.lower() in STOP_WORDS]
    exact = [word for word in found if word in STOP_WORDS]
    punctuation = [word for word in found if all(map(is_punctuation, word))]
    return {
        "words": len(found),
        "word_characters": sum(map(len, found)),
        "words_without_letter": sum(not any(c.isalpha() for c in word) for word in found),
        "stop_words": len(lower),
        "distinct_stop_words": len(set(lower)),
        "exact_stop_words": len(exact),
        "distinct_exact_stop_words": len(set(exact)),
        "words_of_punctuation": len(punctuation),
        "characters_of_punctuation": sum(map(len, punctuation)),
    }


def symbol_counts(text: str) -> list[int]:
    return [text.count(symbol) for symbol in ("#", "...", ". . .", "…")]


def pieces(text: str, kind: str) -> list[str]:
    """Lines and paragraphs in the senses of ``kernels.senses``."""
    return {
        "lines": lambda: segments(text, "\n"),
        "paragraphs": lambda: segments(text, "\n\n"),
        "raw_lines": lambda: text.split("\n"),
        "line_runs": lambda: re.split("\n+", text),
        "paragraph_runs": lambda: re.split("\n{2,}", text.strip()),
        "visible_lines": lambda: [line for line in text.split("\n") if line.strip()],
        "unicode_lines": text.splitlines,
    }[kind]()


def line_kinds(text: str) -> dict[str, int]:
    lines = segments(text, "\n")
    return {
        "lines": len(lines),
        "paragraphs": len(segments(text, "\n\n")),
        "bullet_lines": sum(line.startswith(("●", "•", "*", "-")) for line in lines),
        "ellipsis_lines": sum(line.endswith(("...", ". . .", "…")) for line in lines),
    }


def repeated_segments(text: str, separator: str) -> tuple[float, float]:
    """Shares of the segments, and of their characters, that occur more than once."""
    occurrences = Counter(segments(text, separator))
    if not occurrences:
        return math.nan, math.nan
    repeated = {segment: times for segment, times in occurrences.items() if times > 1}
    return (
        sum(repeated.values()) / sum(occurrences.values()),
        sum(len(segment) * times for segment, times in repeated.items())
        / sum(len(segment) * times for segment, times in occurrences.items()),
    )


def repeated_ngrams(found: list[str], n: int) -> tuple[float, float]:
    """Shares of the words' characters: the most common n-gram's, and those covered by any that is repeated."""
    grams = [tuple(found[i : i + n]) for i in range(len(found) - n + 1)]
    occurrences = Counter(grams)
    most = max(occurrences.values(), default=0)
    if most < 2:
        return 0.0, 0.0
    total = sum(map(len, found))
    longest = max(sum(map(len, gram)) for gram, times in occurrences.items() if times == most)
    covered = {i + k for i, gram in enumerate(grams) if occurrences[gram] > 1 for k in range(n)}
    return longest * most / total, sum(len(found[i]) for i in covered) / total
