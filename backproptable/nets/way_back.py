"""The one rule for the way back.

dL/dx of every cell x is the sum, over the cells that use it, of dL/d(that cell) times the derivative of
that cell by x. The table of conventions says which of these numbers have a line of their own:

- the derivative of a sum, product or quotient is what stands beside x: it is folded into the product;
- the slope of a function, and the Jacobian of one that mixes (up to 64 entries), have lines of their own,
  unless what they are multiplied by is a constant;
- dL/dx that is one number taken over, or a constant, has none: it is that number;
- a parameter always has its gradient; used in several time steps it has a share for each, and their sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from backproptable.basics.errors import PlanError
from backproptable.formulas.formula import Formula, Num, Partial, Ref, references
from backproptable.formulas.names import Address, Array, name_of
from backproptable.nets.partials import added, is_constant, multiplied, partial
from backproptable.nets.plan import Cell, Digits, Reason, Step
from backproptable.nets.worked import LOSS, Worked

__all__ = ["WayBack", "way_back"]

_LARGEST_JACOBIAN: Final = 64
"""Entries that have lines of their own; larger ones are folded."""


@dataclass(frozen=True)
class WayBack:
    """The steps from the loss to the gradients."""

    steps: tuple[Step, ...]
    gradients: Mapping[Address, Address]
    """The cell of dL/dW of every entry of a parameter."""
    chains: Mapping[Address, Formula]
    """Of its cells, the chain rule by named factors; of a slope, the partial derivative that it is."""


@dataclass
class _Use:
    """A cell that uses another."""

    line: int
    cell: Address
    formula: Formula


def way_back(
    lines: Sequence[Worked], learning: Sequence[Array], update: int = 1, inputs: Sequence[Array] = ()
) -> WayBack:
    """The way back through the lines of one pass, to the arrays that learn (and to these inputs)."""
    return _Walk(lines, learning, update, inputs).whole()


@dataclass
class _Walk:
    lines: Sequence[Worked]
    learning: Sequence[Array]
    update: int
    inputs: Sequence[Array]
    steps: list[Step] = field(default_factory=list)
    blame: dict[Address, Formula] = field(default_factory=dict)
    """dL/d of every cell: a cell of its own, another one that is the same number, or a constant."""
    chains: dict[Address, Formula] = field(default_factory=dict)

    def whole(self) -> WayBack:
        self.line_of = {cell: number for number, line in enumerate(self.lines) for cell, _ in line.cells}
        self.uses = self._all_uses()
        self.slopes = {(slope.output, slope.source): slope for line in self.lines for slope in line.slopes}
        self.wanted = self._wanted()
        self.pending = self._first_uses()
        self.in_time = self._used_in_time()
        self.own_slopes: dict[tuple[Address, Address], Ref] = {}
        self.gradients: dict[Address, Address] = {}
        self.shares: dict[Array, list[int]] = {}
        self.blame[self._loss()] = Num("1")
        for number in reversed(range(len(self.lines))):
            line = self.lines[number]
            if line.name != LOSS and not line.helper and any(cell in self.wanted for cell, _ in line.cells):
                self._blame_line(line)
            self._parameters_of(number)
        self._totals()
        return WayBack(tuple(self.steps), self.gradients, self.chains)

    def _loss(self) -> Address:
        return next(cell for line in self.lines if line.name == LOSS for cell, _ in line.cells)

    def _all_uses(self) -> dict[Address, list[_Use]]:
        uses: dict[Address, list[_Use]] = {}
        for number, line in enumerate(self.lines):
            if line.helper:
                continue
            if line.function:
                for slope in line.slopes:
                    uses.setdefault(slope.source, []).append(_Use(number, slope.output, slope.form))
                continue
            for cell, formula in line.cells:
                for to in dict.fromkeys(references(formula)):
                    if isinstance(to, Address):
                        uses.setdefault(to, []).append(_Use(number, cell, formula))
        return uses

    def _wanted(self) -> set[Address]:
        """The cells between the parameters and the loss."""
        sought = {*self.learning, *self.inputs}
        forward = {to for to in self.uses if to not in self.line_of and to.array in sought}
        for line in self.lines:
            if line.helper:
                continue
            sources: dict[Address, list[Address]] = {}
            for slope in line.slopes:
                sources.setdefault(slope.output, []).append(slope.source)
            for cell, formula in line.cells:
                used = sources.get(cell, []) if line.function else references(formula)
                if any(to in forward for to in used):
                    forward.add(cell)
        back: set[Address] = {self._loss()}
        for line in reversed(self.lines):
            for cell, _ in line.cells:
                if any(use.cell in back for use in self.uses.get(cell, ())):
                    back.add(cell)
        return forward & back

    def _first_uses(self) -> dict[int, list[Array]]:
        """By line, the arrays sought that no earlier line uses: after it on the way back they have their gradient."""
        first: dict[Array, int] = {}
        for number, line in enumerate(self.lines):
            for to in self._sources(line):
                if to not in self.line_of:
                    first.setdefault(to.array, number)
        sought = {*self.learning, *self.inputs}
        by_line: dict[int, list[Array]] = {}
        for array, number in first.items():
            if array in sought:
                by_line.setdefault(number, []).append(array)
        return by_line

    @staticmethod
    def _sources(line: Worked) -> Iterator[Address]:
        """What a line is worked out of, in the order in which it stands there."""
        if line.function:
            yield from (slope.source for slope in line.slopes)
            return
        for _, formula in line.cells:
            yield from (to for to in references(formula) if isinstance(to, Address))

    # --- lines

    def _blame_line(self, line: Worked) -> None:
        cells = [cell for cell, _ in line.cells if cell in self.wanted]
        self._add_slopes(cells)
        formulas = {cell: self._sum_over_uses(cell) for cell in cells}
        self.chains.update({_derivative(cell): self._chain(cell) for cell in cells})
        if all(isinstance(formula, Ref) or is_constant(formula) for formula in formulas.values()):
            self.blame.update(formulas)
            return
        reason = self._reason(cells)
        self._add(reason, [self._cell(_derivative(cell), formula) for cell, formula in formulas.items()])
        self.blame.update({cell: Ref(_derivative(cell)) for cell in cells})

    def _reason(self, cells: Sequence[Address]) -> Reason:
        uses = [use for cell in cells for use in self.uses[cell]]
        if all(is_constant(self.blame.get(use.cell, Num("1"))) for use in uses):
            return Reason.LOSS_DERIVATIVE
        sums = any(len(self.uses[cell]) > 1 for cell in cells)
        return (
            Reason.PATH_SUM if sums and not any(self.lines[use.line].function for use in uses) else Reason.CHAIN_PRODUCT
        )

    def _sum_over_uses(self, cell: Address, of: Sequence[_Use] | None = None) -> Formula:
        terms = []
        for use in self.uses[cell] if of is None else of:
            blame = self.blame.get(use.cell)
            if blame is None:  # nothing behind it reaches the loss
                continue
            terms.append(multiplied(blame, self._slope(use, cell)))
        return added(terms) if terms else Num("0")

    def _chain(self, cell: Address, of: Sequence[_Use] | None = None) -> Formula:
        """The same sum with every derivative as the symbol it is."""
        terms = []
        for use in self.uses[cell] if of is None else of:
            blame = self.blame.get(use.cell)
            if blame is not None:
                slope = self.own_slopes.get((use.cell, cell)) or Partial(Ref(use.cell), Ref(cell))
                terms.append(multiplied(blame, slope))
        return added(terms) if terms else Num("0")

    def _slope(self, use: _Use, cell: Address) -> Formula:
        if own := self.own_slopes.get((use.cell, cell)):
            return own
        if slope := self.slopes.get((use.cell, cell)):
            return slope.form
        part = partial(use.formula, cell)
        if part is None:
            raise PlanError(f"{name_of(use.cell)} does not depend on {name_of(cell)}")
        return part.formula

    def _add_slopes(self, cells: Sequence[Address]) -> None:
        """Lines for the slopes of what uses these cells, where they need any."""
        by_line: dict[int, list[tuple[Address, _Use]]] = {}
        for cell in cells:
            for use in self.uses[cell]:
                if use.cell in self.blame and not is_constant(self.blame[use.cell]):
                    by_line.setdefault(use.line, []).append((cell, use))
        for number in sorted(by_line):
            self._add_slopes_of(self.lines[number], by_line[number])

    def _add_slopes_of(self, line: Worked, pairs: Sequence[tuple[Address, _Use]]) -> None:
        made: list[Cell] = []
        known = {(slope.output, slope.source): slope for slope in line.slopes}
        mixes = len(known) > len(line.cells)
        if mixes and len(known) > _LARGEST_JACOBIAN:
            return
        pairs = sorted(pairs, key=lambda pair: self._order(line, pair[1].cell)) if mixes else pairs
        for cell, use in pairs:
            slope = known.get((use.cell, cell))
            if slope and not isinstance(slope.form, Num):
                name = _slope_name(use.cell, cell, mixes=line.mixes)
                digits = Digits.EXACT if slope.exact else Digits.FIGURES
                made.append(Cell(name, slope.form, digits, also=slope.also))
            elif not slope:
                part = partial(use.formula, cell)
                if part is None or part.folds:
                    continue
                name = _slope_name(use.cell, cell, mixes=line.mixes)
                made.append(Cell(name, part.formula))
            else:
                continue
            self.own_slopes[use.cell, cell] = Ref(name)
            self.chains[name] = Partial(Ref(use.cell), Ref(cell))
        if made:
            self._add(Reason.LOCAL_DERIVATIVE, made)

    @staticmethod
    def _order(line: Worked, cell: Address) -> int:
        return next(place for place, (own, _) in enumerate(line.cells) if own == cell)

    # --- parameters

    def _entries(self, array: Array) -> list[Address]:
        """Every entry of a given array that a line uses, in the order of its matrix."""
        return sorted((to for to in self.uses if to not in self.line_of and to.array == array), key=_reading_order)

    def _parameters_of(self, number: int) -> None:
        """Shares of the time step that ends here, and gradients of the parameters that are first used here."""
        line = self.lines[number]
        for array in dict.fromkeys(to.array for to in self._sources(line) if to not in self.line_of):
            if array in self.in_time:
                self._add_share(array, line)
        for array in self.pending.get(number, ()):
            if array not in self.in_time:
                self._add_gradient(array)

    def _used_in_time(self) -> set[Array]:
        """The parameters that several time steps use."""
        steps: dict[Array, set[int | None]] = {}
        for to, uses in self.uses.items():
            if to not in self.line_of and to.array in self.learning:
                steps.setdefault(to.array, set()).update(self.lines[use.line].step for use in uses)
        return {array for array, ones in steps.items() if len(ones) > 1}

    def _add_share(self, array: Array, line: Worked) -> None:
        step = line.step
        entries = self._entries(array)
        own = {entry: [use for use in self.uses[entry] if self.lines[use.line].step == step] for entry in entries}
        if step is None or self.lines[min(use.line for of in own.values() for use in of)] is not line:
            return
        formulas = {}
        for entry, of in own.items():
            reaching = [use for use in of if use.cell in self.blame]
            formulas[entry] = self._sum_over_uses(entry, reaching)
            self.chains[self._share(entry, step)] = self._chain(entry, reaching)
        if all(isinstance(one, Ref) or is_constant(one) for one in formulas.values()):
            return
        self._add(Reason.GRADIENT, [self._cell(self._share(entry, step), one) for entry, one in formulas.items()])
        self.shares.setdefault(array, []).append(step)

    def _totals(self) -> None:
        for array in self.learning:
            if array not in self.in_time:
                continue
            if array not in self.shares:
                self._add_gradient(array)
                continue
            cells = []
            for entry in self._entries(array):
                own = self._gradient(entry)
                shares: list[Formula] = [Ref(self._share(entry, step)) for step in sorted(self.shares[array])]
                of = self._without_share(entry)
                besides = [self._sum_over_uses(entry, of)] if of else []
                cells.append(self._cell(own, added([*shares, *besides])))
                if of:
                    self.chains[own] = added([*shares, self._chain(entry, of)])
                self.gradients[entry] = own
            self._add(Reason.GRADIENT, cells)

    def _without_share(self, entry: Address) -> list[_Use]:
        """Its uses outside of the time steps, and in those whose share is one number taken over."""
        shares = self.shares[entry.array]
        return [use for use in self.uses[entry] if self.lines[use.line].step not in shares and use.cell in self.blame]

    def _add_gradient(self, array: Array) -> None:
        entries = self._entries(array)
        learns = array in self.learning
        self._add_slopes(entries)
        cells = [self._cell(self._gradient(entry), self._sum_over_uses(entry)) for entry in entries]
        self.chains.update({self._gradient(entry): self._chain(entry) for entry in entries})
        if learns:
            self.gradients.update({entry: self._gradient(entry) for entry in entries})
        self._add(Reason.GRADIENT if learns else Reason.PATH_SUM, cells)

    # --- cells

    def _gradient(self, entry: Address) -> Address:
        """dL/d of a given: it is that of this update, whichever one has left the parameter."""
        return _derivative(entry)._replace(primed=False, update=self.update)

    def _share(self, entry: Address, step: int) -> Address:
        """What one time step adds to dL/d of a parameter."""
        return self._gradient(entry)._replace(share=step)

    def _cell(self, address: Address, formula: Formula) -> Cell:
        return Cell(address, formula, Digits.EXACT if is_constant(formula) else Digits.FIGURES)

    def _add(self, reason: Reason, cells: Sequence[Cell]) -> None:
        first = cells[0].address
        name = name_of(first._replace(units=(), sample=None))
        self.steps.append(Step(name, reason, tuple(cells)))


def _reading_order(address: Address) -> tuple[object, ...]:
    return (address.sample or 0, address.units)


def _derivative(cell: Address) -> Address:
    """dL/d of a cell."""
    return cell._replace(family=f"dL/d{cell.family}")


def _slope_name(of: Address, by: Address, *, mixes: bool) -> Address:
    """d(of)/d(by), with the index of the one, and of the other where it is another or the function mixes its inputs."""
    same = of.units == by.units and of.time == by.time and not mixes
    extra = () if same else by.units
    return of._replace(family=f"d{of.family}/d{by.family}", units=(*of.units, *extra))
