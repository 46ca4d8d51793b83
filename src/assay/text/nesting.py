"""Pages that the parser would take too long for, or make too large a tree of; they are not of this web.

A tree can be far larger than its page: where formatting elements are never closed, the parser opens all of them anew
again and again (``<font a><p><font b><p>`` …), and a page of 60 kB takes gigabytes. And a tree of moderate size can be
deep, so that looking at each element together with those around it takes hours.
"""

from __future__ import annotations

import numpy as np

_MAX_REOPENED = 2_000_000
"""Elements that the parser may have to open anew; resiliparse keeps 400 bytes of each. At most 60,000 were found in
4,100 pages of the web and of documentation."""
_MAX_DEPTHS = 10**9
"""The time that resiliparse takes for the main content grows with the sum of the depths of all nodes, 20 to 40 ns each:
up to a minute where tags x depth is this, hours at what a page of a megabyte can have. An end tag without a start tag
makes the parser look through the depth of the page, too (the adoption agency algorithm)."""
_SLACK = bytes(8)  # kernels read 8 bytes at a time


def is_nested_too_deeply(page: bytes) -> bool:
    """Whether a page (UTF-8) is such a one. Few pages need to be looked at twice for that, very few to be parsed."""
    from assay.text.kernels.tags import count_tags, follow_formatting

    data = np.frombuffer(page + _SLACK, np.uint8)
    opening, closing, formatting = count_tags(data)
    if (opening + closing) * formatting > _MAX_REOPENED or opening * closing > _MAX_DEPTHS:
        reopened, unfit = follow_formatting(data, _MAX_REOPENED)
        if reopened >= _MAX_REOPENED or opening * unfit > _MAX_DEPTHS:
            return True
    return opening**2 > _MAX_DEPTHS and _is_deeper(page, _MAX_DEPTHS // opening)  # no page is deeper than it has tags


def _is_deeper(page: bytes, depth: int) -> bool:
    """Whether elements are nested so deeply."""
    from resiliparse.parse.html import HTMLTree

    document = HTMLTree.parse(page.decode(errors="replace")).document
    return document is not None and document.query_selector(" > ".join("*" * (depth + 1))) is not None
