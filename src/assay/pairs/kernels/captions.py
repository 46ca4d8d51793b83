"""What the rules of DataComp count in a caption, in one pass over its UTF-8."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel

WORDS, CHARACTERS, TOKENS = range(3)


@helper
def _white_space(data: np.ndarray, place: int) -> int:
    """Bytes of the white space (as str.split() has it) that begins here; 0 when none does.

    These 29 characters are the same in every version of Unicode since 6.3: U+0009 to U+000D, U+001C to U+0020, U+0085,
    U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000.
    """
    first = data[place]
    if first < 0x80:
        return 1 if first == 32 or 9 <= first <= 13 or 28 <= first <= 31 else 0
    second, third = data[place + 1], data[place + 2]
    if first == 0xC2:
        return 2 if second in (0x85, 0xA0) else 0
    if first == 0xE1:
        return 3 if second == 0x9A and third == 0x80 else 0
    if first == 0xE2:
        general = second == 0x80 and (third <= 0x8A or third in (0xA8, 0xA9, 0xAF))
        return 3 if general or (second == 0x81 and third == 0x9F) else 0
    return 3 if first == 0xE3 and second == 0x80 and third == 0x80 else 0


@helper
def _ascii_space(byte: int) -> int:
    return (byte == 32) | ((byte - 9) & 0xFF < 5) | ((byte - 28) & 0xFF < 4)


@helper
def _ascii_separator(byte: int) -> int:
    """Whether fastText separates here."""
    return (byte == 32) | ((byte - 9) & 0xFF < 5) | (byte == 0)


@kernel
def count(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """int32 (n, 3): words of str.split(), characters (code points), and tokens of fastText.tokenize().

    fastText separates at space, newline, tab, vertical tab, form feed, carriage return and NUL; a newline is a token.
    """
    counts = np.zeros((len(offsets) - 1, 3), np.int32)
    for row in range(len(offsets) - 1):
        words = tokens = continued = 0
        after_space = after_separator = 1
        place, end = offsets[row], offsets[row + 1]
        while place < end:
            byte = np.int64(data[place])
            size = 1
            if byte < 0x80:
                space, separator = _ascii_space(byte), _ascii_separator(byte)
            else:
                size = _white_space(data, place)
                space, separator = size > 0, 0
                continued += byte & 0xC0 == 0x80
                continued += max(size - 1, 0)
                size = max(size, 1)
            words += after_space & (1 - space)
            tokens += (after_separator & (1 - separator)) + (byte == 10)
            after_space, after_separator = space, separator
            place += size
        counts[row, WORDS] = words
        counts[row, CHARACTERS] = end - offsets[row] - continued
        counts[row, TOKENS] = tokens
    return counts
