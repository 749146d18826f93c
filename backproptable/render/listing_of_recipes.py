"""The closing listing of a recipe: its steps as NumPy on whole arrays, in the order of the sheet.

One loop body serves every pass, as in `listing`: it is that of the first update, and where updates keep numbers
(a velocity, a running mean) that of the second, which starts from zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from backproptable.formulas.formula import Ref, put_in, references
from backproptable.formulas.names import Address
from backproptable.nets.plan import Cell, Digits, Part, Plan, Step
from backproptable.nets.recipes.recipe import Recipe
from backproptable.render.array_code import ArrayCode, array_name, in_program
from backproptable.render.form import slot
from backproptable.render.listing import PER_LINE, RAW, passes_of, rounding_lines, stacked

__all__ = ["listing_of_recipe"]

_STORES_PER_LINE: Final = 6
_WIDEST: Final = 88
"""Characters to a line, so that the program fits a page."""


def listing_of_recipe(plan: Plan, recipe: Recipe, figures: int, carry: str) -> str:
    """The program, with a slot for every given number."""
    return "\n".join(_Program(plan, recipe, figures, carry).lines()) + "\n"


class _Program:
    def __init__(self, plan: Plan, recipe: Recipe, figures: int, carry: str) -> None:
        self.plan, self.recipe, self.figures, self.carry = plan, recipe, figures, carry
        self.first = [step for step in plan.steps if step.part is not Part.AFTER and step.round == 1]
        self.later = [step for step in plan.steps if step.part is Part.UPDATE and step.round == 2]
        ranks: dict[str, set[int]] = {}
        for cell in plan.cells:
            ranks.setdefault(cell.address.family, set()).add(len(cell.address.units))
        self.of_several_ranks = frozenset(family for family, own in ranks.items() if len(own) > 1)
        shapes: dict[str, tuple[int, ...]] = {}
        for cell in plan.cells:
            name, place = self._name(cell.address), _place(cell.address)
            known = shapes.get(name, (0,) * len(place))
            shapes[name] = tuple(map(max, known, place))
        for given in recipe.givens:
            samples = (recipe.samples,) if given.sampled and recipe.samples else ()
            shapes[array_name(Address(given.name))] = (*samples, *given.shape)
        self.code = ArrayCode(frozenset({*recipe.ranks, "n", "r"}), shapes)

    def lines(self) -> Iterator[str]:
        recipe = self.recipe
        yield from rounding_lines(self.figures, self.carry)
        yield ""
        yield from self._givens()
        yield ""
        marks, words = passes_of(recipe)
        counted = self._counts
        yield f"for n, now in enumerate({marks}, start=1):  # {words}" if counted else f"for now in {marks}:  # {words}"
        body = [*self._stores(), *self._part(Part.FORWARD, Part.LOSS)]
        if recipe.updates:
            body += ['if now == "\'":', "    break"]
        body += [*self._part(Part.BACKWARD), *self._updates()]
        yield from (part for line in body for part in _wrapped(f"    {line}"))

    @property
    def _counts(self) -> bool:
        return bool(self.later) and any(
            cell.address.family.startswith("m^") for step in self.later for cell in step.cells
        )

    # --- what is given

    def _givens(self) -> Iterator[str]:
        rows: dict[str, list[Address]] = {}
        for cell in self.plan.givens:
            rows.setdefault(array_name(cell.address), []).append(cell.address)
        for name, addresses in rows.items():
            yield f"{name} = {self._array(name, addresses)}"
        kept = [step.cells for step in self.later if not step.cells[0].address.primed and self._is_kept(step)]
        for cells in kept:
            name = array_name(cells[0].address)
            yield f"{name} = np.zeros({self.code.shapes[name]})" if self.code.shapes[name] else f"{name} = 0.0"

    def _is_kept(self, step: Step) -> bool:
        """Whether an update uses what the one before has kept."""
        family = step.cells[0].address.family
        return any(to.family == family and to.update == 1 for to in _used(self.later))

    def _array(self, name: str, addresses: Sequence[Address]) -> str:
        shape = self.code.shapes[name]
        numbers = [slot(self.plan.row[address], RAW) for address in addresses]
        if not shape:
            return numbers[0]
        if len(shape) == 2 and len(numbers) == shape[0] * shape[1]:
            return stacked([_listed(numbers[start : start + shape[1]]) for start in range(0, len(numbers), shape[1])])
        text = f"np.array([{_listed(numbers)}])"
        return text if len(shape) == 1 else f"{text}.reshape{shape}"

    # --- one pass

    def _stores(self) -> Iterator[str]:
        """A dictionary for each array that has one entry a time step."""
        firsts = [step.cells[0].address for step in self.first]
        names = [self._name(to).partition("[")[0] for to in firsts if _step(to) is not None]
        names = list(dict.fromkeys(names))
        for start in range(0, len(names), _STORES_PER_LINE):
            some = names[start : start + _STORES_PER_LINE]
            yield f"{', '.join(some)} = {', '.join(['{}'] * len(some))}"

    def _part(self, *parts: Part) -> Iterator[str]:
        for step in self.first:
            if step.part in parts:
                yield from self._statements(step, self.code)

    def _updates(self) -> Iterator[str]:
        steps = self.later or [step for step in self.first if step.part is Part.UPDATE]
        code = ArrayCode(self.code.taken, self.code.shapes, counts_updates=self._counts)
        for step in steps:
            yield from self._statements(step, code)

    def _statements(self, step: Step, code: ArrayCode) -> Iterator[str]:
        arrays: dict[str, list[Cell]] = {}
        for cell in step.cells:
            arrays.setdefault(self._name(cell.address), []).append(cell)
        for cells in arrays.values():
            yield from code.statements([self._in_program(cell) for cell in cells], self._rounded(step))
            yield self._show(cells[0].address)

    def _name(self, cell: Address) -> str:
        return in_program(cell, self.of_several_ranks).family

    def _in_program(self, cell: Cell) -> Cell:
        def own(to: Address) -> Address:
            return in_program(to, self.of_several_ranks)

        formula = cell.formula and put_in(cell.formula, lambda ref: Ref(own(ref.address)))
        return Cell(own(cell.address), formula)

    def _show(self, to: Address) -> str:
        number = _step(to)
        mark = "now" if number is None else f'f"<{number}>" + now' if to.share is not None else f'now + "[{number}]"'
        mark = f'"\'" + {mark}' if to.primed else mark
        name = self._name(to)
        return f"show({mark}, {name.partition('[')[0].removeprefix('share_')}={name})"

    def _rounded(self, step: Step) -> Callable[[str], str]:
        digits = {cell.digits for cell in step.cells}
        if digits == {Digits.EXACT}:
            return lambda text: text
        if Digits.EVERY_DECIMAL in digits:
            alone = not self.code.shapes[self._name(step.cells[0].address)]
            return lambda text: f"np.round({text}, 15)" if alone else f"({text}).round(15)"
        return (lambda text: f"r({text})") if self.carry == "paper" else lambda text: text


def _wrapped(line: str) -> Iterator[str]:
    """A statement that is longer than a page is wide goes on in the next line, before a sign inside its brackets."""
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    text = ""
    for part in _parts(line):
        if text and len(text) + len(part.rstrip()) > _WIDEST:
            yield text.rstrip()
            text = indent
        text += part
    yield text


def _parts(line: str) -> Iterator[str]:
    """The pieces between which a line can end: signs inside of brackets begin the next one."""
    depth, start = 0, 0
    for place, character in enumerate(line):
        depth += (character in "([") - (character in ")]")
        if depth > 0 and line[place - 1 : place + 2] in (" + ", " - ", " * ", " / ") and '"' not in line:
            yield line[start:place]
            start = place
    yield line[start:]


def _used(steps: Sequence[Step]) -> set[Address]:
    return {
        to
        for step in steps
        for cell in step.cells
        if cell.formula is not None
        for to in references(cell.formula)
        if isinstance(to, Address)
    }


def _step(cell: Address) -> int | str | None:
    return cell.time if cell.share is None else cell.share


def _place(cell: Address) -> tuple[int, ...]:
    own = cell.units if cell.sample is None else (cell.sample, *cell.units)
    return tuple(int(index) for index in own)


def _listed(numbers: Sequence[str]) -> str:
    lines = [", ".join(numbers[start : start + PER_LINE]) for start in range(0, len(numbers), PER_LINE)]
    return ",\n     ".join(lines)
