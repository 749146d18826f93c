"""The step of a recipe as NumPy: what its cells have in common, said of whole arrays.

A rule in letters, ``C_ij = sum_k A_ik B_kj``, is ``C = A @ B``; where the letters fall into place it is one
expression, else a loop over them, and cells without a rule are written out. Indices count from 0 in the program.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeGuard, cast

from backproptable.basics.errors import PlanError
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
    Sigma,
    Sum,
    references,
)
from backproptable.formulas.names import Address
from backproptable.nets.plan import Cell
from backproptable.nets.recipes.letters import Entry, Rule, rules_of

__all__ = ["ArrayCode", "array_name", "in_program"]

_INDEX: Final = re.compile(r"(?:(?P<stride>\d*)(?P<first>[a-z])\+)?(?P<times>\d*)(?P<second>[a-z])(?P<more>[+-]\d+)?\Z")
_CALLS: Final = {"exp": "np.exp", "ln": "np.log", "sqrt": "np.sqrt", "tanh": "np.tanh"}
_LOOSE, _SUM, _PRODUCT, _POWER = range(4)
"""How tightly an expression holds together: a choice, a sum, a product, what needs no brackets."""


class _Elsewhere(Exception):  # noqa: N818 - never leaves this module
    """The letters do not fall into place: this has to be a loop."""


_TAKEN: Final = frozenset({*dir(builtins), *keyword.kwlist, "Decimal", "n", "now", "np", "r", "show"})
"""Names that mean something else in the program."""


def array_name(cell: Address) -> str:
    """A name for the array of a cell: ``dL_dz_h`` of dL/dz(h)[1], ``m_hat_W`` of m^(W)[1]; steps and indices beside."""
    name = cell.family.replace("^", "_hat").replace("/", "_").replace("(", "_").replace(")", "")
    name = f"{name}_" if name in _TAKEN else name
    return f"share_{name}" if cell.share is not None else name


def in_program(cell: Address, of_several_ranks: Collection[str] = ()) -> Address:
    """The cell as the program has it: its array's name in place of the family, no prime, and its step with the name.

    One variable serves every pass; an array that each time step has its own of is a dictionary, ``h[2]``. Slopes of
    a function by several arrays can have one family and different numbers of indices, which then is in the name.
    """
    step = cell.time if cell.share is None else cell.share
    name = array_name(cell)
    if cell.family in of_several_ranks:
        name = f"{name}_{len(cell.units)}"
    return Address(name if step is None else f"{name}[{step}]", None, cell.units, cell.sample)


@dataclass(frozen=True)
class ArrayCode:
    """Writes the steps of one recipe, whose cells are named as they are `in_program`."""

    taken: frozenset[str]
    """Names of arrays, which are no letters."""
    shapes: Mapping[str, tuple[int, ...]]
    """The lengths of every array of the program, by name; of a batch the samples come first."""
    counts_updates: bool = False
    """Whether a power of a number, such as that of a beta, grows with the update n."""

    def statements(self, cells: Sequence[Cell], rounded: Callable[[str], str]) -> Iterator[str]:
        """The lines that work the cells out, all of one array in one step."""
        name, shape = cells[0].address.family, self.shapes[cells[0].address.family]
        entries = [Entry(cell.address, (cell.formula,)) for cell in cells if cell.formula is not None]
        rules = list(rules_of(entries, self.taken))
        known = {cell for rule in rules for cell in rule.cells}
        rest = [entry for entry in entries if entry.cell not in known]
        if len(rules) == 1 and not rest and (whole := self._whole(rules[0], shape)):
            yield f"{name} = {rounded(whole)}"
            return
        if not shape:
            (entry,) = entries
            text = self._scalar(*((rules[0].right[-1], {}, rules[0].lengths) if rules else (entry.right[0], {}, {})))
            yield f"{name} = {rounded(text)}"
            return
        if not any(to.family == name for entry in entries for to in references(entry.right[0]) if _is_cell(to)):
            yield f"{name} = np.zeros({shape if len(shape) > 1 else shape[0]})"  # else entries are changed in place
        for rule in rules:
            yield from self._loop(name, rule, rounded)
        for entry in rest:
            place = ", ".join(str(index - 1) for index in _numbers(entry.cell))
            yield f"{name}[{place}] = {rounded(self._scalar(entry.right[0], {}, {}))}"

    # --- whole arrays

    def _whole(self, rule: Rule, shape: tuple[int, ...]) -> str:
        """The expression of the whole array; empty where it takes a loop."""
        axes = _coordinates(rule.left.address)
        letters = [axis for axis in axes if isinstance(axis, str)]
        count = 1
        for length in shape:
            count *= length
        single = [axis for axis, length in zip(axes, shape, strict=True) if length == 1 and not isinstance(axis, str)]
        if len(rule.cells) != count or len(set(letters)) < len(letters) or len(letters) + len(single) < len(axes):
            return ""
        try:
            written, used = self._over(rule.right[-1], tuple(letters))
        except _Elsewhere:
            return ""
        text, _ = written
        if set(letters) - used:  # the same number everywhere
            return ""
        if len(letters) < len(axes):
            return f"({text}).reshape{shape}" if len(shape) > 1 else f"np.array([{text}])"
        return text

    def _over(self, formula: Formula, axes: tuple[str, ...]) -> tuple[tuple[str, int], set[str]]:
        """An expression with one axis a letter, how tightly it holds, and the letters it runs over."""
        match formula:
            case Ref(Address() as to):
                return self._aligned(to, axes)
            case Sigma():
                return self._summed(formula, axes)
            case Product((Ref(Address() as one), Ref(Address() as other))) if len(axes) == 2:
                ones, others = _letters(one), _letters(other)
                if (ones, others) == ((axes[0],), (axes[1],)):
                    return (f"np.outer({self._plain(one)}, {self._plain(other)})", _POWER), set(axes)
                if (ones, others) == ((axes[1],), (axes[0],)):
                    return (f"np.outer({self._plain(other)}, {self._plain(one)})", _POWER), set(axes)
        used: set[str] = set()

        def walk(part: Formula) -> tuple[str, int]:
            written, own = self._over(part, axes)
            used.update(own)
            return written

        return self._written(formula, walk, whole=True), used

    def _plain(self, to: Address) -> str:
        """An array with its constant indices taken."""
        axes = _coordinates(to)
        index = ", ".join(str(axis - 1) if isinstance(axis, int) else ":" for axis in axes)
        name = to.family
        if all(isinstance(axis, str) for axis in axes):
            return name
        while index.endswith(", :"):
            index = index[: -len(", :")]
        return f"{name}[{index}]"

    def _aligned(self, to: Address, axes: tuple[str, ...]) -> tuple[tuple[str, int], set[str]]:
        letters = _letters(to)
        if any(len(letter) > 1 for letter in letters) or len(set(letters)) < len(letters) or not {*letters} <= {*axes}:
            raise _Elsewhere
        text = self._plain(to)
        order = sorted(letters, key=axes.index)
        if order != list(letters):
            if len(letters) != 2:
                raise _Elsewhere
            text = f"{text}.T"
        if order:
            after = axes[axes.index(order[0]) :]
            places = [":" if axis in order else "None" for axis in after]
            if "None" in places:
                text = f"{text}[{', '.join(places)}]"
        return (text, _POWER), set(letters)

    def _summed(self, formula: Sigma, axes: tuple[str, ...]) -> tuple[tuple[str, int], set[str]]:
        letters, body = [formula.index], formula.body
        while isinstance(body, Sigma):
            letters.append(body.index)
            body = body.body
        if len(letters) == 1 and (found := self._matrix_product(body, letters[0], axes)):
            return found
        written, used = self._over(body, (*axes, *letters))
        if not used.issuperset(letters):
            raise _Elsewhere
        text, tightness = written
        inner = text if tightness == _POWER else f"({text})"
        if used == {*letters}:
            return (f"{inner}.sum()", _POWER), set()
        axis = f"axis={tuple(range(-len(letters), 0))}" if len(letters) > 1 else "axis=-1"
        return (f"{inner}.sum({axis})", _POWER), used - {*letters}

    def _matrix_product(
        self, body: Formula, over: str, axes: tuple[str, ...]
    ) -> tuple[tuple[str, int], set[str]] | None:
        """``A @ B``, with what has to be turned round turned round; None where it is no product of two arrays."""
        match body:
            case Neg(arg) if found := self._matrix_product(arg, over, axes):
                return (f"-({found[0][0]})", _SUM), found[1]
            case Quotient(top, Num(text)) if found := self._matrix_product(top, over, axes):
                return (f"{found[0][0]} / {text}", _PRODUCT), found[1]
            case Product((Ref(Address() as one), Ref(Address() as other))):
                pass
            case _:
                return None
        for first, second in ((one, other), (other, one)):
            ones, others = _letters(first), _letters(second)
            rest = (*(letter for letter in ones if letter != over), *(letter for letter in others if letter != over))
            sizes = {len(ones), len(others)}
            if rest != axes or not sizes <= {1, 2} or ones.count(over) != 1 or others.count(over) != 1:
                continue
            left = self._plain(first) + (".T" if len(ones) > 1 and ones[0] == over else "")
            right = self._plain(second) + (".T" if len(others) > 1 and others[0] != over else "")
            return (f"{left} @ {right}", _PRODUCT), set(axes)
        return None

    # --- loops and single cells

    def _loop(self, name: str, rule: Rule, rounded: Callable[[str], str]) -> Iterator[str]:
        axes = _coordinates(rule.left.address)
        letters = list(dict.fromkeys(axis for axis in axes if isinstance(axis, str)))
        places = {tuple(_binding(rule.left.address, cell)[letter] for letter in letters) for cell in rule.cells}
        ranges = [sorted({place[number] for place in places}) for number in range(len(letters))]
        condition = _condition(places, ranges, letters)
        if not letters or condition is None or any(own != list(range(1, len(own) + 1)) for own in ranges):
            for cell in sorted(rule.cells, key=_numbers):
                binding = _binding(rule.left.address, cell)
                place = ", ".join(str(index - 1) for index in _numbers(cell))
                yield f"{name}[{place}] = {rounded(self._scalar(rule.right[-1], binding, rule.lengths))}"
            return
        counts = ", ".join(str(own[-1]) for own in ranges)
        yield f"for {', '.join(letters)} in {'range' if len(letters) == 1 else 'np.ndindex'}({counts}):"
        if condition:
            yield f"    if {condition}:"
        index = ", ".join(_from_zero(axis, {}) for axis in axes)
        indent = "        " if condition else "    "
        yield f"{indent}{name}[{index}] = {rounded(self._scalar(rule.right[-1], {}, rule.lengths))}"

    def _scalar(self, formula: Formula, binding: Mapping[str, int], lengths: Mapping[str, int]) -> str:
        """One number of an array, over letters that count from 0 (or with numbers for them)."""
        bound = dict(binding)

        def walk(part: Formula) -> tuple[str, int]:
            if isinstance(part, Ref):
                index = ", ".join(_from_zero(axis, bound) for axis in _coordinates(part.address))
                return (f"{part.address.family}[{index}]" if index else part.address.family), _POWER
            if isinstance(part, Sigma):
                loops, body = "", cast("Formula", part)
                while isinstance(body, Sigma):
                    loops += f" for {body.index} in range({lengths[body.index]})"
                    body = body.body
                return f"sum({walk(body)[0]}{loops})", _POWER
            return self._written(part, walk, whole=False)

        text, _ = walk(formula)
        return text

    # --- expressions

    def _written(self, formula: Formula, walk: Callable[[Formula], tuple[str, int]], *, whole: bool) -> tuple[str, int]:
        def at_least(part: Formula, least: int) -> str:
            text, tightness = walk(part)
            return text if tightness >= least else f"({text})"

        match formula:
            case Num(text):
                return text, _POWER
            case Neg(arg):
                return f"-{at_least(arg, _PRODUCT)}", _SUM
            case Sum(terms):
                return _signed(terms, lambda term: at_least(term, _PRODUCT), walk), _SUM
            case Product(factors):
                first, *others = factors
                return " * ".join([at_least(first, _PRODUCT), *(at_least(one, _POWER) for one in others)]), _PRODUCT
            case Quotient(top, bottom):
                return f"{at_least(top, _PRODUCT)} / {at_least(bottom, _POWER)}", _PRODUCT
            case Power(Num(text), _) if self.counts_updates:
                return f"{text}**n", _PRODUCT
            case Power(base, exponent):
                return f"{at_least(base, _POWER)}**{exponent}", _PRODUCT
            case Call("max", args):
                parts = [walk(arg)[0] for arg in args]
                return (_greatest(parts) if whole else f"max({', '.join(parts)})"), _POWER
            case Call(function, (arg,)):
                return f"{_CALLS[function]}({walk(arg)[0]})", _POWER
            case Choice(arg, then, otherwise, above):
                test = f"{at_least(arg, _SUM)} > {at_least(above, _SUM)}"
                if whole:
                    return f"np.where({test}, {walk(then)[0]}, {walk(otherwise)[0]})", _POWER
                return f"{at_least(then, _SUM)} if {test} else {at_least(otherwise, _SUM)}", _LOOSE
        raise PlanError(f"no program for {formula}")


def _greatest(parts: Sequence[str]) -> str:
    first, *others = parts
    for other in others:
        first = f"np.maximum({first}, {other})"
    return first


def _signed(
    terms: Iterable[Formula], tight: Callable[[Formula], str], walk: Callable[[Formula], tuple[str, int]]
) -> str:
    text = ""
    for number, term in enumerate(terms):
        if isinstance(term, Neg):
            text += f"{' - ' if number else '-'}{tight(term.arg)}"
        else:
            inner, tightness = walk(term)
            text += f"{' + ' if number else ''}{inner if tightness > _LOOSE else f'({inner})'}"
    return text


def _is_cell(to: Address | str) -> TypeGuard[Address]:
    return isinstance(to, Address)


def _coordinates(cell: Address) -> tuple[int | str, ...]:
    """The indices of a cell in its array: the sample first."""
    return cell.units if cell.sample is None else (cell.sample, *cell.units)


def _letters(cell: Address) -> tuple[str, ...]:
    return tuple(axis for axis in _coordinates(cell) if isinstance(axis, str))


def _numbers(cell: Address) -> tuple[int, ...]:
    return tuple(int(axis) for axis in _coordinates(cell))


def _binding(left: Address, cell: Address) -> dict[str, int]:
    pairs = zip(_coordinates(left), _numbers(cell), strict=True)
    return {letter: number for letter, number in pairs if isinstance(letter, str)}


def _from_zero(index: int | str, binding: Mapping[str, int]) -> str:
    """An index of the sheet as the program counts: ``i+k-1`` is ``i + k``, 1 is 0."""
    if isinstance(index, int):
        return str(index - 1)
    match = _INDEX.match(index)
    if match is None:
        raise PlanError(f"no index {index}")
    parts = [(int(match["stride"] or 1), match["first"])] if match["first"] else []
    parts.append((int(match["times"] or 1), match["second"]))
    offset = int(match["more"] or 0) - 1
    words = []
    for times, letter in parts:
        if letter in binding:
            offset += times * binding[letter]
        else:
            words.append(letter if times == 1 else f"{times} * {letter}")
            offset += times
    text = " + ".join(words)
    if not words:
        return str(offset)
    return text if not offset else f"{text} {'+' if offset > 0 else '-'} {abs(offset)}"


def _condition(places: set[tuple[int, ...]], ranges: Sequence[Sequence[int]], letters: Sequence[str]) -> str | None:
    """What tells these places from all that the ranges have: nothing, or that two letters differ; None if neither."""
    every = set(product(*ranges))
    if places == every:
        return ""
    for one in range(len(letters)):
        for other in range(one + 1, len(letters)):
            if places == {place for place in every if place[one] != place[other]}:
                return f"{letters[one]} != {letters[other]}"
    return None
