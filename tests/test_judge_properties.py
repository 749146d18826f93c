"""What holds of all verdicts, on nets of every kind that nobody chose.

A student here works out every line in Python floats, from what stands on the sheet, and writes it down rounded. The
long run of the same, with other ways to work, is ``tests/simulations``.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from random import Random

import numpy as np
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from backproptable.basics.errors import InputError
from backproptable.basics.shipped import shipped_texts
from backproptable.examples.recipe_files import recipe_in
from backproptable.formulas.digits import rounded, show
from backproptable.formulas.formula import references
from backproptable.marking.marked import MarkedSheet, Verdict
from backproptable.marking.marker import Answered
from backproptable.nets.derive import derive_plan
from backproptable.nets.plan import Digits, Plan
from backproptable.numbers.evaluate import Calculator, Table, solve
from support.marking import cells, marker, on_paper
from support.nets import THOROUGH, Example, examples, later_examples
from support.recipes import random_recipe

FINE = (Verdict.RIGHT, Verdict.FOLLOWS)
SOME = settings(THOROUGH, max_examples=30, phases=(Phase.explicit, Phase.generate))  # shrinking would take minutes
FEW = settings(SOME, max_examples=12)
randoms = st.randoms(use_true_random=False)


def recipe_example(random: Random) -> Example:
    """A recipe, shipped or drawn, with a number of two decimals for everything that is given."""
    shipped = random.choice([None, *shipped_texts("recipes")])
    net = recipe_in({"net": {"kind": shipped}}, None) if shipped else random_recipe(random.randrange(10**6))
    plan = derive_plan(net)
    givens = {cell.name: Decimal(random.choice((-1, 1)) * random.randint(5, 99)).scaleb(-2) for cell in plan.givens}
    givens |= {cell.name: Decimal(1) for cell in plan.givens if cell.address.family == "y"}
    return Example(net, givens | ({"eta": net.learning_rate} if net.updates else {}), plan)


recipe_examples = randoms.map(recipe_example)


class Student:
    """Somebody with a sheet: their numbers as they stand on it, and as they go on with them."""

    def __init__(self, example: Example, figures: int) -> None:
        self.plan, self.figures = example.plan, figures
        self.givens = {name: str(number) for name, number in example.givens.items()}
        try:
            solve(example.plan, example.givens, figures=figures)
        except InputError:
            assume(False)
        values = np.array([[float(self.givens[cell.name])] for cell in self.plan.givens])
        self.values: Table = Calculator(self.plan).table(values)
        self.texts: dict[str, str] = {}

    def work(self, random: Random, wrong: str = "", share: float = 0.5) -> Student:
        """Work out everything: of each line, chance says whether the student goes on with what is written."""
        for step in self.plan.steps:
            Calculator(self.plan).program(step.cells)(self.values)
            for cell in step.cells:
                row = self.plan.row[cell.address]
                value = self.values[row, 0]
                if cell.name == wrong:
                    value = value * 1.37 + 0.61
                written = value if cell.digits is Digits.EXACT else float(rounded(value, self.figures))
                self.texts[cell.name] = show(float(written), self.figures)
                self.values[row, 0] = written if random.random() < share else value
        return self


def judge(plan: Plan, students: Iterable[Student], figures: int | None) -> list[MarkedSheet]:
    return marker(plan, figures=figures).mark([on_paper(student.givens, student.texts) for student in students])


@SOME
@given(examples, randoms, st.integers(3, 6), st.booleans())
def test_honest_students_are_never_wrong(example: Example, random: Random, figures: int, asked: bool) -> None:
    check_honest(example, random, figures, asked)


@SOME
@given(later_examples, randoms, st.integers(3, 6), st.booleans())
def test_honest_students_are_never_wrong_in_runs_and_in_time(
    example: Example, random: Random, figures: int, asked: bool
) -> None:
    check_honest(example, random, figures, asked)


@SOME
@given(recipe_examples, randoms, st.integers(3, 6), st.booleans())
def test_honest_students_are_never_wrong_in_recipes(
    example: Example, random: Random, figures: int, asked: bool
) -> None:
    check_honest(example, random, figures, asked)


def check_honest(example: Example, random: Random, figures: int, asked: bool) -> None:
    share = random.choice((0.0, 0.5, 1.0))
    student = Student(example, figures).work(random, share=share)
    (sheet,) = judge(example.plan, [student], figures if asked else None)
    assert {cell.name: cell for cell in sheet.cells if cell.verdict is not Verdict.RIGHT} == {}
    assert not any(cell.because for cell in sheet.cells)


@SOME
@given(examples, randoms, st.integers(4, 6))
def test_one_wrong_number_does_not_take_the_credit_of_others(example: Example, random: Random, figures: int) -> None:
    check_credit(example, random, figures)


@FEW
@given(later_examples, randoms, st.integers(4, 6))
def test_nor_does_it_in_runs_and_in_time(example: Example, random: Random, figures: int) -> None:
    check_credit(example, random, figures)


@FEW
@given(recipe_examples, randoms, st.integers(4, 6))
def test_nor_does_it_in_recipes(example: Example, random: Random, figures: int) -> None:
    check_credit(example, random, figures)


def check_credit(example: Example, random: Random, figures: int) -> None:
    plan = example.plan
    _, wrong = random.choice(list(plan.worked))
    below = {wrong.address}
    for _, cell in plan.worked:
        if any(not below.isdisjoint(references(formula)) for formula in cell.formulas):
            below.add(cell.address)
    left = Student(example, figures).work(random, share=0.0)  # the true numbers, so that they need nothing above
    own = Student(example, figures).work(random, wrong.name)
    assume(np.isfinite(own.values).all())
    # once as if nothing had happened, once with the wrong number carried on
    alone = left.texts | {wrong.name: own.texts[wrong.name]}
    sheets = marker(plan, figures=figures).mark([on_paper(left.givens, alone), on_paper(own.givens, own.texts)])
    stuck, carried = map(cells, sheets)
    for name, cell in stuck.items():
        assert name == wrong.name or cell.verdict is Verdict.RIGHT, cell
    for name, cell in carried.items():
        if plan.by_name[name].address not in below:
            assert cell.verdict is Verdict.RIGHT, cell
        elif name != wrong.name:
            assert cell.verdict in FINE, cell
    assert stuck[wrong.name].verdict not in FINE
    assert sheets[1].first_error == carried[wrong.name]


TEXTS = st.one_of(
    st.none(), st.sampled_from(["", "?", "0", "1", "-1", "0.5", "1/3", "abc", "1e-3", "7", "-0.25", "2.5 = 2.50"])
)


@SOME
@given(examples, randoms, st.lists(TEXTS, min_size=20, max_size=60))
def test_verdicts_do_not_depend_on_other_sheets_or_the_order_of_rows(
    example: Example, random: Random, spoilt: list[str | None]
) -> None:
    plan, figures = example.plan, 4
    sheets = []
    for _ in range(4):
        student = Student(example, figures).work(random)
        for text in random.sample(spoilt, 5):
            name = random.choice(list(student.texts))
            if text is None:
                del student.texts[name]
            else:
                student.texts[name] = text
            if not student.texts:
                break
        sheets.append(on_paper(student.givens, student.texts))
    shuffled = [dict(random.sample(list(sheet.answers.items()), len(sheet.answers))) for sheet in sheets]
    judge = marker(plan, figures=figures)

    def marked(some: list[Answered]) -> list[str]:
        return [
            repr(sheet) for sheet in judge.mark(some)
        ]  # where a line has no range, NaN stands, which equals nothing

    together = marked(sheets)
    assert [marked([sheet])[0] for sheet in sheets] == together
    assert marked(sheets[::-1])[::-1] == together
    others = [type(sheet)(sheet.sheet, sheet.givens, answers) for sheet, answers in zip(sheets, shuffled, strict=True)]
    assert marked(others) == together
    for sheet in judge.mark(sheets):
        assert [cell.name for cell in sheet.cells] == [cell.name for _, cell in plan.worked]
