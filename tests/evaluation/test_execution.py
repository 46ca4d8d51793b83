from __future__ import annotations

import time

import pytest

from assay.evaluation.execution import Program, passes

DOUBLE = "def double(x):\n    return 2 * x\n"


def program(code: str, inputs=("3", "'ab'"), outputs=("6", "'abab'")) -> Program:
    return Program(code, "double", list(inputs), list(outputs))


def test_all_tests_must_pass():
    assert passes(program(DOUBLE))
    assert not passes(program(DOUBLE, outputs=("6", "'ab'")))
    assert passes(program("def double(x, y=1):\n    return f'{x}{y}'", inputs=["'a', y=2"], outputs=["a2"]))


@pytest.mark.parametrize(
    "code",
    [
        "def double(x): return",
        "def double(x) return 2 * x",
        "raise SystemExit(0)",
        "import os\nos._exit(0)",
        "def double(x):\n    print(6)\n    import os\n    os._exit(0)",
        "def double(x): return bytearray(8 << 30)",
        "def double(x):\n    open('big', 'wb').write(bytes(4 << 20))\n    return 2 * x",
        "def double(x):\n    class Equal:\n        def __eq__(self, other): raise ValueError\n    return Equal()",
    ],
)
def test_what_does_not_pass(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not passes(program(code))
    assert list(tmp_path.iterdir()) == []


def test_programs_that_do_not_end_are_ended():
    started = time.monotonic()
    code = "import subprocess, time\nsubprocess.Popen(['sleep', '60'])\ndef double(x):\n    time.sleep(60)"
    assert not passes(program(code), seconds=1)
    assert time.monotonic() - started < 10
