"""What the text rules need to know of each Unicode character: one table, the same on every version of Python.

An entry is the Word_Break class of the character (its index in ``WORD_BREAK``) plus flags. The classes are those of
Unicode 16; the flags are what the str methods isalpha, isalnum, isspace, isupper, isdigit and isdecimal say in Python
3.11 (Unicode 14), and what datatrove takes for punctuation. The files say how they were made.
"""

from __future__ import annotations

import csv
from functools import cache

import numpy as np

from assay.catalog import catalog_path

WORD_BREAK = (
    "Other",
    "CR",
    "LF",
    "Newline",
    "Extend",
    "Format",
    "ZWJ",
    "Regional_Indicator",
    "Katakana",
    "Hebrew_Letter",
    "ALetter",
    "Single_Quote",
    "Double_Quote",
    "MidNumLet",
    "MidLetter",
    "MidNum",
    "Numeric",
    "ExtendNumLet",
    "WSegSpace",
)
"""The values of the property Word_Break, in the order of their numbers in the table."""

WORD_BREAK_MASK = 31
ALPHA = 32
ALNUM = 64
SPACE = 128
PICTOGRAPHIC = 256
UPPER = 512
DIGIT = 1024
DECIMAL = 2048
PUNCTUATION = 4096
TERMINAL = 8192
_FLAGS = {"a": ALPHA, "n": ALNUM, "s": SPACE, "p": PICTOGRAPHIC, "u": UPPER, "d": DIGIT, "t": DECIMAL}


@cache
def character_table() -> np.ndarray:
    """uint16, one entry a code point: ``table[code] & WORD_BREAK_MASK`` is the class, the rest are flags."""
    table = np.zeros(0x110000, np.uint16)
    with open(catalog_path("unicode", "characters.csv"), encoding="ascii") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            entry = WORD_BREAK.index(row["word_break"]) + sum(_FLAGS[flag] for flag in row["flags"])
            table[int(row["first"], 16) : int(row["last"], 16) + 1] = entry
    with open(catalog_path("unicode", "punctuation.csv"), encoding="ascii") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            flags = PUNCTUATION | TERMINAL if row["kind"] == "terminal" else PUNCTUATION
            table[int(row["first"], 16) : int(row["last"], 16) + 1] |= np.uint16(flags)
    table.flags.writeable = False
    return table
