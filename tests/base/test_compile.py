from __future__ import annotations

import os
import subprocess
import sys

CODE = """
import numpy as np
from assay.base.compile import kernel

@kernel
def double(value):
    return 2 * value

assert double(21) == 42
print(sum(double.stats.cache_hits.values()), sum(double.stats.cache_misses.values()))
"""


def hits_and_misses(tmp_path, **environment) -> list[int]:
    script = tmp_path / "script.py"
    script.write_text(CODE)
    shown = subprocess.run(
        [sys.executable, str(script)], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return [int(number) for number in shown.stdout.split()]


def test_the_second_process_need_not_compile(tmp_path):
    folder = tmp_path / "compiled"
    assert hits_and_misses(tmp_path, NUMBA_CACHE_DIR=str(folder)) == [0, 1]
    assert hits_and_misses(tmp_path, NUMBA_CACHE_DIR=str(folder)) == [1, 0]
    assert list(folder.glob("kernels-*/*/*.nbi"))


def test_without_a_place_to_keep_it_each_process_compiles(tmp_path):
    (tmp_path / "file").touch()
    for _ in range(2):
        assert hits_and_misses(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "file" / "below")) == [0, 1]
