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


@kernel
def count(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """int64 (n, 3): words of str.split(), characters (code points), and tokens of fastText.tokenize().

    fastText separates at space, newline, tab, vertical tab, form feed, carriage return and NUL; a newline is a token.
    """
    counts = np.zeros((len(offsets) - 1, 3), np.int64)
    for row in range(len(offsets) - 1):
        words = characters = tokens = 0
        in_word = in_token = False
        place, end = offsets[row], offsets[row + 1]
        while place < end:
            byte = data[place]
            size = _white_space(data, place)
            if size:
                in_word = False
            elif not in_word:
                words += 1
                in_word = True
            separates = byte == 32 or 9 <= byte <= 13 or byte == 0
            tokens += (byte == 10) + (not separates and not in_token)
            in_token = not separates
            characters += 1
            place += 1
            while place < end and data[place] & 0xC0 == 0x80:
                place += 1
        counts[row, WORDS], counts[row, CHARACTERS], counts[row, TOKENS] = words, characters, tokens
    return counts
