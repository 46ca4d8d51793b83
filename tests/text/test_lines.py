from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given

from assay.text.characters import TERMINAL, character_table
from assay.text.lines import (
    LineCounts,
    LineKind,
    SegmentCount,
    segments,
    share_of_bullet_lines,
    share_of_ellipsis_lines,
)
from text.plain import documents, every_text, line_kinds, many, pieces, texts


def test_counts_are_those_of_dclm(golden):
    batch = documents(*(document["text"] for document in golden))
    assert SegmentCount("\n")(batch).tolist() == [document["counts"]["lines"][0] for document in golden]
    assert SegmentCount("\n\n")(batch).tolist() == [document["counts"]["paragraphs"][0] for document in golden]


def test_kinds_of_lines_are_those_of_dclm(golden):
    batch = documents(*(document["text"] for document in golden))
    for name, share in {"bullet": share_of_bullet_lines, "ellipsis": share_of_ellipsis_lines}.items():
        expected = [document["fractions"][name] for document in golden]
        assert share(batch).tolist() == [number / of if of else 0 for number, of in expected]


@many
@given(text=texts)
def test_segments_are_those_of_plain_python(text):
    variants = (text, text.replace(" ", "\n"), f"- {text}...\n\n \n\n\n{text}. . .")
    measured = segments(documents(*variants))
    for row, same in zip(measured, variants, strict=True):
        assert {name: int(row[name]) for name in measured.dtype.names} == line_kinds(same)


def test_every_short_text():
    texts = every_text("\n .-x", 6)
    measured = segments(documents(*texts))
    for row, text in zip(measured.tolist(), texts, strict=True):
        assert dict(zip(measured.dtype.names, row, strict=True)) == line_kinds(text)


def line_counts(text: str, kind: str, strip: bool, short: int) -> dict[str, int]:
    found = [line.strip() if strip else line for line in pieces(text, kind)]
    return {
        "lines": len(found),
        "dash_lines": sum(line.startswith("-") for line in found),
        "asterisk_lines": sum(line.startswith("*") for line in found),
        "bullet_lines": sum(line.startswith("•") for line in found),
        "dots_lines": sum(line.endswith("...") for line in found),
        "ellipsis_lines": sum(line.endswith("…") for line in found),
        "terminal_lines": sum(bool(line and character_table()[ord(line[-1])] & TERMINAL) for line in found),
        "short_lines": sum(len(line) <= short for line in found),
        "newlines": text.count("\n"),
    }


@pytest.mark.parametrize("kind", get_args(LineKind))
@pytest.mark.parametrize("strip", [False, True])
@many
@given(text=texts)
def test_lines_of_every_kind_are_those_of_plain_python(kind, strip, text):
    if kind == "paragraph_runs":
        text = text.strip()
    variants = (text, text.replace(" ", "\n"), f"- {text}...\n\n•\r\n{text}\u2028*{text}。")
    measured = LineCounts(kind, strip, 5)(documents(*variants))
    for row, same in zip(measured, variants, strict=True):
        assert dict(zip(measured.dtype.names, row.tolist(), strict=True)) == line_counts(same, kind, strip, 5)


@pytest.mark.parametrize("kind", get_args(LineKind))
def test_every_short_text_of_every_kind(kind):
    texts = [text for text in every_text("\n\r \x85x", 5) if kind != "paragraph_runs" or text == text.strip()]
    assert LineCounts(kind)(documents(*texts))["lines"].tolist() == [len(pieces(text, kind)) for text in texts]
