"""Where words end, in the senses that the rules use.

``SPLIT``     str.split(): runs of characters that are not white space
``FASTTEXT``  fastText's tokenizer: runs of bytes that are none of seven separators (NBSP, for one, does not separate)
``UAX29``     the word boundaries of Unicode's UAX #29, as the package uniseg 0.10 finds them: every character is in a
              word, so that spaces and punctuation are words too
``ALNUM``     of these, the ones that begin with a letter or number
``GIVEN``     found by somebody else
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper
from assay.text.characters import ALNUM as ALNUM_FLAG
from assay.text.characters import PICTOGRAPHIC, SPACE, WORD_BREAK, WORD_BREAK_MASK, character_table
from assay.text.kernels.block import BLOCK, ascii_connected, first_bit, separators, space_leads
from assay.text.kernels.utf8 import decode

SPLIT, FASTTEXT, UAX29, ALNUM, GIVEN = range(5)

_OTHER, _CR, _LF, _NEWLINE, _EXTEND, _FORMAT, _ZWJ, _REGIONAL, _KATAKANA, _HEBREW, _LETTER = range(11)
_QUOTE, _DOUBLE_QUOTE, _MID_BOTH, _MID_LETTER, _MID_NUMBER, _NUMBER, _CONNECTOR, _BLANK = range(11, 19)
_LETTERS = (_LETTER, _HEBREW)

_BREAK, _JOIN, _IF_LETTER, _IF_HEBREW, _IF_NUMBER, _IF_ODD, _AND_LETTER = range(7)


def _pair_rules() -> np.ndarray:
    """Is there a break between two characters of these classes? Rules by their names in UAX #29, section 4.1.1.

    ``_IF_LETTER``, ``_IF_HEBREW`` and ``_IF_NUMBER`` join when the character after the pair is one, and join that one
    too; ``_AND_LETTER`` joins in any case, and a letter after the pair too; ``_IF_ODD`` joins when the number of
    regional indicators so far is odd.
    """
    rule = np.full((len(WORD_BREAK), len(WORD_BREAK)), _BREAK, np.uint8)
    for a in _LETTERS:
        rule[a, [*_LETTERS, _NUMBER, _CONNECTOR]] = _JOIN  # WB5, WB9, WB13a
        rule[a, [_MID_LETTER, _MID_BOTH, _QUOTE]] = _IF_LETTER  # WB6, WB7
        rule[_NUMBER, a] = rule[_CONNECTOR, a] = _JOIN  # WB10, WB13b
    rule[_HEBREW, _QUOTE] = _AND_LETTER  # WB6, WB7, WB7a
    rule[_HEBREW, _DOUBLE_QUOTE] = _IF_HEBREW  # WB7b, WB7c
    rule[_NUMBER, [_NUMBER, _CONNECTOR]] = _JOIN  # WB8, WB13a
    rule[_NUMBER, [_MID_NUMBER, _MID_BOTH, _QUOTE]] = _IF_NUMBER  # WB11, WB12
    rule[_KATAKANA, [_KATAKANA, _CONNECTOR]] = _JOIN  # WB13, WB13a
    rule[_CONNECTOR, [_CONNECTOR, _NUMBER, _KATAKANA]] = _JOIN  # WB13a, WB13b
    rule[_REGIONAL, _REGIONAL] = _IF_ODD  # WB15, WB16
    return rule


_RULES = _pair_rules()

# ASCII has no character of the classes that attach to the one before, so its words are found without looking further.
_NOT_ASCII, _INSIDE, _BETWEEN, _ALONE = range(4)


def _ascii_roles() -> np.ndarray:
    """What a byte can be in a word of ASCII: inside always, between two of the right kind, alone, or not ASCII."""
    role = np.full(256, _NOT_ASCII, np.uint8)
    classes = character_table()[:128] & WORD_BREAK_MASK
    role[:128] = _ALONE
    role[:128][np.isin(classes, [_LETTER, _NUMBER, _CONNECTOR])] = _INSIDE
    role[:128][np.isin(classes, [_QUOTE, _MID_BOTH, _MID_LETTER, _MID_NUMBER])] = _BETWEEN
    return role


_ROLES = _ascii_roles()
_ASCII_CLASSES = (character_table()[:128] & WORD_BREAK_MASK).astype(np.uint8)


@helper
def next_word(data, i, stop, table, model):
    """The first word at or after byte i: where it starts and ends; an empty span at ``stop`` when there is none."""
    if model == UAX29:
        return i, _uax29_end(data, i, stop, table)
    if model == ALNUM:
        return next_alnum_word(data, i, stop, table)
    if model == SPLIT:
        start = _skip_blanks(data, i, stop, table)
        return start, _split_end(data, start, stop, table)
    while i < stop and is_separator(data[i]):
        i += 1
    return i, fasttext_end(data, i, stop)


@helper
def is_separator(byte):
    """Whether fastText ends a word at this byte: NUL, tab, newline, vertical tab, form feed, return, space."""
    return byte in (32, 0) or 9 <= byte <= 13


@helper
def fasttext_end(data, i, stop):
    """Where the word of fastText's tokenizer ends that begins at byte i."""
    while i < stop:
        found = separators(data, i)
        if found:
            return min(i + first_bit(found), stop)
        i += BLOCK
    return stop


