from __future__ import annotations

import pytest

from assay.base.registry import look_up
from assay.base.settings import validate
from assay.curation.apply import apply
from text.plain import documents


def cleaned(name: str, *texts: str, **parameters: object) -> list[str | None]:
    """The new texts; None where the document is dropped."""
    outcome = apply(validate(look_up("steps", name), parameters, "test"), documents(*texts))
    left = iter(outcome.documents.text.to_pylist())
    return [next(left) if kept else None for kept in outcome.kept]


@pytest.mark.parametrize(
    ("case", "parameters"),
    [
        ("arxiv_appendix_modifier", {}),
        ("arxiv_comment_modifier", {}),
        ("arxiv_comment_modifier:multi", {"remove_multiline": True}),
        ("arxiv_macro_modifier", {}),
        ("arxiv_section_strip_modifier", {}),
    ],
)
def test_every_text_is_that_of_dclm(case, parameters, golden):
    texts = cleaned(case.partition(":")[0], *(document["text"] for document in golden), **parameters)
    for document, text in zip(golden, texts, strict=True):
        reference = document["modifiers"][case]
        wanted = document["text"] if reference == "=" else reference and reference["text"]
        assert text == wanted, document["id"]


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("arxiv_appendix_modifier", "body\n\\appendix\nmore", "body\n"),
        ("arxiv_appendix_modifier", "a\\bibliography{refs\n}b\\begin{references}", "a"),
        ("arxiv_appendix_modifier", "a\\bibliography{never closed", "a\\bibliography{never closed"),
        ("arxiv_appendix_modifier", "\\begin{thebibliography}{9}", None),
        ("arxiv_comment_modifier", "% all\nkept 100\\% of it % this\nx%y\n%z", "kept 100\\% of it\n\n"),
        ("arxiv_comment_modifier", "end %\n", "end %\n"),
        ("arxiv_macro_modifier", "\\def\\aa{\\bf b}\nuse \\aa, \\aab", "\\def\\bf b{\\bf b}\nuse \\bf b, \\aab"),
        ("arxiv_macro_modifier", "\\newcommand*{\\x}{1}\n\\def\\x{2}\n\\x.", "\\newcommand*{2}{1}\n\\def2{2}\n2."),
        ("arxiv_macro_modifier", "\\newcommand{\\x}[1]{#1}\n\\x{a}", "\\newcommand{\\x}[1]{#1}\n\\x{a}"),
        ("arxiv_section_strip_modifier", "title\n\\section*{One}\ntext", "\\section*{One}\ntext"),
        ("arxiv_section_strip_modifier", "x \\chapter[s]{long\nname} y", "\\chapter[s]{long\nname} y"),
        ("arxiv_section_strip_modifier", "x \\paragraph{One} y", None),
        ("arxiv_section_strip_modifier", "x \\paragraph{1}\\subparagraph{2} y", "\\paragraph{1}\\subparagraph{2} y"),
        ("arxiv_section_strip_modifier", "no section", None),
    ],
)
def test_rules_and_quirks(name, text, left):
    assert cleaned(name, text) == [left]


def test_comment_environments_are_removed_when_asked_for():
    text = "a\\begin{comment}b\nc\\end{comment}d"
    assert cleaned("arxiv_comment_modifier", text, text) == [text, text]
    assert cleaned("arxiv_comment_modifier", text, remove_multiline=True) == ["ad"]


def test_a_macro_that_cannot_be_expanded_says_why():
    step = look_up("steps", "arxiv_macro_modifier")()
    outcome = apply(step, documents("\\def\\e{é}\n\\e.", "fine"))
    assert outcome.kept.tolist() == [False, True]
    assert outcome.reasons == ("error: bad escape \\x",)
