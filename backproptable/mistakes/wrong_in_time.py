"""Wrong formulas of recurrent nets: states of another step, and gradients that do not go back all the way."""

from __future__ import annotations

from collections.abc import Iterator

from backproptable.formulas.formula import Formula, references
from backproptable.formulas.names import Address
from backproptable.mistakes.wrong_backward import one_term
from backproptable.mistakes.wrong_formulas import Line, Wrong
from backproptable.nets.draft import sum_of

__all__ = [
    "first_step_back",
    "of_the_state",
    "one_way",
    "outside_time",
    "shifted_state",
    "without_one_step",
    "without_state",
]


def outside_time(wrong: Wrong) -> Wrong:
    """Only in nets without time steps."""
    return lambda line: () if line.net.is_recurrent else wrong(line)


def of_the_state(wrong: Wrong) -> Wrong:
    """Only for the weights that lead from one state to the next."""
    return lambda line: wrong(line) if line.cell.address.layer == "s" else ()


def without_state(line: Line) -> Iterator[Formula]:
    """A state from the input alone, without the state before."""
    if line.family == "z" and line.net.is_recurrent:
        yield sum_of([term for term in line.terms if not any(map(_is_state, references(term)))])


def shifted_state(by: int) -> Wrong:
    """The state of another time step."""

    def wrong(line: Line) -> Iterator[Formula]:
        now = line.cell.address

        def change(to: Address) -> Address:
            if not _is_state(to):
                return to
            time = max(int(to.time or 0) + by, 0)
            primed, update = (
                (now.primed, now.update) if time else (False, 1)
            )  # no pass changes the state before the first
            return to._replace(time=time, primed=primed, update=update)

        if line.net.is_recurrent:
            yield from line.moved(change)

    return wrong


def _is_state(to: Address | str) -> bool:
    return isinstance(to, Address) and (to.family, to.layer) == ("a", "s")


def first_step_back(line: Line) -> Iterator[Formula]:
    """Nothing of what comes from further back than one step: a gradient, or what reaches a state."""
    if _adds_up_time(line) and line.layer != "y":  # from the outputs nothing is carried back
        yield _of_last_step(line)
    elif _has_two_ways(line):
        yield sum_of(_through_own_output(line))


def without_one_step(line: Line) -> Iterator[Formula]:
    """A gradient to which one of the steps is missing, or to one of the outputs' weights all steps but the last."""
    if _adds_up_time(line):
        for step in sorted(set(map(_time, line.terms))):
            left = sum_of([term for term in line.terms if _time(term) != step])
            if left not in first_step_back(line):
                yield left
        if line.layer == "y":
            yield _of_last_step(line)


def one_way(line: Line) -> Iterator[Formula]:
    """Any one of the terms where their sum belongs; what is no more than a step too few has a name of its own."""
    own_output = [sum_of(_through_own_output(line))] if _has_two_ways(line) else []
    yield from (term for term in one_term(line) if term not in own_output)


def _of_last_step(line: Line) -> Formula:
    last = max(map(_time, line.terms))
    return sum_of([term for term in line.terms if _time(term) == last])


def _adds_up_time(line: Line) -> bool:
    is_gradient = line.family in ("dL/dW", "dL/db") and line.net.is_recurrent
    return is_gradient and len(set(map(_time, line.terms))) > 1


def _has_two_ways(line: Line) -> bool:
    """Whether a state reaches the loss through an output of its own and through the next state."""
    is_state = (line.family, line.cell.address.layer) == ("dL/da", "s")
    return is_state and 0 < len(_through_own_output(line)) < len(line.terms)


def _through_own_output(line: Line) -> list[Formula]:
    return [term for term in line.terms if _time(term) == line.cell.address.time]


def _time(term: Formula) -> int:
    """The latest time step that a term is about."""
    return max(int(to.time or 0) for to in references(term) if isinstance(to, Address))
