from __future__ import annotations

import pytest
import torch

from assay.base.errors import InputError
from assay.inversion.levels import Level

UNIFORM = torch.tensor([0.0, 0.25, 0.5, 0.999])


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("0.9", [0.9] * 4), ("1..3", [1, 1.5, 2, 2.998]), ("1,2,4", [1, 1, 2, 4])],
)
def test_levels_are_fixed_from_a_range_or_one_of_several(text, drawn):
    level = Level.parse(text)
    assert level.draw(UNIFORM).tolist() == pytest.approx(drawn, abs=1e-6)
    assert str(level) == text


def test_a_number_is_a_level():
    assert Level.parse(0.5) == Level.parse("0.5") == Level.parse(Level((0.5,)))


@pytest.mark.parametrize("text", ["", "x", "1..", "..1", "3..1", "1..2..3", "nan", "inf", "1,", "0x1"])
def test_what_is_no_level_is_refused(text):
    with pytest.raises(InputError, match="not a level"):
        Level.parse(text)
