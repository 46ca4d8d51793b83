"""Pages that the parser would take too long for, or make too large a tree of; they are not of this web.

A tree can be far larger than its page: where formatting elements are never closed, the parser opens all of them anew
again and again (``<font a><p><font b><p>`` …), and a page of 60 kB takes gigabytes. A tree of moderate size can be
deep, so that looking at each element together with those around it takes hours. And every attribute of a tag is
compared with those before it.
"""

from __future__ import annotations

import numpy as np

from assay.curation.documents import SLACK

TOO_DEEP = "HTML nested too deeply"
TOO_MANY_ATTRIBUTES = "HTML with too many attributes in a tag"

_MAX_REOPENED = 2_000_000
"""Elements that the parser may have to open anew; resiliparse keeps 400 bytes of each. At most 60,000 were found in
4,100 pages of the web and of documentation."""
_MAX_DEPTHS = 10**9
"""The time that resiliparse takes for the main content grows with the sum of the depths of all nodes, 20 to 40 ns each:
up to a minute where tags x depth is this, hours at what a page of a megabyte can have. An end tag without a start tag
makes the parser look through the depth of the page, too (the adoption agency algorithm)."""
_MAX_ATTRIBUTES = 30_000
"""They take 2 seconds; a page of 8 MB can have a million."""


def why_not(page: bytes) -> str | None:
    """Why a page (UTF-8) is not to be parsed; None when it is.

    Few pages need to be looked at twice for that, very few to be parsed.
    """
    from assay.text.kernels.tags import count_tags, follow_formatting, most_attributes

    data = np.frombuffer(page + bytes(SLACK), np.uint8)
    opening, closing, formatting, longest = count_tags(data)
    if longest > 2 * _MAX_ATTRIBUTES and most_attributes(data) > _MAX_ATTRIBUTES:
        return TOO_MANY_ATTRIBUTES
    if (opening + closing) * formatting > _MAX_REOPENED or opening * closing > _MAX_DEPTHS:
        reopened, unfit = follow_formatting(data, _MAX_REOPENED)
        if reopened >= _MAX_REOPENED or opening * unfit > _MAX_DEPTHS:
            return TOO_DEEP
    is_deep = opening**2 > _MAX_DEPTHS and _is_deeper(page, _MAX_DEPTHS // opening)  # no page is deeper than its tags
    return TOO_DEEP if is_deep else None


def _is_deeper(page: bytes, depth: int) -> bool:
    """Whether elements are nested so deeply."""
    from resiliparse.parse.html import HTMLTree

    document = HTMLTree.parse(page.decode(errors="replace")).document
    return document is not None and document.query_selector(" > ".join("*" * (depth + 1))) is not None
