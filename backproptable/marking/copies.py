"""Sheets that one student returned twice: copies count once.

Two returns are equal where every answer is read alike, blank ones aside: `0.5` and `0.50` are not, for
digits count. Nothing that a person has to see is dropped with a copy: a file about which more was
said than about the one that is kept stays, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from backproptable.basics.errors import Problem
from backproptable.basics.plaintext import one_line
from backproptable.returned.answers import Answer, Blank, Reading, read_answer
from backproptable.returned.files import Returned, Written

__all__ = ["without_copies"]

Owned = tuple[Returned, str, tuple[Problem, ...]]
"""A file, the student whose it is, and what more a person has to know about that."""


def without_copies(owned: Sequence[Owned]) -> tuple[list[Owned], list[Problem]]:
    """The files without those that are equal to an earlier one of the same student, and a remark on each of these."""
    by_student: dict[str, list[Owned]] = {}
    for one in owned:
        by_student.setdefault(one[1], []).append(one)
    dropped: dict[int, Problem] = {}
    for several in by_student.values():
        for first, second in _copies(several) if len(several) > 1 else ():
            what = f"says the same as {one_line(str(first[0].path))} of the same student, and was passed over."
            dropped[id(second)] = Problem(one_line(str(second[0].path)), what)
    return [one for one in owned if id(one) not in dropped], list(dropped.values())


def _copies(several: Iterable[Owned]) -> Iterable[tuple[Owned, Owned]]:
    """Each file that is equal to one before it, behind that one."""
    kept: list[tuple[Owned, Mapping[str, frozenset[Reading]], set[str]]] = []
    for one in several:
        returned, _, more = one
        answers, said = _readings(returned.answers), {problem.what for problem in (*returned.remarks, *more)}
        same = (first for first, theirs, told in kept if answers == theirs and said <= told)
        first = next(same, None) if returned.readable else None
        if first is None:
            kept.append((one, answers, said))
        else:
            yield first, one


def _readings(answers: Mapping[str, Sequence[Written]]) -> dict[str, frozenset[Reading]]:
    """What was read for each cell that is not blank."""
    readings = {name: frozenset(_bare(written.text) for written in several) for name, several in answers.items()}
    nothing = {Blank("")}
    return {name: rest for name, found in readings.items() if (rest := found - nothing)}


def _bare(text: str) -> Reading:
    """What a text says, however it is written."""
    reading = read_answer(text)
    if isinstance(reading, Answer):
        return replace(reading, written="", decimal=None, unread=())  # 0.50 and 0.5 differ in their figures
    return replace(reading, written="" if isinstance(reading, Blank) else " ".join(text.split()))
