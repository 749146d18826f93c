"""Every error that is meant for the user, and whose fault it is.

Exception
├── BackproptableError
│   ├── InputError    the user's file or options cannot be used   (exit code 2)
│   │   └── DivergedError   a run of many updates has numbers only up to one of them
│   └── OutputError   a result could not be written               (exit code 3)
└── PlanError         a plan or template of ours contradicts itself: a bug, never caught
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["BackproptableError", "DivergedError", "InputError", "OutputError", "PlanError", "Problem", "suggestion"]


class Problem(NamedTuple):
    """One thing that is wrong, in the words the user reads."""

    where: str
    """The key, option or cell it is about, such as ``[net] layers``."""
    what: str
    """What is wrong, with the numbers or words that were found."""
    remedy: str = ""
    """What to do about it."""

    def __str__(self) -> str:
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.where}: {self.what}{remedy}"


class BackproptableError(Exception):
    """Base of all errors that the command line reports without a traceback."""

    exit_code = 2


class InputError(BackproptableError):
    """Unusable input. Carries *all* the problems of one source (a file, or the options)."""

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        self.problems = tuple(problems)
        self.source = source
        super().__init__(str(self))

    def __str__(self) -> str:
        prefix = f"{self.source}: " if self.source else ""
        return "\n".join(f"{prefix}{problem}" for problem in self.problems)

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...], str]]:
        return InputError, (self.problems, self.source)  # so that it comes whole out of another process

    def at(self, source: str) -> InputError:
        """The same problems, said of the file `source`."""
        return InputError(self.problems, source)


class DivergedError(InputError):
    """A run of several updates leaves what numbers can hold; up to some step of its plan all is well."""

    def __init__(self, problem: Problem, steps: int) -> None:
        super().__init__([problem])
        self.steps = steps
        """How many steps of the plan come before."""

    def __reduce__(self) -> tuple[type[DivergedError], tuple[Problem, int]]:  # type: ignore[override]
        return DivergedError, (self.problems[0], self.steps)


class OutputError(BackproptableError):
    """A result could not be written; nothing is left half-written."""

    exit_code = 3


class PlanError(Exception):
    """A plan that contradicts itself, or a back-end asked for what it does not know."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """``Did you mean ...?`` where one known word is close, else the list of all known words."""
    known = list(known)
    if alike := [name for name in known if name.casefold() == word.casefold()]:
        return f"Did you mean {alike[0]!r}?"
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(known)}."
