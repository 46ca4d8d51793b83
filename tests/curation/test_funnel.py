"""Samples are chosen by the ids alone, whatever computes the choice."""

from __future__ import annotations

import zlib

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.curation.documents import string_bytes
from assay.curation.funnel import priorities_of


@settings(max_examples=400, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=20))
def test_the_checksums_are_those_of_zlib(ids):
    from assay.curation.kernels.checksums import crc32

    sums = crc32(*string_bytes(pa.array(ids, pa.large_string())))
    assert sums.tolist() == [zlib.crc32(id_.encode()) for id_ in ids]


def test_large_batches_have_the_same_priorities():
    ids = pa.array([f"id {number}" for number in range(5000)], pa.string())
    assert priorities_of(ids)[:10].tolist() == priorities_of(ids.slice(0, 10)).tolist()
