"""Questions of evaluation tasks cut out of documents that hold them with one of their answers.

DCLM (section 4.6) did so for MMLU (by the last sentence of a question) and HellaSwag; it has not published the code. A
document is flagged when it has the text of a question and that of one of its options, as they are written, and loses
every such text. Candidates are found by three words within the question, so questions of fewer than five words are left
out: they would be found everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.step import Modified, Modifier
from assay.text.characters import character_table
from assay.text.decontaminate import lower_bytes

if TYPE_CHECKING:
    import pyarrow as pa

_WORDS = 3
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")


class QuestionRemoval(Modifier):
    """Cuts questions and their options out of documents that hold both."""

    file_parameters: ClassVar[tuple[str, ...]] = ("against",)

    against: str | list[str]
    """JSONL files of questions, of the form of evaluation tasks: ``query`` and ``choices``."""
    last_sentence: bool = False
    """Only the last sentence of a question must be there, as DCLM did for MMLU."""
    question_key: str = "query"
    options_key: str = "choices"
    key: str | None = None
    """A column that says how many questions each document has; by default none is added."""
    report_only: bool = Field(default=False)
    """Change no text."""

    def modify(self, documents: Documents) -> Modified:
        """The texts without the questions; a document of which nothing is left is dropped."""
        import pyarrow as pa

        questions = self._questions()
        matches = {row: list(found) for row, found in questions.candidates(documents.text).items()}
        texts, counts = documents.text.to_pylist(), np.zeros(len(documents), np.int64)
        for row, candidates in matches.items():
            text = texts[row]
            held = [each for each in candidates if each.is_in(text)]
            counts[row] = len(held)
            if not self.report_only:
                texts[row] = (
                    _without(text, [string for each in held for string in each.strings(text)]) if held else text
                )
        columns = {} if self.key is None else {self.key: pa.array(counts)}
        left = pa.array(
            [text if text.strip() or not counts[i] else None for i, text in enumerate(texts)], pa.large_string()
        )
        return Modified(left, columns=columns)

    def _questions(self) -> _Questions:
        files = (self.against,) if isinstance(self.against, str) else tuple(self.against)
        return _read(files, self.question_key, self.options_key, self.last_sentence)


@dataclass(frozen=True)
class _Question:
    text: str
    options: tuple[str, ...]

    def is_in(self, text: str) -> bool:
        """Whether a document has the question and an option."""
        return self.text in text and any(option in text for option in self.options)

    def strings(self, text: str) -> Iterator[str]:
        yield self.text
        yield from (option for option in self.options if option in text)


@dataclass(frozen=True)
class _Questions:
    """The questions by the hash of three words within each."""

    by_hash: dict[int, list[_Question]]
    slots: np.ndarray

    def candidates(self, text: pa.LargeStringArray) -> dict[int, dict[_Question, None]]:
        """Of each document that may have some, the questions."""
        from assay.text.kernels.overlap import find_shared

        hashes, rows = find_shared(*lower_bytes(text), character_table(), _WORDS, self.slots)
        found: dict[int, dict[_Question, None]] = {}
        for value, row in dict.fromkeys(zip(hashes.tolist(), rows.tolist(), strict=True)):
            found.setdefault(row, {}).update(dict.fromkeys(self.by_hash[value]))
        return found


@lru_cache(maxsize=4)
def _read(files: tuple[str, ...], question_key: str, options_key: str, last_sentence: bool) -> _Questions:
    """The questions of files. InputError at the first row that is none."""
    import pyarrow as pa

    from assay.text.kernels.overlap import hash_ngrams, hash_set

    by_hash: dict[int, list[_Question]] = {}
    for file in files:
        for where, row in _rows(file):
            text, options = row.get(question_key), row.get(options_key)
            if (
                not isinstance(text, str)
                or not isinstance(options, list)
                or not all(isinstance(o, str) for o in options)
            ):
                raise InputError(f"needs a string {question_key!r} and a list of strings {options_key!r}", where=where)
            text = _SENTENCE_END.split(text.strip())[-1] if last_sentence else text.strip()
            lower = lower_bytes(pa.array([text], pa.large_string()))
            words = hash_ngrams(*lower, character_table(), _WORDS)
            if len(words) > 2:  # the first and the last word may go on in the document
                question = _Question(text, tuple(option.strip() for option in options if option.strip()))
                by_hash.setdefault(int(words[1]), []).append(question)
    if not by_hash:
        raise InputError("no question has five words", where=", ".join(files))
    return _Questions(by_hash, hash_set(np.array(sorted(by_hash), np.uint64)))


def _rows(file: str) -> Iterator[tuple[str, dict]]:
    """The rows of a JSONL file, with where each stands."""
    import json

    from assay.pools.source import open_source
    from assay.pools.unpack import unpack

    with open_source(file) as source:
        content = unpack(source)
        data = b"".join(iter(lambda: content.read(1 << 20), b""))
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"not JSON: {error}", where=f"{file}:{number}") from error
            yield f"{file}:{number}", row if isinstance(row, dict) else {}


def _without(text: str, strings: list[str]) -> str:
    for string in sorted(
        set(strings), key=lambda each: (-len(each), each)
    ):  # the longest first: some are parts of others
        text = text.replace(string, "")
    return text