@helper
def _skip_blanks(data, i, stop, table):
    while i < stop:
        code, width = decode(data, i)
        if not table[code] & SPACE:
            break
        i += width
    return i


@helper
def _split_end(data, i, stop, table):
    while i < stop:
        ahead = first_bit(space_leads(data, i))
        i += ahead
        if ahead < BLOCK and i < stop:
            code, width = decode(data, i)
            if table[code] & SPACE:
                return i
            i += width
    return min(i, stop)


@helper
def next_alnum_word(data, i, stop, table):
    """The same for the model ``ALNUM``."""
    while i < stop:
        role = _ROLES[data[i]]
        if role in (_BETWEEN, _ALONE) and (i + 1 == stop or data[i + 1] < 128):
            i += 1  # It begins a word without a letter or number, which goes no further than to the next ASCII letter.
            continue
        end = _uax29_end(data, i, stop, table)
        code, _ = decode(data, i)
        if table[code] & ALNUM_FLAG:
            return i, end
        i = end
    return stop, stop


@helper
def _uax29_end(data, i, stop, table):
    """Where the UAX #29 word that begins at byte i ends. No rule looks back beyond a boundary."""
    if i >= stop:
        return stop
    end = _ascii_end(data, i, stop)
    return end if end else _general_end(data, i, stop, table)


@helper
def _ascii_end(data, i, stop):
    """The same, where the word and the character behind it are ASCII; otherwise 0."""
    role = _ROLES[data[i]]
    if role == _NOT_ASCII:
        return 0
    if role == _INSIDE:
        return _ascii_letters_end(data, i, stop)
    end = i + 1
    if data[i] == 32:  # WB3d
        while end < stop and data[end] == 32:
            end += 1
    elif data[i] == 13 and end < stop and data[end] == 10:  # WB3
        end += 1
    return end if end == stop or data[end] < 128 else 0


@helper
def _ascii_letters_end(data, i, stop):
    """The same, where the word begins with a letter, number or connector."""
    end = i
    while True:
        end += first_bit(~ascii_connected(data, end))
        if end >= stop:
            return stop
        role = _ROLES[data[end]]
        if role == _INSIDE:
            continue
        if role == _ALONE:
            return end
        if data[end] >= 128 or (end + 1 < stop and data[end + 1] >= 128):
            return 0
        rule = _RULES[_ASCII_CLASSES[data[end - 1]], _ASCII_CLASSES[data[end]]]
        if end + 1 == stop or not _agrees(rule, _ASCII_CLASSES[data[end + 1]]):
            return end
        end += 1


@helper
def joins_ascii(data, i):
    """Whether the characters around byte i are in one word, all three being ASCII."""
    before, kind, after = _ASCII_CLASSES[data[i - 1]], _ASCII_CLASSES[data[i]], _ASCII_CLASSES[data[i + 1]]
    return _agrees(_RULES[before, kind], after)


@helper
def _agrees(rule, kind):
    """Whether a rule that joins only before a letter or a number joins before a character of this class."""
    if rule in (_IF_LETTER, _AND_LETTER):
        return kind in (_LETTER, _HEBREW)
    return (rule == _IF_HEBREW and kind == _HEBREW) or (rule == _IF_NUMBER and kind == _NUMBER)


@helper
def _attaches(kind):
    return kind in (_EXTEND, _FORMAT, _ZWJ)


@helper
def _ends_line(kind):
    return kind in (_CR, _LF, _NEWLINE)


@helper
def _general_end(data, i, stop, table):
    """The same for any characters: join one after the other until a rule says break."""
    code, width = decode(data, i)
    last = np.int64(table[code] & WORD_BREAK_MASK)
    base = last  # the class of the last character that is not one of those that attach
    end = i + width
    if _ends_line(last):
        return end + (last == _CR and end < stop and data[end] == 10)  # WB3, WB3a
    indicators = 1
    while end < stop:
        code, width = decode(data, end)
        kind = np.int64(table[code] & WORD_BREAK_MASK)
        rule = _RULES[base, kind]
        if _attaches(kind):  # WB4
            last = kind
            end += width
            continue
        if (last == _ZWJ and table[code] & PICTOGRAPHIC) or (last == _BLANK and kind == _BLANK):  # WB3c, WB3d
            pass
        elif rule == _IF_ODD:
            if not indicators & 1:
                return end
            indicators += 1
        elif rule != _JOIN:
            beyond, letter = _beyond(data, end + width, stop, table, rule)
            if beyond:
                width, kind = beyond - end, letter
            elif rule != _AND_LETTER:
                return end
        base = last = kind
        end += width
    return end


@helper
def _beyond(data, i, stop, table, rule):
    """Where the character ends, from byte i on, that a conditional rule asks for, and its class; 0 without one."""
    while rule != _BREAK and i < stop:
        code, width = decode(data, i)
        kind = np.int64(table[code] & WORD_BREAK_MASK)
        i += width
        if not _attaches(kind):
            return (i, kind) if _agrees(rule, kind) else (0, 0)
    return 0, 0
