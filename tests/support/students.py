"""Students who work sheets of one plan, many at once, each with habits of their own.

They know the formulas and nothing of how verdicts come about: lines are worked by the interpreter of
`support.good_sheet`, in NumPy's longest floats, and written here. Every number is there twice: as the
calculator has it, and as it was written down. A later line may use the one or the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from backproptable.formulas.formula import Formula, references
from backproptable.formulas.names import Address
from backproptable.marking.papers import Papers
from backproptable.nets.plan import Cell, Digits, Plan
from support.good_sheet import work

__all__ = ["Habits", "Slip", "Students", "draw_habits", "habits_of", "rounded_off"]

Long = np.longdouble
Table = NDArray[np.float64]
Flags = NDArray[np.bool_]
NEAR_TIE = 1e-9
"""What a calculator shows as a tie is one."""


@dataclass(frozen=True)
class Habits:
    """How each of some students works: an entry per student; probabilities are for each number."""

    from_memory: Table
    """Uses the number in the calculator's memory, not the written one: 0 rounds each line, 1 never does."""
    other_route: Table
    """Works a line by an equivalent formula, if it has one."""
    blank: Table
    """Leaves a line out, and goes on with what the calculator has."""
    fewer: Table
    """Writes a figure or two fewer than are asked for."""
    drops_zeros: Flags
    """Writes 0.5 for 0.5000."""
    cuts: Flags
    """Cuts numbers off instead of rounding them."""
    many_decimals: Flags
    """Writes updated weights with many decimals, not with the figures of the sheet."""
    decimals: NDArray[np.int64]
    """How many decimals are written where no number of figures is asked for."""

    def __len__(self) -> int:
        return len(self.from_memory)

    def some(self, chosen: Flags) -> Habits:
        return Habits(*(getattr(self, field.name)[chosen] for field in fields(self)))


def habits_of(students: int, **habits: float) -> Habits:
    """Students who all have the same habits: by default they round each line and write all that is asked for."""
    usual = {"decimals": 4} | dict.fromkeys(("drops_zeros", "cuts", "many_decimals"), False)
    columns = (np.full(students, habits.get(field.name, usual.get(field.name, 0.0))) for field in fields(Habits))
    return Habits(*columns)


def draw_habits(students: int, chance: np.random.Generator) -> Habits:
    """Honest students of every kind; none cuts numbers off or leaves figures out."""

    def either(*values: float) -> Table:
        return chance.choice(np.array(values), students)

    return Habits(
        from_memory=either(0, 1, 0.5),
        other_route=either(0, 0, 0.5, 1),
        blank=either(0, 0, 0, 0.1, 0.4),
        fewer=np.zeros(students),
        drops_zeros=either(False, True),
        cuts=np.zeros(students, dtype=bool),
        many_decimals=either(False, True),
        decimals=chance.integers(4, 7, students),
    )


@dataclass(frozen=True)
class Slip:
    """A line that some students work by another formula."""

    row: int
    students: NDArray[np.intp]
    formula: Formula


