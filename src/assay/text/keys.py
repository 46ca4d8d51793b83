"""Steps on the keys of a page, under DCLM's names: its address, the name of its text, its text as a list of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.curation.documents import SPLIT_AT, Documents, rest_objects
from assay.curation.page import PageModifier
from assay.curation.step import Modified, Modifier

if TYPE_CHECKING:
    import pyarrow as pa

_NO_URL = "no WARC-Target-URI"


class MoveUrlModifier(Modifier):
    """Takes the address from ``metadata["WARC-Target-URI"]``.

    Where that is missing, the address that the pool found under another name stays; DCLM's mapper fails there.
    """

    def modify(self, documents: Documents) -> Modified:
        """The same texts; ``url`` changes. A document without any address is dropped."""
        import pyarrow as pa

        given = documents.batch.column("url").to_pylist()
        metadata = [rest.get("metadata") or {} for rest in documents.derived(rest_objects)]
        urls = [found.get("WARC-Target-URI", url) for found, url in zip(metadata, given, strict=True)]
        reasons = [_NO_URL] * len(urls)
        dropped = np.array([url is None for url in urls])
        return Modified(documents.text, reasons, {"url": pa.array(urls, pa.string())}, dropped)


class KeyNameModifier(PageModifier):
    """Renames a key of the page, where there is one of the old name and none of the new."""

    old_key: str = "content"
    new_key: str = "text"
    allow_overwrite: bool = False
    """Rename also where there is one of the new name."""

    def change(self, page: dict[str, Any]) -> dict[str, Any]:
        """The page with the key renamed."""
        if page.get(self.old_key) is not None and (self.allow_overwrite or page.get(self.new_key) is None):
            page[self.new_key] = page.pop(self.old_key)
        return page


class SplitLinesModifier(Modifier):
    """From here on the text is a list of lines, until ``join_lines_modifier``: ``exact_dedup`` goes by lines."""

    delimiter: str = "\n"

    def modify(self, documents: Documents) -> Modified:
        """The same texts; an empty one is dropped. Texts that are lists already stay so."""
        import pyarrow as pa

        split = [self.delimiter if before is None else before for before in _split_at(documents)]
        empty = np.diff(documents.text_bytes()[1]) == 0
        return Modified(documents.text, None, {SPLIT_AT: pa.array(split, pa.string())}, empty)


class JoinLinesModifier(Modifier):
    """The text is one again, its lines joined by the delimiter."""

    delimiter: str = "\n"

    def modify(self, documents: Documents) -> Modified:
        """The joined texts; an empty one is dropped."""
        import pyarrow as pa

        split = _split_at(documents)
        nothing: pa.Array = pa.nulls(len(documents), pa.string())
        empty = np.diff(documents.text_bytes()[1]) == 0
        return Modified(self._joined(documents, split), None, {SPLIT_AT: nothing}, empty)

    def _joined(self, documents: Documents, split: list[str | None]) -> pa.Array:
        import pyarrow as pa

        if set(split) <= {None, self.delimiter}:
            return documents.text
        texts = zip(documents.text.to_pylist(), split, strict=True)
        joined = (text if before is None else text.replace(before, self.delimiter) for text, before in texts)
        return pa.array(list(joined), pa.large_string())


def _split_at(documents: Documents) -> list[str | None]:
    """At what each text was split, None where it is one text."""
    if not documents.has(SPLIT_AT):
        return [None] * len(documents)
    return documents.batch.column(SPLIT_AT).to_pylist()
