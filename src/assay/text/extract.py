"""From the HTML of a page to its text: by resiliparse, as DCLM does it, or by trafilatura."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal

import numpy as np

from assay.base.errors import MachineError, missing_package
from assay.curation.documents import Documents
from assay.curation.step import Modified, Modifier
from assay.text.nesting import why_not

if TYPE_CHECKING:
    from collections.abc import Callable

Extractor = Literal["resiliparse", "resiliparse-plain", "trafilatura"]

NOT_UTF8 = "not UTF-8"
NO_PAGE = "neither text nor page"
NO_TEXT = "no text in the page"
NOT_HTML = "not HTML"


class HtmlExtraction(Modifier):
    """Fills the text of documents that have none yet from their column ``html``; the others pass as they are.

    The defaults are DCLM's: the main content of pages that are UTF-8, everything else about resiliparse as it comes.
    The pages themselves are let go: no later step sees them.
    """

    extractor: Extractor = "resiliparse"
    """``resiliparse`` leaves out navigation, headers, footers and the like, ``resiliparse-plain`` nothing.
    ``trafilatura`` (without comments) is better at articles, and takes 7 to 27 times as long."""
    encoding: Literal["utf-8", "detect"] = "utf-8"
    """``utf-8`` drops other pages; ``detect`` goes by the page's meta tag or else its bytes."""

    def modify(self, documents: Documents) -> Modified:
        """The text of every document, or why there is none. MachineError when the extractor is not installed."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not documents.text.null_count:
            return Modified(documents.text)
        texts: list[str | None] = [None] * len(documents)
        reasons = [""] * len(documents)
        for row in np.flatnonzero(documents.text.is_null()):
            page = documents.batch.column("html")[row].as_py() if documents.has("html") else None
            texts[row], reasons[row] = (None, NO_PAGE) if page is None else self.extract(page)
        extracted = pc.call_function("coalesce", [documents.text, pa.array(texts, pa.large_string())])
        no_pages = {"html": pa.nulls(len(documents), pa.large_binary())} if documents.has("html") else {}
        return Modified(extracted, reasons, no_pages)

    def extract(self, page: bytes) -> tuple[str | None, str]:
        """The text of one page; None with the reason when there is none."""
        from resiliparse.parse.html import HTMLParserException

        html = self._decode(page)
        if html is None:
            return None, NOT_UTF8
        try:
            problem = why_not(page if self.encoding == "utf-8" else html.encode(errors="replace"))
            if problem:
                return None, problem
            text = _extractor(self.extractor)(html)
        except HTMLParserException:
            return None, NOT_HTML
        return (text, "") if text and not text.isspace() else (None, NO_TEXT)

    def _decode(self, page: bytes) -> str | None:
        if self.encoding == "detect":
            from resiliparse.parse.encoding import bytes_to_str, detect_encoding

            return bytes_to_str(page, detect_encoding(page, from_html_meta=True) or "utf-8")
        try:
            return page.decode()
        except UnicodeDecodeError:
            return None


def _extractor(name: Extractor) -> Callable[[str], str | None]:
    if name == "trafilatura":
        extract = _trafilatura()
        return lambda html: extract(html, include_comments=False)
    from resiliparse.extract.html2text import extract_plain_text

    return lambda html: extract_plain_text(html, main_content=name == "resiliparse")


def _trafilatura() -> Callable[..., str | None]:
    try:
        trafilatura = import_module("trafilatura")
    except ImportError as error:
        raise missing_package(error.name or "trafilatura", "trafilatura", "the extractor trafilatura") from error
    if int(trafilatura.__version__.split(".")[0]) < 2:  # version 1 gives other texts
        message = f"trafilatura {trafilatura.__version__} is installed; version 2 or later is needed"
        raise MachineError(message, hint="pip install --upgrade 'assay[trafilatura]'")
    return trafilatura.extract
