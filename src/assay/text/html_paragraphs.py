"""HTML in place of the text, to its paragraphs: DCLM's mapper ``html_content_extraction_modifier``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from assay.base.errors import missing_package
from assay.curation.documents import Documents
from assay.curation.step import Modified, Modifier

_NO_TEXT = "no text in the page"


class HtmlContentExtractionModifier(Modifier):
    """Takes the text for HTML, and puts its paragraphs, as jusText finds them, in its place, a blank line between them.

    Of a page only head, scripts, styles, forms and embedded objects are left out: as in DCLM, paragraphs that jusText
    calls boilerplate stay. For main content see ``html_extraction``.
    """

    def modify(self, documents: Documents) -> Modified:
        """The paragraphs; a page without any is dropped. MachineError when jusText is not installed."""
        import pyarrow as pa

        find_paragraphs = _justext()
        texts = [find_paragraphs(html) for html in documents.text.to_pylist()]
        return Modified(pa.array(texts, pa.large_string()), [_NO_TEXT] * len(texts))


def _justext() -> Callable[[str], str | None]:
    try:
        justext, lxml = import_module("justext.core"), import_module("lxml.etree")
    except ImportError as error:
        raise missing_package(error.name or "justext", "justext", "html_content_extraction_modifier") from error

    def find_paragraphs(html: str) -> str | None:
        # All of justext.justext but the classification: DCLM ignores that, and its time can grow with the square of
        # the number of paragraphs.
        try:
            dom = justext.preprocessor(justext.html_to_dom(html))
        except (lxml.ParserError, ValueError):  # with the latter, DCLM's mapper fails
            return None
        paragraphs = justext.ParagraphMaker.make_paragraphs(dom)
        return "\n\n".join(paragraph.text for paragraph in paragraphs) if paragraphs else None

    return find_paragraphs
