"""Students of many habits: few sheets of what ``python tests/simulations/habits.py`` works."""

from __future__ import annotations

import pytest

from support.drawn import KINDS
from support.habits import CONSTANTS, HABITS, NETS, Habit, simulate


def named(habit: Habit) -> str:
    return habit.words


@pytest.mark.parametrize("habit", HABITS, ids=named)
def test_no_honest_line_is_called_wrong(habit: Habit) -> None:
    outcome = simulate(habit, 1, with_mistake=False, nets=5)
    assert (outcome.rejected, outcome.examples) == (0, [])
    assert outcome.lines > 200
    assert outcome.short == 0 or habit.may_be_short


@pytest.mark.parametrize("habit", HABITS, ids=named)
def test_one_mistake_costs_one_line(habit: Habit) -> None:
    outcome = simulate(habit, 2, with_mistake=True, nets=3)
    assert (outcome.rejected, outcome.examples) == (0, [])
    assert outcome.made >= 2
    if not habit.may_be_short:
        assert outcome.found >= outcome.made - 1


@pytest.mark.parametrize("habit", CONSTANTS, ids=named)
def test_little_work_earns_little(habit: Habit) -> None:
    outcome = simulate(habit, 1, with_mistake=False, nets=1)
    if "everywhere" in habit.words:
        assert max(outcome.earned) < 0.05
        assert outcome.persons == outcome.sheets
    else:  # the updates are a seventh of the sheet, and all of them are lost
        assert max(outcome.earned) < 0.9
        assert outcome.rejected == 0


def test_every_net_is_known() -> None:
    assert set(NETS) <= set(KINDS)