def rounded_off(
    value: NDArray[np.longdouble], place: NDArray[np.int64], cuts: Flags
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The digits of numbers down to some decimal place, as whole numbers, and the place of the last one.

    Numbers that have no digits there are written with their first one: nobody writes 0.0000 for 0.00004,
    and who does says that it is 0.
    """
    size = np.abs(value)
    first = np.floor(np.log10(np.where(size > 0, size, 1))).astype(np.int64)
    digits = _digits(size, place, cuts)
    lost = (digits == 0) & (size > 0)
    place = np.where(lost, first, place)
    return np.where(lost, _digits(size, place, cuts), digits), place


def _digits(size: NDArray[np.longdouble], place: NDArray[np.int64], cuts: Flags) -> NDArray[np.int64]:
    return np.floor(size / Long(10) ** place + np.where(cuts, 0, 0.5) + NEAR_TIE).astype(np.int64)


def _first_place(value: NDArray) -> NDArray[np.int64]:
    """The decimal place of the first digit."""
    size = np.abs(np.asarray(value, dtype=float))
    return np.floor(np.log10(np.where((size > 0) & np.isfinite(size), size, 1.0)) + 1e-15).astype(np.int64)


class Students:
    """Sheets of one plan and those who work them. `figures` is None where no number of figures is asked for.

    `printed` are the numbers that the sheets themselves have, where `given` says so.
    """

    def __init__(
        self,
        plan: Plan,
        givens: Table,
        habits: Habits,
        figures: int | None,
        chance: np.random.Generator,
        *,
        slips: Sequence[Slip] = (),
        printed: Table | None = None,
        given: Flags | None = None,
    ) -> None:
        self.plan, self.habits, self.figures, self._chance = plan, habits, figures, chance
        shape = (len(plan.cells), len(habits))
        self._memory = np.zeros(shape, dtype=Long)
        self._paper = np.zeros(shape)
        """What stands on the sheet, or on a scrap of paper where the line was left out."""
        self.digits, self.place = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        self.half = np.zeros(shape)
        self.answered, self.given = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        self.changed = np.zeros(shape, dtype=bool)
        """Where a line was worked by a wrong formula, and that gives another number."""
        self._slips: dict[int, list[Slip]] = {}
        for slip in slips:
            self._slips.setdefault(slip.row, []).append(slip)
        count = len(plan.givens)
        self._memory[:count] = self._paper[:count] = givens
        self.given[:count] = True
        self._ready = count
        if printed is not None and given is not None:
            self.given |= given
        with np.errstate(all="ignore"):
            for row, cell in enumerate(plan.cells[count:], start=count):
                self._work(row, cell)
                self._write(row, cell)
                self._ready = row + 1
                if printed is not None and self.given[row].any():
                    self._read(row, cell, printed[row])

    # --- working a line

    def _work(self, row: int, cell: Cell) -> None:
        value = self._by(cell.formulas[0])
        for formula in cell.also:
            other = self._chance.random(len(self.habits)) < self.habits.other_route
            if other.any():
                value = np.where(other, self._by(formula), value)
        self._memory[row] = value
        for slip in self._slips.get(row, ()):
            self._memory[row, slip.students] = self._by(slip.formula, slip.students)
            right, wrong = (self._by(one, slip.students, on_paper=True) for one in (cell.formulas[0], slip.formula))
            self.changed[row, slip.students] = np.abs(wrong - right) > 1e-9 * np.maximum(np.abs(wrong), np.abs(right))

    def _by(
        self, formula: Formula, students: NDArray[np.intp] | slice = slice(None), *, on_paper: bool = False
    ) -> NDArray[np.longdouble]:
        numbers = {to: self._number(to, students, on_paper=on_paper) for to in dict.fromkeys(references(formula))}
        count = len(self.habits.from_memory[students])
        result = work(formula, numbers or {"nothing": np.zeros(count, dtype=Long)})
        return np.broadcast_to(result, (count,))

    def _number(
        self, to: Address | str, students: NDArray[np.intp] | slice, *, on_paper: bool
    ) -> NDArray[np.longdouble]:
        """A number from memory or from paper. One that is not there yet is worked out in advance."""
        row = self.plan.row[to]
        if row >= self._ready:
            return self._by(self.plan.cells[row].formulas[0], students, on_paper=on_paper)
        usual = self.habits.from_memory[students]
        written = self._paper[row, students].astype(Long)
        if self.figures is None:  # then nobody rounds what is not written down
            stands = self.answered[row, students] | self.given[row, students]
            written = np.where(stands, written, self._memory[row, students])
        if on_paper or not usual.any():
            return written
        return np.where(self._chance.random(len(usual)) < usual, self._memory[row, students], written)

    # --- writing it down

    def _write(self, row: int, cell: Cell) -> None:
        value, habits = self._memory[row], self.habits
        exists = np.isfinite(value)
        value = np.where(exists, value, 0)
        self.answered[row] = exists & ~self.given[row] & (self._chance.random(len(habits)) >= habits.blank)
        if cell.digits is Digits.EXACT:
            self._paper[row] = np.where(exists, value, np.nan)
            return
        place = self._last_place(value, cell)
        fewer = self.answered[row] & (self._chance.random(len(habits)) < habits.fewer)  # not what nobody sees
        short = _first_place(value) - self._chance.integers(1, 3, len(habits))  # of two figures, or three
        place = np.where(fewer, np.maximum(place, short), place)
        digits, place = rounded_off(value, place, habits.cuts)
        for _ in range(20):
            zero_at_end = habits.drops_zeros & (digits % 10 == 0) & (digits > 0) & (place < 0)
            if self.figures is None:  # a bare 1 is exact there
                zero_at_end &= (digits != 10) | (place != -1)
            if not zero_at_end.any():
                break
            digits, place = np.where(zero_at_end, digits // 10, digits), place + zero_at_end
        self.digits[row], self.place[row] = digits, place
        size = np.where(place < 0, digits / _power(-place), digits * _power(place))
        self._paper[row] = np.where(exists, np.copysign(size, value.astype(float)) * (digits > 0), np.nan)
        self.half[row] = np.where(digits > 0, 0.5 * 10.0**place, 0)

    def _last_place(self, value: NDArray[np.longdouble], cell: Cell) -> NDArray[np.int64]:
        if self.figures is None:
            return -self.habits.decimals
        updated = cell.digits is Digits.EVERY_DECIMAL
        figures = self.figures + np.where(self.habits.many_decimals & updated, 5, 0)
        place = _first_place(value) + 1 - figures
        digits = _digits(np.abs(value), place, self.habits.cuts)
        return place + (digits >= 10**figures)  # 9.9996 is 10.00

    def _read(self, row: int, cell: Cell, printed: Table) -> None:
        """Students go on with a number that the sheet has printed."""
        given = self.given[row]
        self._paper[row] = np.where(given, printed, self._paper[row])
        self._memory[row] = np.where(given, printed, self._memory[row])
        half = 0.5 * 10.0 ** (_first_place(printed) + 1 - self.figures)
        rounds = cell.digits is Digits.FIGURES
        self.half[row] = np.where(given, np.where(rounds & (printed != 0), half, 0), self.half[row])

    # --- what stands there

    @property
    def papers(self) -> Papers:
        """The sheets as they are handed in."""
        return self.papers_with(lambda written: written)

    def papers_with(self, change: Callable[[Table], Table]) -> Papers:
        """The same after somebody has gone over the numbers; their digits stay as many."""
        stands = self.answered | self.given
        value = change(np.where(stands, self._paper, np.nan))
        half = np.where(stands & (value != 0), self.half, 0)
        padded = half
        if self.figures is not None:
            full = 0.5 * 10.0 ** (_first_place(np.nan_to_num(value)) + 1 - self.figures)
            padded = np.where(self.answered & (half > 0), np.minimum(half, full), half)
            half = np.where(self.answered & (value == 1) & (self.place == 0), padded, half)  # 1.000 or nothing
        figures = np.where(self.answered & (half > 0), _first_place(np.nan_to_num(value)) - self.place + 1, 0)
        expression = np.zeros_like(self.answered)
        return Papers(value, half, padded, figures, expression, self.answered, self.given)

    def text(self, row: int, student: int) -> str:
        """A number as it is written."""
        if not self.answered[row, student]:
            return ""
        if self.plan.cells[row].digits is Digits.EXACT:
            return f"{self._paper[row, student]:.12g}"
        digits, place = str(self.digits[row, student]), int(self.place[row, student])
        sign = "-" if self._paper[row, student] < 0 else ""
        if place > 0 or len(digits) + place < -3:
            mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
            return f"{sign}{mantissa}e{place + len(digits) - 1}"
        digits = digits.zfill(1 - place)
        return sign + (digits if not place else f"{digits[:place]}.{digits[place:]}")


def _power(place: NDArray[np.int64]) -> Table:
    """10^place, exactly, where place is not negative."""
    return np.array([float(f"1e{max(one, 0)}") for one in place.tolist()])
