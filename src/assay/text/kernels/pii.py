"""Lines that may hold an e-mail address, an IP address or a phone number; ``pii.py`` then looks closer."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.block import find_byte

EMAIL, IPV4, IPV6, PHONE = 1, 2, 4, 8

_AT, _DOT, _COLON, _PLUS = ord("@"), ord("."), ord(":"), ord("+")
_BETWEEN_DIGITS = tuple(b" .-()")
_MOST_BETWEEN = 3  # ") (" is the most that the patterns allow
_LEAST_DIGITS, _DIGITS_WITHOUT_PLUS = 7, 10


@kernel
def may_hold_pii(data, offsets, lines, digits):
    """What each line may hold: uint8 (lines), a sum of ``EMAIL`` … ``PHONE``.

    ``lines`` are rows that begin with the columns ``start`` and ``stop`` of ``kernels.lines``, and where those of each
    document begin; ``digits`` is how many each line has.
    """
    rows, line_offsets = lines
    out = np.zeros(len(rows), np.uint8)
    for document in range(len(offsets) - 1):
        offset = offsets[document]
        for line in range(line_offsets[document], line_offsets[document + 1]):
            start, stop = offset + rows[line, 0], offset + rows[line, 1]
            if find_byte(data, start, stop, _AT) < stop:
                out[line] |= EMAIL
            if digits[line] and _has_group_before_colon(data, start, stop):
                out[line] |= IPV6
            if digits[line] >= 4 and _has_four_numbers(data, start, stop):
                out[line] |= IPV4
            if digits[line] >= _LEAST_DIGITS and _has_phone_digits(data, start, stop):
                out[line] |= PHONE
    return out


@helper
def _is_digit(byte):
    return 48 <= byte <= 57


@helper
def _is_hexadecimal(byte):
    return _is_digit(byte) or 97 <= byte | 0x20 <= 102


@helper
def _has_group_before_colon(data, start, stop):
    """Whether there is a 2 or 3, three hexadecimal digits, and a colon."""
    i = find_byte(data, start + 4, stop, _COLON)
    while i < stop:
        inside = _is_hexadecimal(data[i - 3]) and _is_hexadecimal(data[i - 2]) and _is_hexadecimal(data[i - 1])
        if inside and 50 <= data[i - 4] <= 51:
            return True
        i = find_byte(data, i + 1, stop, _COLON)
    return False


@helper
def _has_four_numbers(data, start, stop):
    """Whether there are four numbers with dots between them."""
    dots = 0
    for i in range(start + 1, stop - 1):
        if data[i] == _DOT and _is_digit(data[i - 1]) and _is_digit(data[i + 1]):
            dots += 1
            if dots == 3:
                return True
        elif not _is_digit(data[i]):
            dots = 0
    return False


@helper
def _has_phone_digits(data, start, stop):
    """Whether there is a plus before a digit, or ten digits with little between them."""
    count = gap = 0
    for i in range(start, stop):
        byte = data[i]
        if _is_digit(byte):
            if count == 0 and i > start and data[i - 1] == _PLUS:
                return True
            count += 1
            gap = 0
            if count == _DIGITS_WITHOUT_PLUS:
                return True
        else:
            gap += 1
            if gap > _MOST_BETWEEN or byte not in _BETWEEN_DIGITS:
                count = 0
    return False
