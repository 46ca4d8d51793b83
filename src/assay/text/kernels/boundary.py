r"""Word boundaries as Python's ``\b`` has them: a word is made of letters, numbers (of any script) and ``_``."""

from __future__ import annotations

from assay.base.compile import helper
from assay.text.characters import ALNUM
from assay.text.kernels.utf8 import decode

_UNDERSCORE = ord("_")


@helper
def is_boundary(data, i, start, stop, table):
    """Whether a word begins or ends at byte i of the span from ``start`` to ``stop``."""
    return _word_before(data, i, start, table) != _word_at(data, i, stop, table)


@helper
def _word_before(data, i, start, table):
    return i > start and _is_word(data, previous(data, i), table)


@helper
def _word_at(data, i, stop, table):
    return i < stop and _is_word(data, i, table)


@helper
def _is_word(data, i, table):
    code, _ = decode(data, i)
    return (table[code] & ALNUM) != 0 or code == _UNDERSCORE


@helper
def previous(data, i):
    """Where the character begins that ends at byte i."""
    i -= 1
    while data[i] & 0xC0 == 0x80:
        i -= 1
    return i
