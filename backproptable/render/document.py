"""What a template is given: a plan laid out as sections, steps and rows of ready-made strings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Final

from backproptable.basics.remembered import Remembered
from backproptable.formulas.formula import Formula, Ref, Sum, references
from backproptable.formulas.names import Address, Layer, name_of
from backproptable.nets.net import Net
from backproptable.nets.plan import Cell, Derivation, Equation, Plan, Reason, Step
from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recipes.unroll import FUNCTIONS
from backproptable.render.epochs import Epoch
from backproptable.render.form import slot
from backproptable.render.matrices import Matrix, MatrixEquation, arranged, equations, grouped, matrix_of
from backproptable.render.printers import Place, tex
from backproptable.render.questions import Questions
from backproptable.render.signs import turned_plan
from backproptable.sheets.asked import Task
from backproptable.sheets.notation import Notation

__all__ = [
    "VALUE",
    "WIDEST_GRID",
    "Change",
    "Document",
    "Grid",
    "ProductView",
    "Row",
    "Section",
    "StepTable",
    "StepView",
    "lay_out",
    "lay_out_sections",
]

VALUE: Final = "value"
"""The slot style of a number that stands alone in a table."""

WIDEST_GRID: Final = 8
"""Columns of numbers that fit on a page; wider matrices are cut into several tables."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a step's table. All but the name and the value is mathematics in TeX, without dollars."""

    name: str
    symbol: str
    formula: str
    numbers: str
    """The formula with the numbers put in; empty on a blank sheet."""
    value: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class StepTable:
    """The lines of a step: worked on the sheet, asked for, or some of each."""

    asked: bool
    """Whether any of them is asked for."""
    rows: list[Row]
    groups: list[list[Row]]
    """The same rows in their order, cut at each new sample or row of weights."""

    @property
    def open(self) -> bool:
        """Whether numbers are put in, in any line."""
        return any(row.numbers for row in self.rows)

    @property
    def mixed(self) -> bool:
        """Whether some lines are worked and others asked for."""
        return self.asked and not all(row.asked for row in self.rows)


@dataclass(frozen=True, slots=True)
class ProductView:
    """A step as one product of matrices, in TeX, with the shapes of both factors and of the result."""

    name: str
    formula: str
    left: tuple[int, int]
    right: tuple[int, int]
    shape: tuple[int, int]
    times: int
    """How often it is worked out: more than once where every sample has a matrix of its own."""
    multiplications: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step, with what templates need to choose their words."""

    number: int
    name: str
    reason: str
    family: str
    layer: Layer | None
    time: int | str | None
    """The time step that all its lines are about; None for several, and outside of time."""
    earlier: int | str | None
    """Of do/ds, the step of the state."""
    share: bool
    """Whether it is one time step's share of a gradient."""
    sums: bool
    """Whether each of its numbers is a plain sum of other cells."""
    last: bool
    """Whether it belongs to the output layer."""
    activation: str | None
    function: str
    """Of a recipe, the function of the table that it works out, if it does."""
    text: str
    """Of a recipe, the line as it is written there."""
    opposite: bool
    """Whether the derivatives that it works out, or steps along, are written with the opposite sign."""
    rules: list[str]
    derivations: list[str]
    tables: list[StepTable]
    """Its lines, in one table, if it has any."""
    worked: bool
    """Whether all its numbers, and all that they are worked out from, stand on the sheet."""
    equations: list[MatrixEquation]
    """The step between matrices, for the layout that shows them; none where they are too wide for a page."""
    product: ProductView | None = None
    """The step on shapes alone, where it is a product; not on sheets that print every number."""
    multiplications: str = ""
    """How many it takes, on shapes alone."""

    @property
    def rows(self) -> list[Row]:
        """The lines of all its tables."""
        return [row for table in self.tables for row in table.rows]

    @property
    def of(self) -> str:
        """Of a recipe: what a derivative is by."""
        return self.family.partition("/d")[2]

    @property
    def top(self) -> str:
        """Of a recipe: what a derivative is of."""
        return self.family.partition("/d")[0][1:]

    @property
    def letter(self) -> str:
        """Of a recipe: what a number that helps to work out another one is called, ``e`` in ``e(p)``."""
        return self.family.partition("(")[0]

    @property
    def helps(self) -> str:
        """Of a recipe: the array that it helps to work out, ``p`` in ``e(p)``; empty for the functions of an array."""
        name, _, arg = self.family.partition("(")
        return "" if name in FUNCTIONS - {"mean", "var"} else arg.rpartition(")")[0]


