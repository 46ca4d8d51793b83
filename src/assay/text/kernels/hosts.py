"""The network location of URLs, and whether a string is one of many."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.curation.documents import SLACK
from assay.text.kernels.utf8 import hash_span

_FREE = -1
_COLON, _SLASH = ord(":"), ord("/")
_ENDS = (_SLASH, ord("?"), ord("#"))


def _scheme_bytes() -> np.ndarray:
    """Letters, digits, ``+``, ``-`` and ``.`` (RFC 3986, section 3.1): bool (256,)."""
    allowed = np.zeros(256, np.bool_)
    allowed[[byte for byte in range(128) if chr(byte).isalnum() or chr(byte) in "+-."]] = True
    return allowed


_SCHEME = _scheme_bytes()
_PLAIN = np.array([32 < byte < 127 and chr(byte) not in "[]" for byte in range(256)])


@kernel
def network_locations(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What ``urllib.parse.urlsplit(url).netloc`` is: bytes, offsets, and for which URLs it holds (bool).

    It does not hold for URLs with brackets, white space, control characters or characters beyond ASCII, for which the
    library has rules of their own.
    """
    out = np.empty(offsets[-1] - offsets[0] + SLACK, np.uint8)
    out_offsets = np.zeros(len(offsets), np.int64)
    plain = np.zeros(len(offsets) - 1, np.bool_)
    size = 0
    for row in range(len(plain)):
        plain[row] = _is_plain(data, offsets[row], offsets[row + 1])
        i = _location_start(data, offsets[row], offsets[row + 1])
        while i < offsets[row + 1] and data[i] not in _ENDS:
            out[size] = data[i]
            size += 1
            i += 1
        out_offsets[row + 1] = size
    return out, out_offsets, plain


@helper
def _is_plain(data, start, stop):
    i = start
    while i < stop and _PLAIN[data[i]]:
        i += 1
    return i == stop


@helper
def _location_start(data, start, stop):
    """Behind the two slashes that follow the scheme or begin the URL; ``stop`` without these."""
    i = start
    if i < stop and (65 <= data[i] <= 90 or 97 <= data[i] <= 122):
        while i < stop and _SCHEME[data[i]]:
            i += 1
        i = i + 1 if i < stop and data[i] == _COLON else start
    return i + 2 if i + 1 < stop and data[i] == _SLASH and data[i + 1] == _SLASH else stop


@kernel
def index_strings(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """A hash table of strings, into which ``are_members`` looks: int32, their numbers, -1 where free."""
    size = 16
    while size < 2 * len(offsets):
        size *= 2
    slots = np.full(size, _FREE, np.int32)
    for k in range(len(offsets) - 1):
        slots[_slot(data, offsets[k], offsets[k + 1], data, offsets, slots)] = k
    return slots


@kernel
def are_members(
    data: np.ndarray, offsets: np.ndarray, known: np.ndarray, known_offsets: np.ndarray, slots: np.ndarray
) -> np.ndarray:
    """Whether each string is one of those that are known and indexed: bool."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    for row in range(len(found)):
        slot = _slot(data, offsets[row], offsets[row + 1], known, known_offsets, slots)
        found[row] = slots[slot] != _FREE
    return found


@helper
def _slot(data, start, stop, known, known_offsets, slots):
    """Where in the table a string is, or would be."""
    mask = len(slots) - 1
    slot = np.int64(hash_span(data, start, stop)) & mask
    while slots[slot] != _FREE and not _equal(data, start, stop, known, known_offsets, slots[slot]):
        slot = (slot + 1) & mask
    return slot


@helper
def _equal(data, start, stop, known, known_offsets, k):
    first = known_offsets[k]
    if known_offsets[k + 1] - first != stop - start:
        return False
    i = start
    while i < stop and data[i] == known[first + i - start]:
        i += 1
    return i == stop
