"""Running programs that a model wrote, each test in a process of its own with limits of time, memory and file size.

This keeps accidents in; it is no sandbox: the process may read files and use the network as its user may. Nothing here
runs unless the user allows it (``--allow-code-execution``).
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 5
"""For one test, as in the reference's client (composer's LocalEvalClient)."""
_MEMORY = 2 << 30
_FILE_SIZE = 1 << 20
_CHILD = Path(__file__).with_name("run_one.py")


@dataclass(frozen=True)
class Program:
    """A program and its tests."""

    code: str
    entry_point: str
    """The function that is called."""
    inputs: list[str]
    """Its arguments, as Python writes them."""
    outputs: list[str]
    """What it should give."""


def passes(program: Program, seconds: int = _SECONDS) -> bool:
    """Whether a program passes all its tests, each within so many seconds."""
    return all(
        _passes_one(program, given, wanted, seconds)
        for given, wanted in zip(program.inputs, program.outputs, strict=True)
    )


def _passes_one(program: Program, given: str, wanted: str, seconds: int) -> bool:
    token = secrets.token_hex(16)  # a program that prints or exits cannot pass by that
    asked = {
        "code": program.code,
        "call": f"{program.entry_point}({given})",
        "expected": wanted,
        "token": token,
        "seconds": seconds,
        "memory": _MEMORY,
        "file_size": _FILE_SIZE,
    }
    command = [sys.executable, "-I", str(_CHILD)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(  # noqa: S603 - the program runs in it by the user's leave
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={},
            start_new_session=True,
        ) as child,
    ):
        try:
            shown, _ = child.communicate(json.dumps(asked).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        finally:
            with suppress(ProcessLookupError):  # it, and what it started
                os.killpg(child.pid, signal.SIGKILL)
    return shown == token.encode()
