"""From a plan and its givens to numbers: one compiled plan, as many sets of givens as wanted.

Values stand in a table with a row per cell (`Plan.row`) and a column per set of givens. Three
tables matter: the *exact* calculation at full precision; the *printed* numbers, each rounded
before the next line uses it (paper carry) or only for show (full carry); and the printed *lines*
as a calculator gives them, unrounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.basics.errors import DivergedError, InputError, PlanError, Problem, suggestion
from backproptable.formulas.digits import (
    DEFAULT_FIGURES,
    MAX_FIGURES,
    MAX_FIGURES_ON_PAPER,
    MIN_FIGURES,
    rounded,
    settled,
    show_given,
    without_noise,
)
from backproptable.formulas.formula import (
    Call,
    Choice,
    Formula,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    put_in,
    references,
)
from backproptable.formulas.names import Address
from backproptable.nets.net import LARGEST_GIVEN
from backproptable.nets.plan import Cell, Digits, Plan
from backproptable.numbers.numerals import Numerals

__all__ = [
    "CARRIES",
    "Calculator",
    "Givens",
    "Program",
    "Rows",
    "Settle",
    "Solution",
    "Table",
    "TableProgram",
    "by_shape",
    "compile_entrywise",
    "compile_formulas",
    "settings_problems",
    "solve",
]

CARRIES: Final = ("paper", "full")
"""``paper``: each line is worked on the numbers as printed above it. ``full``: rounded for show."""

Givens = Mapping[str, Decimal]
"""The given cells by name."""

Table = NDArray[np.float64]
Program = Callable[[Table], Table]
TableProgram = Callable[[Table], None]
"""Works out some rows of a table in place."""
Rows = NDArray[np.intp]
Settle = Callable[[Table, Table], Table]
"""Takes the rounding noise from a sum, told the sum of its absolute terms."""

_MOST_DIGITS: Final = 20
_NOISE: Final = 0.01
"""A number that more precision changes by more than this share has no digits of its own."""
_OUT_OF_REACH: Final = 1e22
"""From here on powers of ten are not exact, and no line could be promised to hold."""
_DIGITS_OF_ONE_MINUS_A: Final = 14
"""In double precision 1 - a is certain to this many decimals: more is saturated."""


class Calculator:
    """A plan compiled to NumPy. Undefined values come out as infinities and NaN, silently."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @cached_property
    def _exact_programs(self) -> list[list[tuple[Rows, Program]]]:
        return _compile_plan(self.plan, without_noise)

    @cached_property
    def _paper_programs(self) -> list[list[tuple[Rows, Program]]]:
        return _compile_plan(self.plan, settled)

    @cached_property
    def _rounded_rows(self) -> list[list[int]]:
        """Per step, the rows whose values are rounded before the next line uses them."""
        return [
            [self.plan.row[cell.address] for cell in step.cells if cell.digits is Digits.FIGURES]
            for step in self.plan.steps
        ]

    def table(self, givens: Table) -> Table:
        """An empty table with the rows of the givens (one per given cell) filled in."""
        values = np.zeros((len(self.plan.cells), givens.shape[1]), dtype=givens.dtype)
        values[: len(self.plan.givens)] = givens
        return values

    def exact(self, givens: Table) -> Table:
        """Every cell at full precision. `givens` has shape (given cells, sets)."""
        values = self.table(givens)
        with np.errstate(all="ignore"):
            for programs in self._exact_programs:
                for rows, program in programs:
                    values[rows] = program(values)
        return values

    def without_mere_noise(self, givens: Table) -> Table:
        """The exact calculation, with 0 for numbers that are nothing but rounding noise.

        Such a number, like a sum of softmax derivatives, comes out altogether different when the work
        is done in NumPy's longest format. (Where that is double precision too, nothing is found.)
        """
        exact, finer = self.exact(givens), self.exact(givens.astype(np.longdouble))
        with np.errstate(all="ignore"):
            return np.where(np.abs(exact - finer) > _NOISE * np.abs(exact), 0.0, exact)

    def program(self, cells: Iterable[Cell]) -> TableProgram:
        """The exact calculation of some cells, in place, from what a table holds above them."""
        programs = compile_formulas(
            [(self.plan.row[cell.address], cell.formula) for cell in cells if cell.formula], self.plan, without_noise
        )

        def run(values: Table) -> None:
            with np.errstate(all="ignore"):
                for rows, program in programs:
                    values[rows] = program(values)

        return run

    def paper(self, givens: Table, figures: int) -> Table:
        """Every cell as printed on paper: worked on the printed numbers above, rounded once."""
        return self.paper_and_lines(givens, figures)[0]

    def paper_and_lines(self, givens: Table, figures: int) -> tuple[Table, Table]:
        """What `paper` gives, and what `lines` gives of that."""
        values = self.table(givens)
        lines = values.copy()
        with np.errstate(all="ignore"):
            for programs, rounded_rows in zip(self._paper_programs, self._rounded_rows, strict=True):
                for rows, program in programs:
                    values[rows] = lines[rows] = program(values)
                if rounded_rows:
                    values[rounded_rows] = rounded(values[rounded_rows], figures)
        return values, lines

    def shown(self, exact: Table, figures: int) -> Table:
        """The exact values rounded for show (full carry)."""
        as_they_are = [row for row, cell in enumerate(self.plan.cells) if cell.digits is Digits.EXACT]
        with np.errstate(all="ignore"):
            values = rounded(exact, figures)
        values[as_they_are] = exact[as_they_are]
        return values

    def lines(self, printed: Table) -> Table:
        """Every printed line as a calculator gives it: the formula on printed numbers, unrounded."""
        values = printed.copy()
        with np.errstate(all="ignore"):
            for programs in self._paper_programs:
                for rows, program in programs:
                    values[rows] = program(printed)
        return values


