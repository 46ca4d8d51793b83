"""Questions and answers of Stack Exchange, as RedPajama prepares them: pages with ``question`` and ``answers``.

``question`` is ``{"text": html}``, ``answers`` a list of the same, each with a ``score``. There is no text until
``stackexchange_qa_formatter`` makes it (give such a pool ``--columns text=-``). The rules are those of DCLM's mappers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assay.base.errors import missing_package
from assay.curation.page import PageModifier

_LIST_OPENS = re.compile(r"<(?:ol|li)>")
_LIST_CLOSES = re.compile(r"</(?:ol|li)>")


def _posts(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield page["question"]
    yield from page.get("answers", [])


class StackexchangeListModifier(PageModifier):
    """Every ``<ol>`` and ``<li>`` begins a line with an asterisk (for ``<ol>``, DCLM's comment says without one)."""

    def change(self, page: dict[str, Any]) -> dict[str, Any]:
        """The page with its lists as lines."""
        for post in _posts(page):
            post["text"] = _LIST_CLOSES.sub("", _LIST_OPENS.sub("\n*", post["text"]))
        return page


class StackexchangeHtmlExtractionModifier(PageModifier):
    """The HTML of question and answers becomes text, all of it, by BeautifulSoup with lxml."""

    def change(self, page: dict[str, Any]) -> dict[str, Any]:
        """The page with texts for HTML."""
        try:
            from bs4 import BeautifulSoup
        except ImportError as error:
            raise missing_package("beautifulsoup4", "extraction", "stackexchange_html_extraction_modifier") from error
        for post in _posts(page):
            post["text"] = BeautifulSoup(post["text"], "lxml").get_text()
        return page


class StackexchangeAnswerSortModifier(PageModifier):
    """Sorts the answers by score; one without has 0. Of equal ones the first stays first."""

    descending: bool = True

    def change(self, page: dict[str, Any]) -> dict[str, Any]:
        """The page with its answers sorted."""
        page["answers"] = sorted(page["answers"], key=lambda answer: answer.get("score", 0), reverse=self.descending)
        return page


class StackexchangeQaFormatter(PageModifier):
    """Makes the text: ``Q:`` and the question, then a line with ``A:`` for each answer."""

    remove_qa: bool = False
    """Drop ``question`` and ``answers`` when they are in the text."""

    def change(self, page: dict[str, Any]) -> dict[str, Any]:
        """The page with a text."""
        answers = (f"A: {answer['text']}" for answer in page.get("answers", []))
        page["text"] = "\n".join([f"Q: {page['question']['text']}", *answers])
        if self.remove_qa:
            page.pop("question")
            page.pop("answers", None)
        return page
