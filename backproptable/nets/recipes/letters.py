"""Rules in letters, read off the cells they hold for.

The cells of an array are worked out alike: ``z[1] = x[1] W[1,1] + x[2] W[2,1]``, ``z[2] = x[1] W[1,2] + ...``.
What they have in common is found by going through their formulas side by side. A number that runs with an
index of the cell becomes its letter (``j``, or ``j+1``, ``t-1``); terms of a sum that differ in numbers alone
become one term under a sum sign. Nothing is guessed: a rule, with numbers put in for its letters and its sums
written out, is each of the formulas it was read off, or there is no rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from backproptable.formulas.formula import (
    Formula,
    Num,
    Partial,
    Ref,
    Sigma,
    Sum,
    children,
    rebuilt,
    references,
    with_parts,
)
from backproptable.formulas.names import UNIT_LETTERS, Address

__all__ = ["Entry", "Rule", "rules_of"]

_SAMPLE_LETTERS: Final = ("s", "n", "q")
_TIME_LETTERS: Final = ("t", "u", "v")
_MOST_RULES: Final = 4
"""Cells that fall into more kinds than this have no rule that would help anybody."""
_MOST_SUMS: Final = 3
"""Sum signs that one row of terms may become: a convolution runs over channels, rows and columns."""
_STRIDES: Final = (2, 3, 4)


class Entry(NamedTuple):
    """A cell, and what it is equal to: the line that is worked, or first the chain rule by named factors."""

    cell: Address
    right: tuple[Formula, ...]


@dataclass(frozen=True)
class Rule:
    """What some cells have in common."""

    left: Ref
    right: tuple[Formula, ...]
    cells: frozenset[Address]
    """The cells it holds for."""
    says_more: bool
    """Whether it is more than the line of the one cell it holds for."""
    lengths: Mapping[str, int]
    """How many terms each letter under a sum sign of its last side stands for."""


def rules_of(entries: Sequence[Entry], taken: Collection[str], first: str = "") -> Iterator[Rule]:
    """The rules of one array, in all its samples and time steps. Letters that are `taken` name arrays.

    `first` is the letter that its index should have, if there is one index. Nothing comes of cells that have
    nothing in common or are of too many kinds.
    """
    kinds: dict[object, list[Entry]] = {}
    for entry in entries:
        kinds.setdefault((_rank(entry.cell), *map(_kind, entry.right)), []).append(entry)
    if len(kinds) > _MOST_RULES:
        return
    for alike in kinds.values():
        rule = _Lettering(alike, taken, first).rule()
        if rule is not None:
            yield rule


def _rank(cell: Address) -> tuple[object, ...]:
    return len(cell.units), cell.sample is None, cell.time is None, cell.share is None


def _kind(formula: Formula) -> object:
    """What a formula is, whatever numbers stand in its indices."""
    match formula:
        case Num(text):
            return text
        case Ref(Address(family, layer, units, sample, primed, update, time, share)):
            return family, layer, len(units), sample is None, primed, update, time is None, share is None
    return type(formula), _own(formula), tuple(map(_kind, children(formula)))


def _own(formula: Formula) -> object:
    """What a node has besides its parts."""
    return getattr(formula, "function", getattr(formula, "exponent", None))


class _Failed(Exception):  # noqa: N818 - never leaves this module
    """These formulas have no rule."""


_Running = Mapping[str, tuple[int, ...]]
"""What each letter stands for in each of the formulas that lie side by side."""


@dataclass
class _Lettering:
    entries: Sequence[Entry]
    taken: Collection[str]
    first: str
    bound: dict[str, int] = field(default_factory=dict)
    """The letters under the sum signs of one side, each used once, with the number of its terms."""

    def rule(self) -> Rule | None:
        try:
            running = self._of_cells()
            left = self._one([Ref(entry.cell) for entry in self.entries], running)
            rights = zip(*(entry.right for entry in self.entries), strict=True)
            right = tuple(self._side(list(alike), running) for alike in rights)
        except _Failed:
            return None
        assert isinstance(left, Ref)  # noqa: S101 - one of references alone
        kept = tuple(after for before, after in pairwise((left, *right)) if after not in (before, left))
        more = any(right[-1] != entry.right[-1] for entry in self.entries)
        cells = frozenset(entry.cell for entry in self.entries)
        return Rule(left, kept, cells, more, dict(self.bound)) if kept else None

    def _side(self, formulas: Sequence[Formula], running: _Running) -> Formula:
        self.bound.clear()
        return self._one(formulas, running)

    def _of_cells(self) -> dict[str, tuple[int, ...]]:
        """The letters of the cells' own indices."""
        running: dict[str, tuple[int, ...]] = {}
        cells = [entry.cell for entry in self.entries]

        def name(values: Iterable[object], letters: Iterable[str]) -> None:
            numbers = tuple(value for value in values if isinstance(value, int))
            if len(numbers) < len(cells) or len(set(numbers)) == 1 or numbers in running.values():
                return
            letter = next((one for one in letters if one not in running and one not in self.taken), None)
            if letter is None:
                raise _Failed
            running[letter] = numbers

        name((cell.sample for cell in cells), _SAMPLE_LETTERS)
        name((cell.time for cell in cells), _TIME_LETTERS)
        name((cell.share for cell in cells), _TIME_LETTERS)
        rank = len(cells[0].units)
        for place in range(rank):
            letters = UNIT_LETTERS if rank > 1 else self.first + UNIT_LETTERS
            name((cell.units[place] for cell in cells), letters)
        return running

    def _one(self, formulas: Sequence[Formula], running: _Running) -> Formula:
        """What the formulas have in common, over these letters."""
        model = formulas[0]
        if isinstance(model, Ref):
            return Ref(self._address([one.address for one in formulas if isinstance(one, Ref)], running))
        if isinstance(model, Sum):
            return self._sum([one.terms for one in formulas if isinstance(one, Sum)], running)
        parts = zip(*map(children, formulas), strict=True)
        common = [self._one(list(alike), running) for alike in parts]
        if isinstance(model, Partial):
            of, by = common
            assert isinstance(of, Ref)  # noqa: S101 - as its parts are
            assert isinstance(by, Ref)  # noqa: S101
            return Partial(of, by)
        return with_parts(model, common)

    def _sum(self, rows: Sequence[tuple[Formula, ...]], running: _Running) -> Formula:
        terms: list[Formula] = []
        start = 0
        for end in _ends_of_runs(rows[0]):
            run = [row[start:end] for row in rows]
            terms += self._folded(run, running) if end - start > 1 else [self._one([one for (one,) in run], running)]
            start = end
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def _folded(self, run: Sequence[tuple[Formula, ...]], running: _Running) -> list[Formula]:
        """The terms under as few sum signs as will do; else each by itself."""
        flat = [term for row in run for term in row]
        count = len(run[0])
        for lengths in _products(count):
            letters = self._free(running, len(lengths))
            if letters is None:
                break
            longer = {letter: tuple(one for one in values for _ in range(count)) for letter, values in running.items()}
            places = list(_counted(lengths))
            own = {letter: tuple(place[k] for place in places) * len(run) for k, letter in enumerate(letters)}
            before = dict(self.bound)
            self.bound.update(zip(letters, lengths, strict=True))
            try:
                body = self._one(flat, longer | own)
            except _Failed:
                self.bound = before
                continue
            used = {mark for to in references(body) if isinstance(to, Address) for mark in _marks(to)}
            if used.issuperset(letters):
                for letter in reversed(letters):
                    body = Sigma(letter, body)
                return [self._usual(body, letters, running)]
            self.bound = before
        return [self._one([row[place] for row in run], running) for place in range(count)]

    def _usual(self, body: Formula, letters: Sequence[str], running: _Running) -> Formula:
        """The same with the letters that samples and time steps have in rules: a sum over samples runs over s."""
        for letter in letters:
            kinds = {
                kind
                for to in references(body)
                if isinstance(to, Address)
                for kind, indices in (("unit", to.units), ("sample", (to.sample,)), ("time", (to.time, to.share)))
                if any(isinstance(index, str) and letter in index for index in indices)
            }
            usual = _SAMPLE_LETTERS if kinds == {"sample"} else _TIME_LETTERS if kinds == {"time"} else ()
            new = next((one for one in usual if one not in {*running, *self.taken, *self.bound}), letter)
            body = _with_letter(body, letter, new)
            self.bound[new] = self.bound.pop(letter)
        return body

    def _free(self, running: _Running, count: int) -> list[str] | None:
        free = [letter for letter in UNIT_LETTERS if letter not in {*running, *self.taken, *self.bound}]
        return free[:count] if len(free) >= count else None

    def _address(self, cells: Sequence[Address], running: _Running) -> Address:
        def written(values: Sequence[int | str | None]) -> int | str | None:
            return _in_letters(values, running)

        model = cells[0]
        units = [written([cell.units[place] for cell in cells]) for place in range(len(model.units))]
        return model._replace(
            units=tuple(unit for unit in units if unit is not None),
            sample=written([cell.sample for cell in cells]),
            time=written([cell.time for cell in cells]),
            share=written([cell.share for cell in cells]),
        )