def _compile_plan(plan: Plan, settle: Settle) -> list[list[tuple[Rows, Program]]]:
    return [
        compile_formulas([(plan.row[cell.address], cell.formula) for cell in step.cells if cell.formula], plan, settle)
        for step in plan.steps
    ]


def compile_formulas(formulas: Iterable[tuple[int, Formula]], plan: Plan, settle: Settle) -> list[tuple[Rows, Program]]:
    """Programs for numbered formulas over the cells of `plan`, with the numbers whose values each gives."""
    return [(numbers, _compile(shape, rows, settle)) for numbers, shape, rows in by_shape(formulas, plan)]


def by_shape(formulas: Iterable[tuple[int, Formula]], plan: Plan) -> Iterator[tuple[Rows, Formula, Rows]]:
    """Numbered formulas, those of one shape together, so that they can be worked out at once.

    Gives the numbers, the shape (its references are "0", "1", ...), and for each reference of the
    shape the rows of the plan that it stands for, one per formula.
    """
    shapes: dict[Formula, tuple[list[int], list[list[int]]]] = {}
    for number, formula in formulas:
        used: list[int] = []

        def place(ref: Ref, used: list[int] = used) -> Ref:
            used.append(plan.row[ref.address])
            return Ref(str(len(used) - 1))

        numbers, rows = shapes.setdefault(put_in(formula, place), ([], []))
        numbers.append(number)
        rows.append(used)
    for shape, (numbers, rows) in shapes.items():
        yield np.array(numbers), shape, np.array(rows, dtype=np.intp).T.reshape(-1, len(numbers))


def compile_entrywise(formula: Formula, settle: Settle) -> Program:
    """The program of one formula whose references "0", "1", ... are the rows of the table it is given."""
    return _compile(formula, np.arange(sum(1 for _ in references(formula)))[:, None], settle)


_FUNCTIONS: Final[dict[str, Callable[..., Table]]] = {
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "max": lambda *ones: reduce(np.maximum, ones),
}


