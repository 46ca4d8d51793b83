import os
import signal
import threading
import time
from itertools import count, islice

import pytest

from assay.base.errors import InputError, MachineError
from assay.base.parallel import run_ordered, run_parallel


def square(number):
    return number * number


def refuse(number):
    raise InputError(f"{number} is refused", hint="choose another")


def die(number):
    os.kill(os.getpid(), 9)


def slow(number):
    time.sleep(30)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_item_is_done_once(workers):
    assert sorted(run_parallel(square, range(5), workers)) == [(n, n * n) for n in range(5)]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_arrives_as_it_was(workers):
    with pytest.raises(InputError, match="refused\nhint: choose another"):
        list(run_parallel(refuse, [1, 2], workers))


def test_a_killed_worker_is_explained():
    with pytest.raises(MachineError, match="killed"):
        list(run_parallel(die, [1, 2], 2))


def test_leaving_early_does_not_wait_for_busy_workers():
    started = time.monotonic()
    results = run_parallel(slow, [1, 2], 2)
    with pytest.raises(KeyboardInterrupt):
        _interrupt(results)
    assert time.monotonic() - started < 15


def _interrupt(results):
    threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT)).start()
    next(results)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_ordered_results_of_endless_items(workers):
    found = run_ordered(_slower_when_small, count(), workers)
    assert list(islice(found, 6)) == [0, 1, 4, 9, 16, 25]
    found.close()


def _slower_when_small(number: int) -> int:
    time.sleep(0.02 if number % 2 == 0 else 0)
    return number * number
