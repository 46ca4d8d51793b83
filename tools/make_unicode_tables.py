"""Write src/assay/catalog/unicode/characters.csv: what the word and text rules need to know of each character.

python tools/make_unicode_tables.py        (needs the package uniseg, a development dependency)

Word_Break and Extended_Pictographic come from uniseg's copy of the Unicode data files; the other flags are what this
Python's str methods say. Run it with Python 3.11, so that the table says what the reference's Python said.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from uniseg.emoji import extended_pictographic
from uniseg.wordbreak import word_break

TARGET = Path(__file__).parents[1] / "src" / "assay" / "catalog" / "unicode" / "characters.csv"
ORDINARY = ("Other", "")


def properties(code: int) -> tuple[str, str]:
    """The Word_Break class and the flags, as the file explains them."""
    character = chr(code)
    flags = {
        "a": character.isalpha(),
        "n": character.isalnum(),
        "s": character.isspace(),
        "p": extended_pictographic(character),
        "u": character.isupper(),
        "d": character.isdigit(),
        "t": character.isdecimal(),
    }
    return word_break(character).value, "".join(flag for flag, holds in flags.items() if holds)


def lines() -> Iterator[str]:
    """The lines of the file; ranges of ordinary characters (Other, no flag) are left out."""
    yield f"# Word_Break, Extended_Pictographic: Unicode 16.0.0 (uniseg {version('uniseg')})"
    yield f"# the other flags: Python {sys.version.split()[0]} (Unicode {unicodedata.unidata_version})"
    yield "# made by tools/make_unicode_tables.py; flags: p Extended_Pictographic, and what str methods say:"
    yield "# a isalpha, n isalnum, s isspace, u isupper, d isdigit, t isdecimal"
    yield "first,last,word_break,flags"
    for (word_class, flags), codes in groupby(range(0x110000), properties):
        first, *rest = codes
        if (word_class, flags) != ORDINARY:
            yield f"{first:04X},{rest[-1] if rest else first:04X},{word_class},{flags}"


if __name__ == "__main__":
    TARGET.write_text("\n".join(lines()) + "\n", encoding="ascii")
