"""Equal documents: the first in the order of the pool stays."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from assay.curation.documents import Documents
from assay.curation.step import Decision, PoolStep

if TYPE_CHECKING:
    import pyarrow as pa

_KEY = np.dtype([("high", "<u8"), ("low", "<u8")])


class ExactDedup(PoolStep):
    """Drops every document whose text an earlier document of the pool has, told by 128 bits of BLAKE2b."""

    normalize: bool = False
    """Compare after ``strip().lower()``, as DCLM's C4 recipe does."""

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The hash of each text, as two uint64 columns."""
        import pyarrow as pa

        contents = self._normalized(documents) if self.normalize else self._stored(documents)
        keys = np.frombuffer(b"".join(blake2b(text, digest_size=16).digest() for text in contents), _KEY)
        return pa.RecordBatch.from_pydict({name: pa.array(keys[name]) for name in ("high", "low")})

    def _stored(self, documents: Documents) -> Iterator[bytes]:
        data, offsets = documents.text_bytes()
        return (data[start:stop].tobytes() for start, stop in pairwise(offsets))

    def _normalized(self, documents: Documents) -> Iterator[bytes]:
        return (text.strip().lower().encode() for text in documents.text.to_pylist())

    def decide(self, observations: pa.Table) -> Decision:
        """Keep the first of each group of equal hashes."""
        high, low = (observations.column(name).to_numpy() for name in ("high", "low"))
        order = np.lexsort((low, high))  # stable: equal ones stay in pool order
        again = (high[order[1:]] == high[order[:-1]]) & (low[order[1:]] == low[order[:-1]])
        codes = np.full(len(order), -1, np.int16)
        codes[order[1:][again]] = 0
        return Decision(codes, ("the text is that of an earlier document",))
