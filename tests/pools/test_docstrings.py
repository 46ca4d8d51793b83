"""Docstrings without running the source."""

from __future__ import annotations

import pytest

from assay.pools.docstrings import docstrings

SOURCE = b'''
"""Of the module."""
raise SystemExit("never run")
class A:
    """Of A."""
    def f(self):
        """Of f.

        Indented.
        """
        def inner():
            "Of inner \\d"
    f.x = "no docstring"
    async def f(self): "Again."
if True:
    def g(): """Of g."""
    try: pass
    except Exception:
        def h(): """Of h."""
def without(): pass
'''


def test_names_and_texts():
    assert list(docstrings(SOURCE)) == [
        ("__doc__", "Of the module."),
        ("A", "Of A."),
        ("A.f", "Of f.\n\nIndented."),
        ("A.f.inner", "Of inner \\d"),
        ("A.f~2", "Again."),
        ("g", "Of g."),
        ("h", "Of h."),
    ]


@pytest.mark.parametrize("source", [b"def f(:", b"print 'two'", b"\x00", b"(" * 5000, b"# coding: klingon\n"])
def test_what_does_not_parse(source):
    with pytest.raises(ValueError):
        list(docstrings(source))
