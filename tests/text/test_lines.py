from __future__ import annotations

from hypothesis import given

from assay.text.lines import lines, paragraphs, segments, share_of_bullet_lines, share_of_ellipsis_lines
from text.plain import documents, every_text, line_kinds, many, texts


def test_counts_are_those_of_dclm(golden):
    batch = documents(*(document["text"] for document in golden))
    assert lines(batch).tolist() == [document["counts"]["lines"][0] for document in golden]
    assert paragraphs(batch).tolist() == [document["counts"]["paragraphs"][0] for document in golden]


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
