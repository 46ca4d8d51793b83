"""From the HTML of a page to its text, by resiliparse, as DCLM does it."""

from __future__ import annotations

from typing import Literal

from assay.curation.documents import Documents
from assay.curation.step import Modified, Modifier

NOT_UTF8 = "not UTF-8"
NO_PAGE = "neither text nor page"
NO_TEXT = "no text in the page"
NOT_HTML = "not HTML"
TOO_DEEP = "HTML nested too deeply"

_MAX_DEPTH = 10_000
"""The time that resiliparse takes for the main content grows with the square of the depth: a second at this one, hours
at a million. Browsers stop at 512."""


class HtmlExtraction(Modifier):
    """Fills the text of documents that have none yet from their column ``html``; the others pass as they are.

    The defaults are DCLM's: the main content of pages that are UTF-8, everything else about resiliparse as it comes.
    """

    main_content: bool = True
    """Leave out navigation, headers, footers and the like."""
    encoding: Literal["utf-8", "detect"] = "utf-8"
    """``utf-8`` drops other pages; ``detect`` goes by the page's meta tag or else its bytes."""

    def modify(self, documents: Documents) -> Modified:
        """The text of every document, or why there is none."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not documents.text.null_count:
            return Modified(documents.text)
        texts: list[str | None] = [None] * len(documents)
        reasons = [""] * len(documents)
        for row, page in enumerate(_pages(documents)):
            texts[row], reasons[row] = (None, NO_PAGE) if page is None else self.extract(page)
        extracted = pa.array(texts, pa.large_string())
        return Modified(pc.call_function("coalesce", [documents.text, extracted]), reasons)

    def extract(self, page: bytes) -> tuple[str | None, str]:
        """The text of one page; None with the reason when there is none."""
        from resiliparse.extract.html2text import extract_plain_text
        from resiliparse.parse.html import HTMLParserException

        html = self._decode(page)
        if html is None:
            return None, NOT_UTF8
        try:
            if _is_too_deep(html):
                return None, TOO_DEEP
            text = extract_plain_text(html, main_content=self.main_content)
        except HTMLParserException:
            return None, NOT_HTML
        return (text, "") if text.strip() else (None, NO_TEXT)

    def _decode(self, page: bytes) -> str | None:
        if self.encoding == "detect":
            from resiliparse.parse.encoding import bytes_to_str, detect_encoding

            return bytes_to_str(page, detect_encoding(page, from_html_meta=True) or "utf-8")
        try:
            return page.decode()
        except UnicodeDecodeError:
            return None


def _pages(documents: Documents) -> list[bytes | None]:
    """The page of each document that has no text; None for the others, and where there is none."""
    import pyarrow.compute as pc

    if documents.batch.schema.get_field_index("html") < 0:
        return [None] * len(documents)
    html = documents.batch.column("html")
    return pc.call_function("if_else", [documents.text.is_null(), html, None]).to_pylist()


def _is_too_deep(html: str) -> bool:
    from resiliparse.parse.html import DOMContext, HTMLTree, traverse_dom

    if html.count("<") <= _MAX_DEPTH:
        return False
    deepest = 0

    def look(context: DOMContext) -> None:
        nonlocal deepest
        deepest = max(deepest, context.depth)

    document = HTMLTree.parse(html).document
    if document:
        traverse_dom(document, look)
    return deepest > _MAX_DEPTH
