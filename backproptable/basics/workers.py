"""Work on many pieces at once: on all cores where it pays, in order, and never far ahead."""

from __future__ import annotations

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from math import ceil
from multiprocessing import parent_process
from threading import Thread
from typing import Any, Final, Protocol, TypeVar

__all__ = ["Run", "chunks", "cores", "workers"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_CHUNK: Final = 500
"""Items worked on at once, if there are so many for each process."""
_AHEAD: Final = 2
"""Chunks that wait for each process: what is worked out ahead stays in memory."""

_state: Any = None


class Run(Protocol):
    """Works on items in chunks and gives the results in the same order."""

    def __call__(
        self, work: Callable[[Any, list[Item]], Result], items: Iterable[Item], count: int, /
    ) -> Iterator[Result]:
        """`work` gets what the workers share, and a chunk. It is a function of a module. `count`: about how many."""


def cores() -> int:
    """The processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def workers(shared: object, processes: int) -> Iterator[Run]:
    """So many processes, each with what they share; with one, the work is done right here."""
    if processes <= 1:
        yield lambda work, items, count: (work(shared, chunk) for chunk in chunks(items, _size(count, 1)))
        return
    pool = ProcessPoolExecutor(processes, initializer=_begin, initargs=(shared,))
    try:
        most = processes * _AHEAD
        yield lambda work, items, count: _in_order(pool, most, work, chunks(items, _size(count, processes)))
    finally:  # also when interrupted: what has not begun is left
        pool.shutdown(cancel_futures=True)


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items, so many at a time."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _size(count: int, processes: int) -> int:
    """As many items for each process, but no large chunks."""
    return max(1, min(_CHUNK, ceil(count / processes)))


def _begin(shared: object) -> None:
    global _state  # noqa: PLW0603 - a process has no other place to keep what it was started with
    _state = shared
    gc.freeze()  # what came from the main process stays shared memory: collecting garbage would write to all of it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process decides what becomes of an interruption
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Else a process would wait for ever for work from a main process that was killed."""
    if (parent := parent_process()) is not None:
        parent.join()
        signal.raise_signal(signal.SIGTERM)


def _in_order(
    pool: ProcessPoolExecutor, most: int, work: Callable[[Any, list[Item]], Result], chunks: Iterable[list[Item]]
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    for chunk in chunks:
        waiting.append(pool.submit(_call, work, chunk))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _call(work: Callable[[Any, list[Item]], Result], chunk: list[Item]) -> Result:
    return work(_state, chunk)
