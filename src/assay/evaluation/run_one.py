"""Run by ``execution.py`` in a process of its own: one program, one test. Imports nothing of assay.

Reads a JSON object from stdin: ``code``, ``call``, ``expected``, ``token`` and limits. Writes the token to stdout if
the call, after the program, gives what is expected.
"""

import contextlib
import io
import json
import os
import resource
import runpy
import sys
from pathlib import Path


def limit(seconds: int, memory: int, file_size: int) -> None:
    """Set limits that the program cannot raise again."""
    for what, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def passes(code: str, call: str, expected: str) -> bool:
    """Whether a call after a program gives what is expected: a Python expression, or else the text itself."""
    names = run(f"{code}\nfound_by_the_call = {call}\n", {})
    try:
        wanted = run(f"wanted_by_the_test = {expected}\n", names)["wanted_by_the_test"]
    except Exception:
        wanted = expected
    return bool(names["found_by_the_call"] == wanted)


def run(text: str, names: dict) -> dict:
    """The names that there are after a program, which begins with some."""
    path = Path("program.py")
    path.write_text(text, encoding="utf-8")
    return runpy.run_path(str(path), names, "program")


def main() -> None:
    """One test."""
    asked = json.loads(sys.stdin.read())
    out = os.dup(1)
    limit(asked["seconds"], asked["memory"], asked["file_size"])
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        good = passes(asked["code"], asked["call"], asked["expected"])
    if good:
        os.write(out, asked["token"].encode())


if __name__ == "__main__":
    main()
