"""Lines that many pages of a host have: menus, notices, footers.

A line is what stands between newlines, without the white space at its ends. Llama 3 (section 3.1.1) removed lines that
stood more than six times in each bucket of 30 million documents; the host of a page is the bucket here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from assay.curation.documents import Documents, Ragged, offsets_of, string_bytes
from assay.curation.step import Decision, PoolStep
from assay.text.characters import character_table
from assay.text.rewriting import keep_lines, lines_of
from assay.text.urls import domains_of

if TYPE_CHECKING:
    import pyarrow as pa


class LineDedup(PoolStep):
    """Cuts lines that stand on more than so many pages of the same host, from all of them."""

    max_pages: int = Field(default=6, ge=1)
    """Pages of a host that may have the same line."""

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """A hash of host and content of each line that is not blank, 0 for others: a list of uint64."""
        import pyarrow as pa

        from assay.text.kernels.line_hashes import line_hashes

        lines = documents.derived(lines_of)
        hashes = line_hashes(*documents.text_bytes(), character_table(), lines.arrays, _hosts(documents))
        offsets = pa.array(lines.offsets, pa.int32())
        return pa.RecordBatch.from_arrays([pa.ListArray.from_arrays(offsets, pa.array(hashes))], ["lines"])

    def decide(self, observations: pa.Table) -> Decision:
        """Count the pages of each line, and cut those of too many."""
        import pyarrow as pa

        lists = observations["lines"].combine_chunks()
        lines = Ragged(lists.flatten().to_numpy(), offsets_of(lists.value_lengths().to_numpy()))
        pages = np.repeat(np.arange(len(lines)), np.diff(lines.offsets))
        order = np.lexsort((pages, lines.values))
        value, page = lines.values[order], pages[order]
        new_line = np.append(True, value[1:] != value[:-1])
        new_page = new_line | np.append(True, page[1:] != page[:-1])
        group = np.cumsum(new_line) - 1
        counts = np.bincount(group, new_page)[group] if len(group) else np.empty(0)
        gone = np.zeros(len(order), bool)
        gone[order] = (counts > self.max_pages) & (value != 0)
        filled = np.bincount(pages, lines.values != 0, len(lines))
        cut = np.bincount(pages, gone, len(lines))
        codes = np.where((cut == filled) & (filled > 0), 0, -1).astype(np.int16)
        cuts = pa.ListArray.from_arrays(pa.array(lines.offsets, pa.int32()), pa.array(gone))
        return Decision(
            codes, ("all lines stand on many pages of the host",), cuts, notes={"lines_cut": int(gone.sum())}
        )

    def cut(self, documents: Documents, cuts: pa.Array) -> pa.Array:
        """The texts without the lines for which an entry is true."""
        return keep_lines(documents, ~np.asarray(cuts.flatten()), drop_empty=False).text


def _hosts(documents: Documents) -> np.ndarray:
    """A hash of the host of each page (uint64); pages without an address are those of one host."""
    import pyarrow as pa

    from assay.text.kernels.fingerprint import fingerprints

    if not documents.has("url"):
        return np.zeros(len(documents), np.uint64)
    hosts = domains_of(documents.batch.column("url").cast(pa.large_string())).fill_null("")
    return fingerprints(*string_bytes(hosts))[0]
