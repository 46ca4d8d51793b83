"""DCLM's line modifiers and their like in plain Python, one text at a time; None where the document is dropped."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import strategies as st

from assay.base.registry import look_up
from assay.base.settings import validate
from assay.curation.apply import apply
from assay.curation.step import Modifier
from text.plain import documents, few_kinds, few_words, texts, tricky, words

line_texts = st.one_of(
    texts,
    texts.map(lambda text: text.replace(" ", "\n")),
    few_words.map("\n".join),
    st.lists(st.one_of(tricky, few_kinds), max_size=5).map("\n".join),
)
"""Texts of several lines."""


def make(name: str, **parameters) -> Modifier:
    return validate(look_up("steps", name), parameters, "test")


def modified(step: Modifier, *given: str) -> list[str | None]:
    """What becomes of each text."""
    outcome = apply(step, documents(*given))
    left = iter(outcome.documents.text.to_pylist())
    return [next(left) if kept else None for kept in outcome.kept]


def agree(step: Modifier, plain: Callable[[str], str | None], text: str) -> None:
    """The step does to the text what plain Python does, whatever stands before and behind it in the batch."""
    given = [" \n", text, "", text + "\n" + text, "a"]
    assert modified(step, *given) == [plain(each) for each in given]


def keep_lines(text: str, keep: Callable[[str], bool], strip: bool = False) -> str | None:
    left = "\n".join(line for line in text.split("\n") if keep(line))
    return (left.strip() if strip else left) or None


def punctuation(text: str, remove_ellipses: bool) -> str | None:
    def keep(line: str) -> bool:
        ends = re.search(r'[.!?"\u2026]\s*$', line) or not line
        return bool(ends) and not (remove_ellipses and re.search(r"(?:\.\.\.|\u2026)\s*$", line))

    return keep_lines(text, keep)


def line_length(text: str, least: float, most: float) -> str | None:
    return keep_lines(text, lambda line: not line or least <= len(line.split()) <= most)


def is_counted(word: str, ignore_punctuation: bool, ignore_whitespace: bool) -> bool:
    if ignore_punctuation:
        return word[0].isalnum() or (not ignore_whitespace and word[0].isspace())
    return not ignore_whitespace or bool(word.strip())


def word_length(text: str, most: int, model: str, ignoring: tuple[bool, bool]) -> str | None:
    return keep_lines(
        text, lambda line: all(len(word) <= most for word in words(line, model) if is_counted(word, *ignoring))
    )


def ratio(text: str, kind: Callable[[str], bool], most: float) -> str | None:
    return keep_lines(text, lambda line: not line or sum(map(kind, line)) / len(line) <= most, strip=True)


COUNTER = re.compile(
    r"^\W*\d(?:,|\.|\d)*(?:K|k|M|m|B|b)?\s+(?:likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes"
    r"|downloads|views|followers)\W*$"
)


def counters(text: str) -> str | None:
    return keep_lines(text, lambda line: not COUNTER.search(line.lower()), strip=True)


def substrings(text: str, step) -> str | None:
    banlist = [step.banlist] if isinstance(step.banlist, str) else step.banlist
    phrases = f"(?:{'|'.join(banlist if step.case_sensitive else [phrase.lower() for phrase in banlist])})"
    pattern = {"any": rf"\s?{phrases}", "prefix": rf"^{phrases}\s?", "suffix": rf"\s?{phrases}$"}[step.location]
    compiled = re.compile(pattern, 0 if step.case_sensitive else re.IGNORECASE)
    left = []
    for line in text.split("\n"):
        changed = line
        if step.max_length is None or len(line.split()) <= step.max_length:
            if step.remove_substring_only:
                changed = compiled.sub("", line)
                if line and (not changed or changed.isspace()):
                    continue
            elif compiled.search(line):
                continue
        left.append(changed)
    return "\n".join(left).strip() or None


def page_dedup(text: str, separator: str, normalize: bool) -> str:
    seen, left = set(), []
    for segment in re.split(separator, text):
        key = segment.strip().lower() if normalize else segment
        if key not in seen or not key:
            left.append(segment)
            seen.add(key)
    return separator.join(left)