@dataclass(frozen=True, slots=True)
class Section:
    """Consecutive steps of one kind: the forward pass, the loss, the backward pass, the update."""

    kind: str
    update: int
    """Of the error of an epoch, the number of the epoch."""
    steps: list[StepView]
    mixes: bool = False
    """Whether numbers that updates keep are mixed here for the first time, so that the rules are new."""

    @property
    def explained(self) -> bool:
        """Whether rules and reasons stand here; later passes only repeat the rules of the first."""
        return self.kind != "after" and (self.update == 1 or self.mixes)


@dataclass(frozen=True, slots=True)
class Grid:
    """A small matrix of numbers, with headings for its columns and rows."""

    heading: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Change:
    """A matrix of weights, or a row or column of biases, before and after all updates."""

    symbol: str
    before: Matrix
    new_symbol: str
    after: Matrix | None
    """None where it is not updated."""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole worked example, or a sheet that asks for some or all of its numbers."""

    net: Net
    worked: bool
    """Whether nothing is asked for."""
    givens: list[Grid]
    eta: str | None
    sections: list[Section]
    weights: list[Grid]
    """First and updated weights side by side, a table per layer."""
    changes: list[list[Change]]
    """The same as matrices, a list per layer, for the layout that shows them; none where they are too wide."""
    losses: list[tuple[str, str]]
    """The loss at the start of each update and after the last: symbol and value."""
    looks_back: bool
    """Whether the last of these is that after the last update."""
    norms: list[tuple[str, str, str]]
    """Layer, symbol and size of the gradient in the first update."""
    asked: int
    """How many numbers the sheet asks for."""
    partly: bool
    """Whether some numbers are asked for and others stand worked."""
    left_out: bool
    """Whether numbers that only follow from those that are asked for are left out."""
    notation_note: str
    """What the notation has to say about itself; mostly nothing."""
    opposite: bool
    """Whether derivatives on this sheet are written with the opposite sign."""
    epochs: list[Epoch] = field(default_factory=list)
    """The error of each epoch of an online run, with its bar."""
    questions: Questions | None = None
    """The closing questions, where they are wanted."""


def lay_out(plan: Plan, notation: Notation, task: Task, *, matrices: bool = False) -> Document:
    """Lay out `plan` with slots for the givens and for the numbers that the task shows.

    What only the layout of `matrices` shows is left out unless it is asked for.
    """
    return _Layout(turned_plan(plan, notation.opposite), notation, task, matrices).document()


def lay_out_sections(plan: Plan, notation: Notation, task: Task) -> list[Section]:
    """The sections of `lay_out` alone."""
    return _Layout(turned_plan(plan, notation.opposite), notation, task, matrices=False).sections()


@dataclass(frozen=True)
class _Layout:
    plan: Plan
    notation: Notation
    task: Task
    matrices: bool

    @cached_property
    def visible(self) -> frozenset[Address]:
        """The cells whose numbers stand on the sheet."""
        return self.task.shown | {cell.address for cell in self.plan.givens}

    def document(self) -> Document:
        net, task = self.plan.net, self.task
        worked = not task.asked
        on_the_sheet = task.asked | task.shown
        eta = Address("eta")
        return Document(
            net=net,
            worked=worked,
            givens=list(self._givens()),
            eta=self._value(eta) if eta in self.plan.row else None,
            sections=self.sections(),
            weights=list(self._weights()) if worked else [],
            changes=self._changes() if worked and self.matrices else [],
            losses=list(self._losses()) if worked else [],
            looks_back=Address("L", primed=True) in self.plan.row,
            norms=list(self._norms()) if worked else [],
            asked=len(task.asked),
            partly=bool(task.asked and task.shown),
            left_out=len(on_the_sheet) < len(self.plan.cells) - len(self.plan.givens),
            notation_note="" if net.forward_only else self.notation.note,
            opposite=bool(self.notation.opposite) and not net.forward_only,
        )

    # --- steps

    def sections(self) -> list[Section]:
        on_the_sheet = self.task.asked | self.task.shown
        steps = [step for step in self.plan.steps if not on_the_sheet.isdisjoint(cell.address for cell in step.cells)]
        numbered = enumerate(steps, start=1)
        return [
            Section(kind, update, [self._step(number, step) for number, step in steps], self._mixes(kind, update))
            for (kind, update), steps in groupby(numbered, key=lambda pair: _section_of(pair[1]))
        ]

    def _mixes(self, kind: str, update: int) -> bool:
        return self.plan.net.is_recipe and kind == "update" and update == 2 and self._has_rules(update)

    def _has_rules(self, update: int) -> bool:
        return any(step.rule for step in self.plan.steps if step.round == update)

    def _step(self, number: int, step: Step) -> StepView:
        net, first = self.plan.net, step.cells[0].address
        layer, times = first.layer, {cell.address.time for cell in step.cells}
        derivative = f"dL/d{first.family}" if step.reason is Reason.UPDATE else first.family
        worked = all(cell.address in self.task.shown and self._is_open(cell) for cell in step.cells)
        return StepView(
            number=number,
            name=step.name,
            reason=step.reason.value,
            family=first.family,
            layer=layer,
            time=first.share or (times.pop() if len(times) == 1 else None),
            earlier=first.units[1] if first.family == "do/ds" and layer else None,
            share=first.is_share or first.share is not None,
            sums=_is_plain_sum(step.cells[0].formula),
            last=layer == net.last,
            activation=net.activation_of(layer) if layer else None,
            function=step.function,
            text=step.text,
            opposite=derivative in self.notation.opposite,
            rules=[self._equation(rule) for rule in step.rule],
            derivations=[self._derivation(derivation) for derivation in step.derivations],
            tables=list(self._tables(step)),
            worked=worked,
            equations=equations(net, step.cells, self, worked=worked) if self.matrices else [],
        )

    def _tables(self, step: Step) -> Iterator[StepTable]:
        asked = self.task.asked
        if cells := [cell for cell in step.cells if cell.address in asked or cell.address in self.task.shown]:
            rows = [self._row(cell, asked=cell.address in asked) for cell in cells]
            yield StepTable(any(row.asked for row in rows), rows, grouped(cells, rows))

    def _is_open(self, cell: Cell) -> bool:
        """Whether everything it is worked out from stands on the sheet, so that its numbers may be put in."""
        return cell.formula is not None and self.visible.issuperset(references(cell.formula))

    def _row(self, cell: Cell, *, asked: bool) -> Row:
        formula = cell.formula
        if formula is None:
            raise TypeError(f"{cell.name} is a given, not a line of a step")
        symbol, in_symbols = self.symbol(cell.address), self.in_symbols(cell.short or formula)
        if asked:
            return Row(cell.name, symbol, in_symbols, "", "", asked=True)
        numbers = self.in_numbers(formula) if self._is_open(cell) else ""
        return Row(cell.name, symbol, in_symbols, numbers, self._value(cell.address))

    def _equation(self, equation: Equation) -> str:
        sides = [equation.left, *equation.right]
        return " = ".join(map(self.in_symbols, sides))

    def _derivation(self, derivation: Derivation) -> str:
        start = rf"\dfrac{{\partial}}{{\partial {self.in_symbols(derivation.by)}}}"
        function = rf"\Bigl({self.in_symbols(derivation.function)}\Bigr)"
        return " = ".join([f"{start} {function}", *map(self.in_symbols, derivation.forms)])

    @cached_property
    def _symbols(self) -> Remembered[Address]:
        return Remembered(self.notation.symbol)  # each stands in many lines

    def symbol(self, address: Address) -> str:
        return self._symbols[address]

    def number(self, address: Address) -> str:
        return slot(self.plan.row[address], Place.OPEN.value)

    def in_symbols(self, formula: Formula) -> str:
        return tex(formula, self._symbol, self)

    def in_numbers(self, formula: Formula) -> str:
        return tex(formula, self._number)

    def _symbol(self, ref: Ref, place: Place) -> str:
        symbol = self.symbol(ref.address)
        if place is not Place.BASE:
            return symbol
        return rf"\Bigl({symbol}\Bigr)" if "frac" in symbol else f"({symbol})"

    def partial(self, of: Ref, by: Ref) -> str:
        return self.notation.partial(of.address, by.address)

    def summed(self, index: str) -> str:
        return f"_ {{{self.notation.letter(index)}}}"

    def _number(self, ref: Ref, place: Place) -> str:
        return slot(self.plan.row[ref.address], place.value)

    def _value(self, address: Address) -> str:
        return slot(self.plan.row[address], VALUE)

    # --- tables of givens, and the closing summary

    def _givens(self) -> Iterator[Grid]:
        def family(address: Address) -> tuple[str, Layer | None]:
            return address.family, address.layer

        given = [cell.address for cell in self.plan.givens if cell.address.family != "eta"]
        for (of, layer), group in groupby(given, key=family):
            addresses = list(group)
            if self.plan.net.is_recipe:
                yield from self._array(of, addresses)
            elif of == "W" and layer is not None:
                yield from self._matrix(layer)
            elif of == "b":
                yield from self._grids(f"b{layer}", [name_of(bias) for bias in addresses], [("", addresses)])
            else:
                yield from self._cases(addresses)

    def _array(self, name: str, addresses: list[Address]) -> Iterator[Grid]:
        """A given array of a recipe: a table with a row for each sample and each of its rows; planes one by one."""
        planes = groupby(addresses, key=lambda to: to.units[:-2])
        for plane, group in planes:
            rows = [
                (self._row_name(sample, units), list(row))
                for (sample, units), row in groupby(group, key=lambda to: (to.sample, to.units[len(plane) : -1]))
            ]
            heading = f"{name}[{','.join(map(str, plane))}]" if plane else name
            width = len(rows[0][1])
            columns = [""] if not addresses[0].units else [str(one) for one in range(1, width + 1)]
            yield from self._grids(heading, columns, rows)

    @staticmethod
    def _row_name(sample: int | str | None, units: tuple[int | str, ...]) -> str:
        words = [f"sample {sample}"] if sample is not None else []
        return ", ".join([*words, *(f"row {unit}" for unit in units)])

    def _cases(self, addresses: list[Address]) -> Iterator[Grid]:
        """Inputs, targets, masks, the state to start from: a row per sample or time step."""
        rows = [(case, list(row)) for case, row in groupby(addresses, key=lambda address: address.case)]
        stem = name_of(addresses[0]).partition("[")[0]
        word = "step" if self.plan.net.is_recurrent else "sample"
        yield from self._grids(
            stem,
            [f"{stem}[{address.units[0]}]" for address in rows[0][1]],
            [(f"{word} {case}" if case else "", row) for case, row in rows],
        )

    def _matrix(self, layer: Layer) -> Iterator[Grid]:
        height, width = self.plan.net.weight_shape(layer)
        to_columns = self.plan.net.weights == "from_to"
        across, down = ("to", "from") if to_columns else ("from", "to")
        columns = [f"{across} {column}" for column in range(1, width + 1)]
        rows = [
            (f"{down} {row}", [Address("W", layer, (row, column)) for column in range(1, width + 1)])
            for row in range(1, height + 1)
        ]
        yield from self._grids(f"W{layer}", columns, rows)

    def _grids(self, heading: str, columns: list[str], rows: list[tuple[str, list[Address]]]) -> Iterator[Grid]:
        for start in range(0, len(columns), WIDEST_GRID):
            part = slice(start, start + WIDEST_GRID)
            yield Grid(heading, columns[part], [(name, [self._value(a) for a in row[part]]) for name, row in rows])

    def _weights(self) -> Iterator[Grid]:
        net = self.plan.net
        if net.forward_only or not net.updates:
            return
        if isinstance(net, Recipe):
            for name in net.parameters:
                entries = [cell.address for cell in self.plan.givens if cell.address.family == name]
                rows = [(name_of(old), [self._value(old), self._value(self._updated(old) or old)]) for old in entries]
                yield Grid(name, ["first", "updated"], rows)
        for layer in net.weight_layers:
            before = [c.address for c in self.plan.givens if c.address.layer == layer and c.address.family in "Wb"]
            rows = [(name_of(old), [self._value(old), self._value(self._updated(old) or old)]) for old in before]
            yield Grid(f"W{layer}" if net.is_recurrent else f"layer {layer}", ["first", "updated"], rows)

    def _updated(self, old: Address) -> Address | None:
        """A weight or bias as the last update leaves it; None where it is not updated."""
        updates = range(self.plan.net.updates, 0, -1)
        later = (old._replace(primed=True, update=update) for update in updates)
        return next((new for new in later if new in self.plan.row), None)

    def _changes(self) -> list[list[Change]]:
        net = self.plan.net
        if net.forward_only or not net.updates:
            return []
        if isinstance(net, Recipe):
            groups = [[[cell for cell in self.plan.givens if cell.address.family == name]] for name in net.parameters]
        else:
            of_layers = ([cell for cell in self.plan.givens if cell.address.layer == to] for to in net.weight_layers)
            groups = [
                [cells for family in "Wb" if (cells := [cell for cell in layer if cell.address.family == family])]
                for layer in of_layers
            ]
        changes = [[change for cells in group for change in self._change(cells)] for group in groups]
        shown = [[change for change in group if change] for group in changes]
        return shown if shown == changes else []

    def _change(self, cells: list[Cell]) -> Iterator[Change | None]:
        """The numbers of some weights before and after, as a matrix; of an array with more indices, as several.

        None where one is too wide for the page.
        """
        for old in arranged(self.plan.net, cells, [cell.address for cell in cells]):
            before, first = matrix_of(old, self.number), old[0][0]
            plane = first._replace(units=first.units[:-2] if self.plan.net.is_recipe else ())
            new = [[self._updated(address) for address in row] for row in old]
            updated = [[address for address in row if address] for row in new]
            after = matrix_of(updated, self.number) if updated[0] else None
            symbols = self.notation.whole(plane), self.notation.whole(plane._replace(primed=True))
            yield None if before is None else Change(symbols[0], before, symbols[1], after)

    def _losses(self) -> Iterator[tuple[str, str]]:
        for cell in self.plan.cells:
            if cell.address.family == "L":
                yield self.symbol(cell.address), self._value(cell.address)

    def _norms(self) -> Iterator[tuple[str, str, str]]:
        for cell in self.plan.cells:
            address = cell.address
            if address.family == "norm" and address.update == 1 and address.layer:
                label = f"W{address.layer}" if self.plan.net.is_recurrent else str(address.layer)
                yield label, self.symbol(address), self._value(address)


def _is_plain_sum(formula: Formula | None) -> bool:
    return isinstance(formula, Sum) and all(isinstance(term, Ref) for term in formula.terms)


def _section_of(step: Step) -> tuple[str, int]:
    return step.part.value, step.round
