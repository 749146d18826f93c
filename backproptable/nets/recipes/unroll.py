"""From a recipe's lines to the cells of its forward pass: functions taken apart, time steps and samples unrolled.

A line is worked as it stands if its entries are sums, products, quotients and powers of what is there.
A function that bends (tanh) or mixes (softmax) its input needs that input to have a cell, so what stands
inside it becomes a line of its own, ``z(h)``, and so does a function inside a longer line, ``tanh(c)``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np

from backproptable.basics.errors import InputError, Problem, suggestion
from backproptable.formulas.formula import Choice, Formula, Num, Quotient, Ref, Sum, put_in, references
from backproptable.formulas.names import Address
from backproptable.nets.plan import Reason
from backproptable.nets.recipes.arrays import (
    ARRAY_FUNCTIONS,
    ELEMENTARY,
    Entries,
    RecipeFault,
    as_entries,
    entries_of,
    shown_shape,
)
from backproptable.nets.recipes.entrywise import ENTRYWISE
from backproptable.nets.recipes.mixing import MIXING, Jacobian
from backproptable.nets.recipes.syntax import (
    Add,
    Apply,
    At,
    Block,
    Divide,
    Expression,
    Index,
    Line,
    MatMul,
    Name,
    Negative,
    OneIndex,
    Raised,
    Script,
    Times,
    Transposed,
)
from backproptable.nets.recipes.written_out import WRITTEN_OUT
from backproptable.nets.worked import LOSS, Slope, Worked

__all__ = ["FUNCTIONS", "Given", "Pass", "Unrolled", "taken_apart", "unroll"]

FUNCTIONS: Final = frozenset({*ENTRYWISE, *MIXING, *ARRAY_FUNCTIONS, *WRITTEN_OUT})
"""Every function that a recipe can use."""


class Given(NamedTuple):
    """An array that a recipe is given."""

    name: str
    shape: tuple[int, ...]
    learns: bool
    """Whether it is a parameter."""
    sampled: bool
    """Whether every sample of a batch has its own."""


@dataclass(frozen=True)
class Pass:
    """One pass through the recipe: update 1, 2, ..., or the one after the last."""

    update: int = 1
    primed: bool = False

    def address(self, name: str, units: tuple[int, ...], step: int | None, sample: int | None) -> Address:
        """The cell of an entry that this pass works out."""
        update = 1 if self.primed else self.update
        return Address(name, None, units, sample, self.primed, update, step)

    def parameter(self, name: str, units: tuple[int, ...]) -> Address:
        """The given one, or the one that the update before has left."""
        done = self.update if self.primed else self.update - 1
        return Address(name, None, units, primed=bool(done), update=done or 1)


@dataclass
class Unrolled:
    """A forward pass."""

    lines: list[Worked] = field(default_factory=list)


# --- lines taken apart -------------------------------------------------------------------------


def taken_apart(script: Script) -> Script:
    """The same recipe in which every function that bends or mixes stands alone, over an array."""
    taken = {line.name for line in script.lines}
    parts: list[Line | Block] = []
    for part in script.parts:
        if isinstance(part, Block):
            inner = frozenset(line.name for line in part.lines)
            lines = [one for line in part.lines for one in _apart(line, taken, inner, part.letter)]
            parts.append(replace(part, lines=tuple(lines)))
        else:
            parts += _apart(part, taken, frozenset(), "")
    return Script(tuple(parts))


def _apart(line: Line, taken: set[str], inner: frozenset[str], letter: str) -> Iterator[Line]:
    before: list[Line] = []
    in_loss = line.name == LOSS

    def named(wish: str) -> str:
        name, count = wish, 1
        while name in taken:
            count += 1
            name = f"{wish}{count}"
        taken.add(name)
        return name

    def own_line(wish: str, expression: Expression, at: At) -> Name | Index:
        name = named(wish)
        before.append(Line(name, expression, at, line.text))
        return _now(name, at, letter)

    def is_there(arg: Expression) -> bool:
        """Whether the argument of a function is an array, or a time step of one, and not a part of it."""
        if isinstance(arg, Index):
            return arg.base.name in inner and len(arg.places) == 1 and bool(arg.places[0].letter)
        return isinstance(arg, Name)

    def walk(part: Expression, *, whole: bool = False) -> Expression:
        if isinstance(part, Apply):
            return call(part, whole=whole)
        return _over(part, walk)

    def call(part: Apply, *, whole: bool) -> Expression:
        stays = part.function in ARRAY_FUNCTIONS or (part.function in ELEMENTARY and (in_loss or not whole))
        if stays:
            return replace(part, args=tuple(map(walk, part.args)))
        if len(part.args) != 1:
            return part  # told where it is worked
        (arg,) = part.args
        simple = is_there(arg)
        inside = walk(arg)
        if not simple:
            first = f"z({line.name})" not in taken
            inside = own_line(f"{'z' if first else 'u'}({line.name})", inside, part.at)
        if part.function in WRITTEN_OUT and not part.options:
            return walk(WRITTEN_OUT[part.function](inside, part.at))
        alone = replace(part, args=(inside,))
        if whole and not in_loss:
            return alone
        called = arg.name if isinstance(arg, Name) else arg.base.name if simple and isinstance(arg, Index) else ""
        return own_line(f"{part.function}({called or line.name})", alone, part.at)

    expression = walk(line.expression, whole=True)
    yield from before
    yield replace(line, expression=expression)


def _now(name: str, at: At, letter: str) -> Name | Index:
    base = Name(name, at)
    return Index(base, (OneIndex(letter),), at) if letter else base


def _over(part: Expression, walk: object) -> Expression:
    assert callable(walk)  # noqa: S101 - keeps the table below short
    match part:
        case Add(left, right, minus, at):
            return Add(walk(left), walk(right), minus, at)
        case MatMul(left, right, at):
            return MatMul(walk(left), walk(right), at)
        case Times(left, right, at):
            return Times(walk(left), walk(right), at)
        case Divide(top, bottom, at):
            return Divide(walk(top), walk(bottom), at)
        case Raised(base, exponent, at):
            return Raised(walk(base), exponent, at)
        case Negative(arg, at):
            return Negative(walk(arg), at)
        case Transposed(arg, at):
            return Transposed(walk(arg), at)
    return part


# --- unrolled ----------------------------------------------------------------------------------

_Samples = tuple[int | None, ...]


class _Held(NamedTuple):
    """What stands under a name: for each sample, or once for all of them (under None)."""

    by_sample: dict[int | None, Entries]

    def of(self, sample: int | None) -> Entries:
        return self.by_sample[sample if sample in self.by_sample else None]


def unroll(
    script: Script,
    givens: Sequence[Given],
    now: Pass,
    samples: _Samples,
    numbers: Mapping[str, int],
    *,
    averages: bool = False,
    lost: Collection[str] = (),
    where: str = "[recipe]",
) -> list[Worked]:
    """The lines of one pass, each worked for all samples. `script` is one that has been `taken_apart`.

    What uses an array that is `lost`, since its line cannot be read, says nothing more.
    Raises `InputError` with everything that does not fit, each with its place.
    """
    unrolling = _Unrolling(givens, now, samples, numbers, averages)
    unrolling.lost.update(lost)
    return unrolling.run(script, where)


class _Unrolling:
    def __init__(
        self, givens: Sequence[Given], now: Pass, samples: _Samples, numbers: Mapping[str, int], averages: bool
    ) -> None:
        self.now, self.samples, self.numbers, self.averages = now, samples, numbers, averages
        self.held: dict[str, _Held] = {given.name: self._given(given) for given in givens}
        self.in_time: dict[tuple[str, int], _Held] = {}
        self.times: dict[str, int] = {}
        """The last step of every array that each time step has its own of."""
        self.lost: set[str] = set()
        """Names of lines with a fault: what uses them says nothing more."""
        self.faults: list[RecipeFault] = []
        self.lines: list[Worked] = []

    def _given(self, given: Given) -> _Held:
        def make(sample: int | None) -> Entries:
            def address(units: tuple[int, ...]) -> Ref:
                if given.learns:
                    return Ref(self.now.parameter(given.name, units))
                return Ref(Address(given.name, None, units, sample))

            return as_entries(given.shape, address)

        return _Held({sample: make(sample) for sample in (self.samples if given.sampled else (None,))})

    def run(self, script: Script, where: str) -> list[Worked]:
        for part in script.parts:
            try:
                if isinstance(part, Block):
                    self._block(part)
                else:
                    self._line(part, None, "")
            except RecipeFault as fault:
                self._lose(fault, part)
        if self.faults:
            unique = {(fault.at, str(fault)): fault for fault in self.faults}
            raise InputError([Problem(f"{where} {fault.at}", str(fault), fault.remedy) for fault in unique.values()])
        return list(_needed(self.lines))

    def _lose(self, fault: RecipeFault, part: Line | Block) -> None:
        if str(fault):
            self.faults.append(fault)
        self.lost.update(line.name for line in (part.lines if isinstance(part, Block) else (part,)))

    def _block(self, block: Block) -> None:
        last = self.numbers.get(block.last, 0) if isinstance(block.last, str) else block.last
        if not 1 <= last <= _MOST_STEPS:
            what = (
                f"{block.last} is no number of steps." if isinstance(block.last, str) else f"the last step is {last}."
            )
            remedy = f"Give it in [net], such as {block.last} = 2." if isinstance(block.last, str) else ""
            raise RecipeFault(block.at, what, remedy or f"Write a number from 1 to {_MOST_STEPS}.")
        for line in block.lines:
            if line.name in self.held or line.name in self.times:
                self._lose(RecipeFault(line.at, f"{line.name} is there already.", "Give each array a name."), line)
            self.times[line.name] = last
        for step in range(1, last + 1):
            for line in block.lines:
                if line.name in self.lost:
                    continue
                try:
                    self._line(line, step, block.letter)
                except RecipeFault as fault:
                    self._lose(fault, line)
        for line in block.lines:
            if line.name not in self.lost:
                self.held[line.name] = self._stacked(line.name, last)

    def _stacked(self, name: str, last: int) -> _Held:
        """All time steps of an array as one array, for the lines after the block."""
        steps = [self.in_time[name, step] for step in range(1, last + 1)]
        return _Held({sample: np.stack([held.of(sample) for held in steps]) for sample in steps[0].by_sample})

    def _line(self, line: Line, step: int | None, letter: str) -> None:
        if step is None and line.name in self.held:
            raise RecipeFault(line.at, f"{line.name} is there already.", "Give each array a name of its own.")
        expression = line.expression
        sampled = self._is_sampled(expression)
        samples: _Samples = self.samples if sampled else (None,)
        if isinstance(expression, Apply) and expression.function in ENTRYWISE and not self._stays(line, expression):
            self._entrywise(line, expression, step, letter, samples)
        elif isinstance(expression, Apply) and expression.function in MIXING:
            self._mixing(line, expression, step, letter, samples)
        elif line.name == LOSS:
            self._loss(line, step, letter, samples)
        else:
            formulas = {sample: self._plain(expression, step, letter, sample) for sample in samples}
            reason = Reason.LOSS_TERM if line.name == "l" else Reason.WEIGHTED_SUM
            self._bind(line, step, formulas, reason)

    @staticmethod
    def _stays(line: Line, call: Apply) -> bool:
        return line.name == LOSS and call.function in ELEMENTARY

    def _is_sampled(self, expression: Expression) -> bool:
        for name in _names(expression):
            helds = [self.held.get(name), self.in_time.get((name, 1)), self.held.get(f"{name}0")]
            if any(held is not None and None not in held.by_sample for held in helds):
                return True
        return False

    def _plain(self, expression: Expression, step: int | None, letter: str, sample: int | None) -> Entries:
        def look(part: Name | Index) -> Entries:
            return self._looked_up(part, step, letter, sample)

        return entries_of(expression, look)

    def _looked_up(self, part: Name | Index, step: int | None, letter: str, sample: int | None) -> Entries:
        base = part.base if isinstance(part, Index) else part
        places = part.places if isinstance(part, Index) else ()
        name = base.name
        if name in self.lost:
            raise RecipeFault(part.at, "")
        if step is not None and name in self.times and name not in self.held:
            in_step = bool(places) and places[0].letter == letter  # else it is that of this step
            number = places[0].value(step) if in_step else step
            rest = places[1:] if in_step else places
            return _indexed(self._at_step(base, number, part.at).of(sample), rest, step, part.at)
        if name not in self.held:
            raise RecipeFault(part.at, f"{name} is not there yet.", suggestion(name, [*self.held]))
        return _indexed(self.held[name].of(sample), places, step or 0, part.at)

    def _at_step(self, base: Name, step: int, at: At) -> _Held:
        if step == 0:
            start = f"{base.name}0"
            if start not in self.held:
                remedy = f"Give {start} in shapes: what {base.name} is before the first step."
                raise RecipeFault(at, f"{base.name}[0] is not there.", remedy)
            return self.held[start]
        held = self.in_time.get((base.name, step))
        if held is None:
            raise RecipeFault(at, f"{base.name}[t] is worked out below this line.", "Put it above, or read t-1.")
        return held

    # --- the kinds of lines

    def _bind(
        self,
        line: Line,
        step: int | None,
        formulas: Mapping[int | None, Entries],
        reason: Reason,
        *,
        function: str = "",
        inputs: tuple[str, int | str | None] = ("", None),
        slopes: Sequence[Slope] = (),
        name: str = "",
        helper: bool = False,
    ) -> dict[int | None, Entries]:
        """Give the entries of a line their cells; entries without a formula have none."""
        name = name or line.name
        if step is not None and (before := self.in_time.get((name, step - 1))):
            then, now = (next(iter(entries.values())) for entries in (before.by_sample, formulas))
            if then.shape != now.shape:
                what = f"{name} is {shown_shape(then)} in step {step - 1} and {shown_shape(now)} in step {step}."
                raise RecipeFault(line.at, what, "Give what it is made of, and what it starts from, the same shape.")
        cells: list[tuple[Address, Formula]] = []
        refs: dict[int | None, Entries] = {}
        for sample, entries in formulas.items():
            own = np.empty(entries.shape, dtype=object)
            for place in np.ndindex(entries.shape):
                formula = entries[place]
                if formula is None or formula == Num("0"):
                    own[place] = formula
                    continue
                address = self.now.address(name, tuple(one + 1 for one in place), step, sample)
                cells.append((address, formula))
                own[place] = Ref(address)
            refs[sample] = own
        self.lines.append(
            Worked(
                name, reason, step, tuple(cells), function, inputs, tuple(slopes), helper, function in MIXING, line.text
            )
        )
        if not helper:
            held = _Held(refs)
            if step is None:
                self.held[name] = held
            else:
                self.in_time[name, step] = held
        return refs

    def _argument(
        self, call: Apply, step: int | None, letter: str, samples: _Samples
    ) -> tuple[dict[int | None, Entries], tuple[str, int | str | None]]:
        if len(call.args) != 1:
            raise RecipeFault(call.at, f"{call.function} is of {len(call.args)} arrays.", "It takes 1.")
        (arg,) = call.args
        entries = {sample: self._plain(arg, step, letter, sample) for sample in samples}
        first = next((one for one in entries[samples[0]].reshape(-1) if isinstance(one, Ref)), None)
        return entries, (("", None) if first is None else (first.address.family, first.address.time))

    def _options(self, call: Apply, known: Mapping[str, object]) -> dict[str, object]:
        given = dict(call.options)
        if unknown := sorted(given.keys() - known.keys()):
            remedy = f"Known: {', '.join(known)}." if known else "It has none."
            raise RecipeFault(call.at, f"{call.function} has no option {unknown[0]}.", remedy)
        for key, value in given.items():
            usual = type(known[key])
            if type(value) is not usual and (usual, type(value)) != (str, int):  # a number may be a whole one
                raise RecipeFault(call.at, f"{key} is {value}.", f"Write it like {key}={known[key]}.")
        return {**known, **given}

    def _entrywise(self, line: Line, call: Apply, step: int | None, letter: str, samples: _Samples) -> None:
        function = ENTRYWISE[call.function]
        if function.flat:
            what = f"the derivative of {call.function} is 0 everywhere, so there is nothing to learn."
            raise RecipeFault(call.at, what, "Use a function with a slope.")
        constants = {key: Num(str(value)) for key, value in self._options(call, function.constants).items()}
        arguments, inputs = self._argument(call, step, letter, samples)
        derivation = function.derivation()

        def filled(formula: Formula, z: Formula, a: Formula | None) -> Formula:
            cells: dict[str, Formula] = {"z": z, **({} if a is None else {"a": a}), **constants}
            return put_in(formula, lambda ref: cells[str(ref.to)])

        formulas = {}
        for sample, entries in arguments.items():
            own = np.empty(entries.shape, dtype=object)
            for place in np.ndindex(entries.shape):
                own[place] = filled(function.formula, entries[place], None)
            formulas[sample] = own
        refs = self._bind(line, step, formulas, Reason.ACTIVATION, function=call.function, inputs=inputs)
        slopes = []
        for sample, entries in arguments.items():
            for place in np.ndindex(entries.shape):
                z, a = entries[place], refs[sample][place]
                if isinstance(z, Ref):
                    forms = [filled(form, z, a) for form in derivation.forms]
                    exact = not any(isinstance(to, Address) for to in _value_references(forms[-1]))
                    slopes.append(Slope(a.address, z.address, forms[-1], tuple(forms[:-1]), exact))
        self.lines[-1] = replace(self.lines[-1], slopes=tuple(slopes))

    def _mixing(self, line: Line, call: Apply, step: int | None, letter: str, samples: _Samples) -> None:
        function = MIXING[call.function]
        options = self._options(call, function.options)
        arguments, inputs = self._argument(call, step, letter, samples)
        outputs: dict[int | None, Entries] = {}
        jacobians: dict[int | None, Jacobian] = {}
        helpers: dict[str, tuple[Reason, dict[int | None, Entries]]] = {}

        def helper(sample: int | None, letter_of: str, reason: Reason, entries: Entries) -> Entries:
            name = f"{letter_of}({line.name})"
            helpers.setdefault(name, (reason, {}))[1][sample] = entries
            refs = np.empty(entries.shape, dtype=object)
            for place in np.ndindex(entries.shape):
                if entries[place] is not None:
                    units = tuple(one + 1 for one in place)
                    refs[place] = Ref(self.now.address(name, units, step, sample))
            return refs

        for sample, entries in arguments.items():
            mixed = function.build(
                entries,
                lambda letter_of, reason, ones, sample=sample: helper(sample, letter_of, reason, ones),
                call.at,
                **options,
            )
            outputs[sample], jacobians[sample] = mixed
        for name, (reason, formulas) in helpers.items():
            self._bind(line, step, formulas, reason, name=name, helper=True)
        refs = self._bind(line, step, outputs, Reason.ACTIVATION, function=call.function, inputs=inputs)
        slopes = [
            Slope(refs[sample][out].address, entries[into].address, form, (), function.slopes_are_exact)
            for sample, entries in arguments.items()
            for out, into, form in jacobians[sample](refs[sample])
            if isinstance(entries[into], Ref)
        ]
        self.lines[-1] = replace(self.lines[-1], slopes=tuple(slopes))

    def _loss(self, line: Line, step: int | None, letter: str, samples: _Samples) -> None:
        if step is not None:
            raise RecipeFault(line.at, "the loss stands inside of the time steps.", "Put it after them: L = sum(l).")
        formulas = [self._plain(line.expression, step, letter, sample) for sample in samples]
        if formulas[0].size != 1:
            what = f"the loss is {shown_shape(formulas[0])}, and it must be one number."
            raise RecipeFault(line.at, what, "Add its entries up: L = sum(...).")
        terms = [formula.reshape(-1)[0] for formula in formulas]
        whole = terms[0] if len(terms) == 1 else Sum(tuple(part for one in terms for part in _flat(one)))
        if self.averages and len(samples) > 1:
            whole = Quotient(whole, Num(str(len(samples))))
        entries = np.empty((), dtype=object)
        entries[()] = whole
        self._bind(line, step, {None: entries}, Reason.LOSS)


_MOST_STEPS: Final = 100


def _needed(lines: Sequence[Worked]) -> Iterator[Worked]:
    """The lines without the entries that the loss does not depend on, such as those behind a mask."""
    used: set[Address | str] = set()
    kept: list[Worked] = []
    for line in reversed(lines):
        cells = tuple((cell, formula) for cell, formula in line.cells if line.name == LOSS or cell in used)
        for _, formula in cells:
            used.update(references(formula))
        if cells:
            slopes = tuple(slope for slope in line.slopes if slope.output in used)
            kept.append(replace(line, cells=cells, slopes=slopes))
    return reversed(kept)


def _flat(formula: Formula) -> tuple[Formula, ...]:
    return formula.terms if isinstance(formula, Sum) else (formula,)


def _names(expression: Expression) -> Iterator[str]:
    match expression:
        case Name(name):
            yield name
        case Index(base):
            yield base.name
        case Apply(_, args):
            for arg in args:
                yield from _names(arg)
        case Add(one, other) | MatMul(one, other) | Times(one, other) | Divide(one, other):
            yield from _names(one)
            yield from _names(other)
        case Raised(arg) | Negative(arg) | Transposed(arg):
            yield from _names(arg)


def _value_references(form: Formula) -> Iterator[Address | str]:
    """What a slope's value is worked out from: the conditions of a choice decide, but are no part of it."""
    if isinstance(form, Choice):
        yield from _value_references(form.then)
        yield from _value_references(form.otherwise)
    else:
        yield from references(form)


def _indexed(entries: Entries, places: tuple[OneIndex, ...], step: int, at: At) -> Entries:
    if len(places) > entries.ndim:
        what = f"{len(places)} indices stand after {shown_shape(entries)}."
        raise RecipeFault(at, what, f"It has {entries.ndim}.")
    index: list[int | slice] = []
    for place, length in zip(places, entries.shape, strict=False):
        number = place.value(step)
        if place.everything:
            index.append(slice(None))
        elif 1 <= number <= length:
            index.append(number - 1)
        else:
            raise RecipeFault(at, f"index {number} is none of 1 to {length}.", "Entries are counted from 1.")
    found = entries[tuple(index)]
    if isinstance(found, np.ndarray):
        return found
    single = np.empty((), dtype=object)
    single[()] = found
    return single
