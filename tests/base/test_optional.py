from __future__ import annotations

import math

import pytest

from assay.base.errors import MachineError
from assay.base.optional import optional


def test_a_module_that_is_there():
    assert optional("math", "x", "counting") is math


def test_a_module_that_is_not_there():
    with pytest.raises(MachineError, match="counting needs the package 'not_there'\nhint: pip install 'assay\\[x\\]'"):
        optional("not_there.inner", "x", "counting")
