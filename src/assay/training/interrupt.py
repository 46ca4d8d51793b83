"""Ctrl-C and SIGTERM take effect between two steps, when the state is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from assay.base.progress import log

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Asked:
    """Whether the run was asked to stop."""

    signal: int = 0
    """Its number; 0 as long as none came."""


@contextmanager
def deferred_interrupts() -> Iterator[Asked]:
    """Within the block, Ctrl-C or SIGTERM is only noted; a second Ctrl-C raises KeyboardInterrupt at once.

    SIGTERM may come more than once (Slurm and torchrun both send it) and means the same each time. A signal that the
    process ignores stays ignored, and outside the main thread nothing changes.
    """
    asked = Asked()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.signal and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not asked.signal:
            log("stopping after this step (Ctrl-C once more: at once, back to the last checkpoint)")
        asked.signal = number

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