def _compile(formula: Formula, rows: Rows, settle: Settle) -> Program:
    """The program of formulas of one shape; the k-th reference of the shape stands for the cells `rows[k]`."""

    def compiled(part: Formula) -> Program:
        return _compile(part, rows, settle)

    match formula:
        case Num(text):
            constant = np.full((rows.shape[1], 1), float(text))
            return lambda _: constant
        case Ref(str() as place):
            used = rows[int(place)]
            return lambda values: values[used]
        case Neg(arg):
            inner = compiled(arg)
            return lambda values: -inner(values)
        case Sum(terms):
            return _compile_sum([compiled(term) for term in terms], settle)
        case Product(factors):
            return _compile_product([compiled(factor) for factor in factors])
        case Quotient(top, bottom):
            above, below = compiled(top), compiled(bottom)
            return lambda values: above(values) / below(values)
        case Power(base, exponent):
            root = compiled(base)
            return lambda values: root(values) ** exponent
        case Call("ln", (Sum((Num("1"), Neg(arg))),)):
            inner = compiled(arg)  # ln(1 - x) keeps the digits of a small x
            return lambda values: np.log1p(-inner(values))
        case Call(name, args) if name in _FUNCTIONS:
            function, inputs = _FUNCTIONS[name], [compiled(arg) for arg in args]
            return lambda values: function(*(one(values) for one in inputs))
        case Choice(arg, then, otherwise, Num(above)):
            tested, yes, no, limit = compiled(arg), compiled(then), compiled(otherwise), float(above)
            return lambda values: np.where(tested(values) > limit, yes(values), no(values))
    raise PlanError(f"cannot evaluate {formula}")


def _compile_sum(terms: list[Program], settle: Settle) -> Program:
    def run(values: Table) -> Table:
        first = terms[0](values)
        total, size = first, np.abs(first)
        for term in terms[1:]:
            value = term(values)
            total = total + value
            size = size + np.abs(value)
        return settle(total, size)

    return run


def _compile_product(factors: list[Program]) -> Program:
    def run(values: Table) -> Table:
        result = factors[0](values)
        for factor in factors[1:]:
            result = result * factor(values)
        return result

    return run


# --- one worked example ------------------------------------------------------------------------


@dataclass(frozen=True)
class Solution:
    """The numbers of one worked example. Arrays and tuples have one entry per cell of the plan."""

    plan: Plan
    figures: int
    carry: str
    exact: NDArray[np.float64]
    """The exact calculation, at full precision."""
    line: NDArray[np.float64]
    """The printed line as a calculator gives it, unrounded."""
    text: tuple[str, ...]
    """The number as printed."""
    diverged: Problem | None = None
    """Where a run has left what numbers can hold, if it has: then the plan ends before that."""


def solve(plan: Plan, givens: Givens, *, figures: int = DEFAULT_FIGURES, carry: str = "paper") -> Solution:
    """Work out every cell of `plan`.

    Raises `InputError` for figures or a carry that do not exist, for givens that do not fit the plan,
    and where a number does not exist or is out of reach of double precision (the logarithm of 0, a
    saturated unit). Where that happens in a later update of a run, it is a `DivergedError`.
    """
    if problems := list(settings_problems(figures, carry)):
        raise InputError(problems)
    column = _as_column(plan, givens)
    calculator = Calculator(plan)
    exact = calculator.without_mere_noise(column)
    _refuse_diverging(plan, exact)
    _refuse_undefined(plan, exact, exact, "Choose smaller weights or inputs.")
    _refuse_saturated(plan, exact, figures)
    printed = calculator.paper(column, figures) if carry == "paper" else calculator.shown(exact, figures)
    lines = calculator.lines(printed)
    _refuse_diverging(plan, lines)
    remedy = f"At {figures} figures a number above it rounds to 0 or 1: ask for more figures"
    remedy += ', or carry full precision (carry = "full").' if carry == "paper" else "."
    _refuse_undefined(plan, lines, printed, remedy)
    written = [show_given(givens[cell.name]) for cell in plan.givens]
    texts = tuple(Numerals(plan, figures, carry).texts(written, printed[:, 0].tolist()))
    return Solution(plan, figures, carry, exact[:, 0], lines[:, 0], texts)


def settings_problems(figures: int, carry: str, where: Callable[[str], str] = str) -> Iterator[Problem]:
    """What is wrong with the figures and the carry asked for. `where` says how each is called."""
    if carry not in CARRIES:
        yield Problem(where("carry"), f"{carry!r} is not known.", suggestion(carry, CARRIES))
    highest = MAX_FIGURES_ON_PAPER if carry == "paper" else MAX_FIGURES
    if not MIN_FIGURES <= figures <= highest:
        remedy = f"Write a number from {MIN_FIGURES} to {highest}."
        if highest < figures <= MAX_FIGURES:
            remedy += f" Up to {MAX_FIGURES} are possible in full carry, where lines need not hold on paper."
        yield Problem(where("figures"), f"is {figures}.", remedy)


