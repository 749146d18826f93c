"""Work on many pieces at once: on all cores where it pays, in order, and never far ahead."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, Protocol, TypeVar

__all__ = ["Run", "cores", "workers"]

State = TypeVar("State")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

_AHEAD: Final = 2
"""Pieces that wait for each process: what is worked out ahead stays in memory."""

_state: Any = None


class Run(Protocol):
    """Works on pieces, one after the other, and gives the results in the same order."""

    def __call__(self, work: Callable[[Any, Piece], Result], pieces: Iterable[Piece], /) -> Iterator[Result]:
        """`work` gets what the workers share, and a piece. It must be a function of a module."""


def cores() -> int:
    """The processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def workers(shared: object, processes: int) -> Iterator[Run]:
    """So many processes, each with what they share; with one, the work is done right here."""
    if processes <= 1:
        yield lambda work, pieces: (work(shared, piece) for piece in pieces)
        return
    pool = ProcessPoolExecutor(processes, initializer=_begin, initargs=(shared,))
    try:
        yield lambda work, pieces: _in_order(pool, processes * _AHEAD, work, pieces)
    finally:  # also when interrupted: what has not begun is left
        pool.shutdown(cancel_futures=True)


def _begin(shared: object) -> None:
    global _state  # noqa: PLW0603 - a process has no other place to keep what it was started with
    _state = shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process decides what becomes of an interruption


def _in_order(
    pool: ProcessPoolExecutor, most: int, work: Callable[[Any, Piece], Result], pieces: Iterable[Piece]
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    for piece in pieces:
        waiting.append(pool.submit(_call, work, piece))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _call(work: Callable[[Any, Piece], Result], piece: Piece) -> Result:
    return work(_state, piece)