def _in_letters(values: Sequence[int | str | None], running: _Running) -> int | str | None:
    """A constant, a letter, or a letter with something added: ``j``, ``t-1``, ``i+k-1``, ``2i-1``."""
    if all(value == values[0] for value in values):
        return values[0]
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) < len(values):
        raise _Failed
    for text, steps in _candidates(running):
        offsets = {value - step for value, step in zip(numbers, steps, strict=True)}
        if len(offsets) == 1:
            offset = offsets.pop()
            return f"{text}{offset:+d}" if offset else text
    raise _Failed


def _candidates(running: _Running) -> Iterator[tuple[str, Iterable[int]]]:
    yield from running.items()
    for letter, values in running.items():
        for stride in _STRIDES:
            yield f"{stride}{letter}", [stride * value for value in values]
    for one, values in running.items():
        for other, others in running.items():
            for stride in (1, *_STRIDES) if one != other else ():
                both = [stride * value + also for value, also in zip(values, others, strict=True)]
                yield f"{stride if stride > 1 else ''}{one}+{other}", both


def _with_letter(formula: Formula, old: str, new: str) -> Formula:
    """The same formula in which an index has another letter."""

    def written(index: int | str | None) -> int | str | None:
        return index.replace(old, new) if isinstance(index, str) else index

    def named(ref: Ref) -> Ref:
        to = ref.address
        units = tuple(one for unit in to.units if (one := written(unit)) is not None)
        return Ref(to._replace(units=units, sample=written(to.sample), time=written(to.time), share=written(to.share)))

    def walk(node: Formula) -> Formula:
        match node:
            case Ref():
                return named(node)
            case Partial(of, by):
                return Partial(named(of), named(by))
            case Sigma(index, body):
                return Sigma(new if index == old else index, walk(body))
        return rebuilt(node, walk)

    return walk(formula)


def _marks(to: Address) -> Iterator[str]:
    """The letters in the indices of a cell."""
    for index in (*to.units, to.sample, to.time, to.share):
        yield from str(index)


def _ends_of_runs(terms: Sequence[Formula]) -> Iterator[int]:
    """Where rows of terms end that differ in indices alone."""
    kinds = [_kind(term) for term in terms]
    for place in range(1, len(kinds)):
        if kinds[place] != kinds[place - 1]:
            yield place
    yield len(kinds)


def _products(count: int) -> Iterator[tuple[int, ...]]:
    """The count, then what it is a product of: 4, then 2 times 2."""

    def split(rest: int, parts: int) -> Iterator[tuple[int, ...]]:
        if parts == 1:
            yield (rest,)
            return
        for one in range(2, rest // 2 + 1):
            if rest % one == 0:
                yield from ((one, *others) for others in split(rest // one, parts - 1) if min(others) > 1)

    for parts in range(1, _MOST_SUMS + 1):
        yield from split(count, parts)


def _counted(lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All places, counted from 1, the last index first."""
    if not lengths:
        yield ()
        return
    for one in range(1, lengths[0] + 1):
        yield from ((one, *rest) for rest in _counted(lengths[1:]))
