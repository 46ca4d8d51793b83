"""Progress of long work on stderr: a bar with an ETA on a terminal, a plain line now and then otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_SECONDS_BETWEEN_LINES = 10.0


class Progress(Protocol):
    """What the work calls as it goes on."""

    def advance(self, amount: float = 1, note: str = "") -> None:
        """``amount`` more is done; ``note`` says what is worth seeing now."""


class _Lines:
    def __init__(self, title: str, total: float, unit: str):
        self.title, self.total, self.unit = title, total, unit
        self.done = 0.0
        self.started = self.shown = time.monotonic()

    def advance(self, amount: float = 1, note: str = "") -> None:
        self.done += amount
        now = time.monotonic()
        if now - self.shown < _SECONDS_BETWEEN_LINES:
            return
        self.shown = now
        left = (now - self.started) * (self.total - self.done) / self.done if self.done else 0.0
        done = f"{self.done:,.0f}/{self.total:,.0f} {self.unit}"
        log(f"{self.title}: {done}, {left:.0f} s left{'  ' + note if note else ''}")


class _Bar:
    def __init__(self, bar, task):
        self.bar, self.task = bar, task

    def advance(self, amount: float = 1, note: str = "") -> None:
        self.bar.update(self.task, advance=amount, note=note)


class _Silent:
    def advance(self, amount: float = 1, note: str = "") -> None:
        pass


_silent = False


def silence() -> None:
    """Show nothing from now on in this process (worker processes: their parent shows the progress)."""
    global _silent  # noqa: PLW0603 - one switch a process
    _silent = True


def log(message: str) -> None:
    """One line for people, on stderr."""
    if _silent:
        return
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


@contextmanager
def progress(title: str, total: float, unit: str = "") -> Iterator[Progress]:
    """Show the progress of a block of work whose size is known."""
    if _silent:
        yield _Silent()
        return
    if not sys.stderr.isatty():
        yield _Lines(title, total, unit)
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn(unit),
        bars.TimeRemainingColumn(),
        bars.TextColumn("{task.fields[note]}"),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar, bar.add_task(title, total=total, note=""))
