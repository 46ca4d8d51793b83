from __future__ import annotations

import random
import unicodedata

import pytest
from uniseg.emoji import extended_pictographic
from uniseg.wordbreak import word_break

from assay.text.characters import PICTOGRAPHIC, WORD_BREAK, WORD_BREAK_MASK, character_table
from text.plain import agrees


def some_codes() -> list[int]:
    return [*range(0x3400), *random.Random(0).sample(range(0x3400, 0x110000), 10_000)]


def test_classes_are_those_of_unicode():
    table = character_table()
    for code in some_codes():
        entry = int(table[code])
        assert WORD_BREAK[entry & WORD_BREAK_MASK] == word_break(chr(code)).value, hex(code)
        assert bool(entry & PICTOGRAPHIC) == extended_pictographic(chr(code)), hex(code)


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the table is that of Python 3.11")
def test_flags_are_what_python_3_11_says():
    assert all(agrees(chr(code)) for code in some_codes())


def test_the_table_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        character_table()[0] = 1
