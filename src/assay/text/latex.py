r"""Clean LaTeX sources, as RedPajama v1 cleaned arXiv and DCLM's mappers of these names do.

https://github.com/togethercomputer/RedPajama-Data/blob/rp_v1/data_prep/arxiv/arxiv_cleaner.py has the expressions. What
looks odd in them is kept: a comment within a line takes the character before its ``%`` with it, and a document whose
sections are all ``\paragraph`` counts as one without sections.
"""

from __future__ import annotations

import re

from assay.curation.documents import Documents
from assay.curation.step import Modified, Modifier

_BACK_MATTER = re.compile(
    r"(?:\\appendix|\\begin\{references\}|\\begin\{REFERENCES\}|\\begin\{thebibliography\}|\\bibliography\{.*?\}).*$",
    re.DOTALL,
)
_COMMENT_LINE = re.compile(r"^%.*\n?", re.MULTILINE)
_COMMENT_IN_LINE = re.compile(r"[^\\]%.+$", re.MULTILINE)
_COMMENT_BLOCK = re.compile(r"\\begin{comment}.*?\\end{comment}", re.DOTALL)
_MACROS = (
    re.compile(r"\\\bnewcommand\b\*?\{(\\[a-zA-Z0-9]+?)\}\{(.*?)\}$", re.MULTILINE),
    re.compile(r"\\def\s*(\\[a-zA-Z0-9]+?)\s*\{(.*?)\}$", re.MULTILINE),
)


def _section(name: str) -> str:
    return rf"\\\b{name}\b\*?(?:\[.*?\])?\{{.*?\}}"


# In the source, "paragraph" and "subparagraph" lack the bar between them: only one right before the other would count.
_SECTIONS = [*map(_section, ("chapter", "part", "section", "subsection", "subsubsection"))]
_SECTION = re.compile(f"(?:{'|'.join(_SECTIONS)}|{_section('paragraph')}{_section('subparagraph')})", re.DOTALL)


def without_back_matter(text: str) -> str:
    """The text up to the appendix or the references."""
    return _BACK_MATTER.sub("", text)


def without_comments(text: str, blocks: bool = False) -> str:
    """The text without lines that begin with ``%`` and without comments at the end of lines.

    With ``blocks``, also without what lies in a comment environment.
    """
    text = _COMMENT_IN_LINE.sub("", _COMMENT_LINE.sub("", text))
    return _COMMENT_BLOCK.sub("", text) if blocks else text


def with_macros_expanded(text: str) -> str:
    """The text with the values of macros that take no arguments in place of their names, also where they are defined.

    re.error when a value holds characters beyond ASCII or control characters: re.sub refuses their escapes.
    """
    macros = {name: value for pattern in _MACROS for name, value in _definitions(pattern, text)}
    for name, value in macros.items():
        text = re.sub(rf"({name})([^a-zA-Z0-9])", rf"{value}\2", text)
    return text


def _definitions(pattern: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    """The names and values of the macros, with their backslashes doubled."""
    return [(_escaped(name), _escaped(value)) for name, value in pattern.findall(text)]


def _escaped(text: str) -> str:
    return text.encode("unicode-escape").decode("utf-8")


def from_first_section(text: str) -> str | None:
    """The text from its first section on; None without one."""
    section = _SECTION.search(text)
    return section and text[section.start() :]


class LatexModifier(Modifier):
    """Changes every text by a function; drops a text when nothing is left, or when the function fails."""

    def clean(self, text: str) -> str | None:
        """The new text."""
        raise NotImplementedError

    def modify(self, documents: Documents) -> Modified:
        """Clean one text after the other; LaTeX is rare, and the expressions are Python's."""
        import pyarrow as pa

        documents.text_bytes()  # InputError before extraction
        cleaned = [self._try(text) for text in documents.text.to_pylist()]
        return Modified(pa.array([text or None for text, _ in cleaned], pa.large_string()), [why for _, why in cleaned])

    def _try(self, text: str) -> tuple[str | None, str]:
        try:
            return self.clean(text), "nothing left"
        except re.error as error:  # as DCLM: the page is lost, not the run
            return None, f"error: {error.msg}"


class ArxivAppendixModifier(LatexModifier):
    """Cuts the appendix and the references off."""

    def clean(self, text: str) -> str:
        """The text without back matter."""
        return without_back_matter(text)


class ArxivCommentModifier(LatexModifier):
    """Removes comments."""

    remove_multiline: bool = False
    """Remove comment environments too."""

    def clean(self, text: str) -> str:
        """The text without comments."""
        return without_comments(text, self.remove_multiline)


class ArxivMacroModifier(LatexModifier):
    """Expands macros without arguments; drops a text when the value of one holds characters beyond ASCII, as DCLM."""

    def clean(self, text: str) -> str:
        """The text with macros expanded."""
        return with_macros_expanded(text)


class ArxivSectionStripModifier(LatexModifier):
    """Removes what comes before the first section; drops a text without sections."""

    def clean(self, text: str) -> str | None:
        """The text from its first section on."""
        return from_first_section(text)
