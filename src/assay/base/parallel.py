"""The same function over many items in worker processes, with clean interruption and the first error told as it was."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.context import BaseContext
from typing import TypeVar

from assay.base.errors import MachineError
from assay.base.progress import silence

T = TypeVar("T")
R = TypeVar("R")

_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")


def cpu_count() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start_worker() -> None:
    # Ctrl-C reaches the whole process group; only the parent acts on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    silence()
    _die_with_parent()


def _die_with_parent() -> None:
    """End this worker when its parent is killed (a worker waiting for work would otherwise stay for ever)."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_parallel(function: Callable[[T], R], items: Sequence[T], workers: int) -> Iterator[tuple[int, R]]:
    """Yield ``(index, function(item))`` as the items finish, in any order.

    With one worker everything runs in this process. An exception in a worker is raised here once, the items not yet
    started are dropped. Functions and items must be picklable; each worker is limited to one computing thread.
    """
    if workers <= 1 or len(items) <= 1:
        yield from ((index, function(item)) for index, item in enumerate(items))
        return
    with _workers(function, min(workers, len(items))) as pool:
        futures = {pool.submit(function, item): index for index, item in enumerate(items)}
        for future in as_completed(futures):
            yield futures[future], future.result()


def run_ordered(function: Callable[[T], R], items: Iterable[T], workers: int, ahead: int = 2) -> Iterator[R]:
    """Yield ``function(item)`` in the order of the items, of which there may be endlessly many.

    As ``run_parallel``, with ``ahead`` items a worker begun before they are asked for. Without workers this process
    does each as it is asked for.
    """
    if workers < 1:
        yield from map(function, items)
        return
    waiting = iter(items)
    with _workers(function, workers) as pool:
        begun = deque(pool.submit(function, item) for item in islice(waiting, workers * ahead))
        while begun:
            result = begun.popleft().result()
            begun.extend(pool.submit(function, item) for item in islice(waiting, 1))
            yield result


@contextmanager
def _workers(function: Callable, count: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, which end with the block, however it ends."""
    saved = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    pool = ProcessPoolExecutor(count, mp_context=_context(function), initializer=_start_worker)
    try:
        yield pool
    except BrokenProcessPool as error:
        raise MachineError(
            "a worker process was killed, most likely because memory ran out",
            hint="use fewer --workers, then run the same command again; finished parts are kept. "
            "(A script of your own must start its work below: if __name__ == '__main__')",
        ) from error
    finally:
        _stop(pool)
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _context(function: Callable) -> BaseContext:
    """Workers are forked from a server that has imported the function's module, so that starting them is cheap."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    module = getattr(function, "__module__", None)
    context.set_forkserver_preload([module] if module else [])  # has an effect until the server is started
    return context


def _stop(pool: ProcessPoolExecutor) -> None:
    busy = list((pool._processes or {}).values())  # no public way to end running workers before Python 3.14
    pool.shutdown(wait=False, cancel_futures=True)
    for process in busy:
        process.join(timeout=0.2)
        if process.is_alive():
            process.terminate()