def _as_column(plan: Plan, givens: Givens) -> Table:
    names = [cell.name for cell in plan.givens]
    problems = [Problem(f"[givens] {name}", "is missing.") for name in names if name not in givens]
    problems += [Problem(f"[givens] {name}", "is not a given of this net.") for name in givens if name not in names]
    for name, value in givens.items():
        if not value.is_finite() or abs(value) > LARGEST_GIVEN:
            problems.append(Problem(f"[givens] {name}", f"is {value}.", f"Write a number up to {LARGEST_GIVEN:f}."))
        elif len(value.normalize().as_tuple().digits) > _MOST_DIGITS:
            problems.append(Problem(f"[givens] {name}", f"has more than {_MOST_DIGITS} digits.", "Write fewer."))
    if problems:
        raise InputError(problems)
    return np.array([[float(givens[name])] for name in names])


def _refuse_diverging(plan: Plan, values: Table) -> None:
    """Numbers of later updates that grow out of reach: a learning rate that is too large does that."""
    if plan.net.updates < 2:
        return
    for place, step in enumerate(plan.steps):
        later = [cell for cell in step.cells if cell.address.update > 1 or cell.address.primed]
        for cell in later:
            value = float(values[plan.row[cell.address], 0])
            if not abs(value) < _OUT_OF_REACH:
                grown = "has no value" if np.isnan(value) else f"would be {value:.3g}"
                what = f"the run diverges: this number {grown}, and everything before it is on the sheet."
                raise DivergedError(Problem(cell.name, what, "Choose a smaller learning rate."), place)


def _refuse_undefined(plan: Plan, values: Table, shown: Table, remedy: str) -> None:
    bad = np.flatnonzero(~np.isfinite(values[:, 0]))
    if bad.size:
        cell = plan.cells[bad[0]]
        raise InputError([Problem(cell.name, f"has no value here ({_inputs(plan, cell, shown)}).", remedy)])


def _refuse_saturated(plan: Plan, exact: Table, figures: int) -> None:
    """Outputs so near 1 (or, for sigmoid and softmax, so near 0) that double precision has lost their slope."""
    if plan.net.forward_only:
        return
    problems = []
    for cell, to, activation in _limited_outputs(plan):
        value = abs(float(exact[plan.row[cell.address], 0]))
        underflow = value == 0 and activation != "tanh"
        if 1 - value < 10.0 ** (figures - _DIGITS_OF_ONE_MINUS_A) or underflow:
            z = plan.row[to]
            saturated = f"is saturated ({plan.cells[z].name} = {exact[z, 0]:.4g}): its derivative has no digits left."
            problems.append(Problem(cell.name, saturated, "Choose smaller weights or inputs."))
    if problems:
        raise InputError(problems)


def _limited_outputs(plan: Plan) -> Iterator[tuple[Cell, Address, str]]:
    """The outputs of activations that lie between limits, with the sum that each is of."""
    net = plan.net
    if net.is_recipe:
        for step, cell in plan.worked:
            if step.function in ("sigmoid", "tanh") and not cell.address.primed and cell.formula:
                yield cell, next(to for to in references(cell.formula) if isinstance(to, Address)), step.function
        return
    limited = ("sigmoid", "tanh") if net.layers[-1] == 1 else ("sigmoid", "tanh", "softmax")
    for _, cell in plan.worked:
        family, layer = cell.address.family, cell.address.layer
        if family == "a" and layer is not None and not cell.address.primed and net.activation_of(layer) in limited:
            yield cell, cell.address._replace(family="z"), net.activation_of(layer)


def _inputs(plan: Plan, cell: Cell, values: Table) -> str:
    used = dict.fromkeys(references(cell.formula) if cell.formula else ())
    return ", ".join(f"{plan.cells[plan.row[to]].name} = {values[plan.row[to], 0]:.4g}" for to in used)  # type: ignore[index]
