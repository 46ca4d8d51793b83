"""The errors a user can meet.

AssayError
├── InputError      the user's files, recipe, settings or command line are wrong   exit 2
├── MachineError    the machine refused: disk full, missing optional package       exit 1
└── StoppedError    the scheduler asked for the end (SIGTERM); the state is kept   exit 0

Each says what was wrong and where, and how to go on (``hint``). Anything else that escapes is a bug in assay.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AssayError(Exception):
    """Base of all errors meant for the user's eyes; the CLI prints it without a traceback."""

    exit_code = 1

    def __init__(self, message: str, *, where: object = None, hint: str | None = None):
        self.message = message
        self.where = None if where is None else str(where)
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\nhint: {self.hint}" if self.hint else text

    def __reduce__(self):
        # Exceptions with keyword-only arguments need help to cross a process boundary.
        return _rebuild, (type(self), self.message, self.where, self.hint)


def _rebuild(kind: type[AssayError], message: str, where: str | None, hint: str | None) -> AssayError:
    return kind(message, where=where, hint=hint)


class InputError(AssayError):
    """The input, recipe, settings or usage is wrong."""

    exit_code = 2


class MachineError(AssayError):
    """The machine refused: no space, no permission, an optional package is absent."""


class StoppedError(AssayError):
    """The work was asked to stop and has kept its state: no error, but not done either."""

    exit_code = 0


def unknown_name(kind: str, name: str, known: Iterable[str], where: object = None) -> InputError:
    """The error for a name that is not known, with near misses and what there is."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    shown = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {shown}"
    return InputError(f"unknown {kind} {name!r}", where=where, hint=hint)


def missing_package(module: str, extra: str, purpose: str) -> MachineError:
    """The error for an optional package that is not installed."""
    return MachineError(f"{purpose} needs the package {module!r}", hint=f"pip install 'assay[{extra}]'")
