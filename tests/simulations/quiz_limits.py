"""How many honest lines the limits of quizzes refuse, and how many mistakes and zeros they accept.

Honest students are worked out in other code (`support.students`), each with habits of their own: rounding
every line, carrying all digits, mixing both, other routes. Mistakes are the registered ones, in every
asked cell where they change the number. ``python tests/simulations/quiz_limits.py --sheets 100``
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from backproptable.formulas.digits import without_noise
from backproptable.mistakes.registry import wrong_lines
from backproptable.numbers.evaluate import Calculator, compile_formulas
from backproptable.quizzes.canvas import power_of_ten
from backproptable.quizzes.limits import tolerance_of
from support.quizzes import COURSES, Class, drawn_class

TYPED = 1e-4
"""By how much Canvas's limits are wider, in what is typed."""


def wrong_numbers(drawn: Class) -> list[tuple[str, np.ndarray]]:
    """The cells with the number that a registered mistake gives there, NaN where it changes nothing."""
    plan = drawn.course.plan
    exact = Calculator(plan).exact(drawn.givens)
    wrong = wrong_lines(plan)
    values = np.full((len(wrong), exact.shape[1]), np.nan)
    with np.errstate(all="ignore"):
        for numbers, program in compile_formulas(enumerate(line.formula for line in wrong), plan, without_noise):
            values[numbers] = program(exact)
        right = exact[[plan.row[line.cell.address] for line in wrong]]
        values[~(np.abs(values - right) > 1e-9 * np.abs(right))] = np.nan
    return [(line.cell.name, row) for line, row in zip(wrong, values, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheets", type=int, default=100, help="of each kind")
    parser.add_argument("--ways", type=int, default=10, help="honest students for each sheet")
    options = parser.parse_args()
    print(
        f"{'kind':26}{'honest lines':>14}{'refused':>9}{'zeros':>9}{'mistakes':>10}{'accepted':>9}"
        f"{'Moodle':>9}{'Canvas':>9}{'width':>8}"
    )
    for kind in COURSES:
        drawn = drawn_class(kind, options.sheets)
        tables = [{blank.name: blank for blank in quiz.blanks} for quiz in drawn.quizzes]
        lines = refused = 0
        for seed in range(options.ways):
            for blanks, written in zip(tables, drawn.honest(seed), strict=True):
                lines += len(written)
                refused += sum(not blanks[name].low <= one <= blanks[name].high for name, one in written.items())
        zeros = sum(len(quiz.open_to_zero) for quiz in drawn.quizzes)
        sign = {name: -1 if name in _turned(drawn) else 1 for name in tables[0]}
        count = np.zeros(4, dtype=int)
        for name, row in wrong_numbers(drawn):
            for blanks, number in zip(tables, row.tolist(), strict=True):
                if name not in blanks or not np.isfinite(number):
                    continue
                blank, value = blanks[name], number * sign[name]
                off, typed = float(tolerance_of(blank)), TYPED / 10.0 ** power_of_ten(blank)
                exactly = blank.low == blank.high
                count += (
                    1,
                    blank.low <= value <= blank.high,
                    abs(value - float(blank.answer)) <= off,
                    not exactly and blank.low - typed <= value <= blank.high + typed,
                )
        every = [blank for blanks in tables for blank in blanks.values() if float(blank.answer)]
        width = np.median([(one.high - one.low) / abs(float(one.answer)) / 2 for one in every])
        shares = "".join(f"{100 * one / max(count[0], 1):>8.2f}%" for one in count[1:])
        print(f"{kind:26}{lines:>14,}{refused:>9,}{zeros:>9,}{count[0]:>10,}{shares}{100 * width:>7.3f}%")


def _turned(drawn: Class) -> set[str]:
    from backproptable.sheets.notation import load_notation  # noqa: PLC0415

    plan = drawn.course.plan
    opposite = load_notation(drawn.course.notation, plan.net).opposite
    return {cell.name for cell in plan.cells if cell.address.family in opposite}


if __name__ == "__main__":
    main()
