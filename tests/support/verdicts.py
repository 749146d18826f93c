"""What the judge says of students whose numbers are known to be right, or wrong in a known place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from backproptable.basics.shipped import shipped_texts
from backproptable.drawing.draw import Drawing, student_key
from backproptable.examples.example import load_preset
from backproptable.formulas.digits import half_unit
from backproptable.formulas.formula import references
from backproptable.marking.as_written import AsWritten
from backproptable.marking.explanations import Explanations
from backproptable.marking.judge import Judge, Judged
from backproptable.marking.one_reading import Truth, Verdicts
from backproptable.marking.papers import Papers
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Digits, Part, Plan
from backproptable.numbers.evaluate import Calculator
from backproptable.numbers.grids import Grids
from support.drawn import DEFAULT, KINDS, WIDE
from support.good_sheet import work
from support.students import Habits, Slip, Students, draw_habits, habits_of

__all__ = ["Results", "simulate"]

Table = NDArray[np.float64]
Flags = NDArray[np.bool_]

# --- the nets ----------------------------------------------------------------------------------


def _net(*layers: int, **keys: object) -> Net:
    return replace(DEFAULT, layers=layers, **keys)


MORE_NETS: Final = {
    "tanh, sum of squares": _net(2, 3, 2, activations=("tanh", "identity"), loss="sse", learning_rate=Decimal("0.05")),
    "loss is the output": _net(3, 2, 1, activations=("sigmoid", "tanh"), loss="output", learning_rate=Decimal("0.1")),
    "shared bias, to_from": _net(
        2, 2, 2, activations=("sigmoid", "sigmoid"), loss="half_sse", bias="shared", weights="to_from", updates=2
    ),
    "no bias": _net(3, 2, activations=("identity",), loss="mse", bias="none", learning_rate=Decimal("0.1")),
    "batch, softmax": _net(2, 3, 3, activations=("leaky_relu", "softmax"), samples=2, update_biases=True),
    "short delta": _net(3, 3, 3, activations=("sigmoid", "softmax"), output_delta="short", updates=2),
    "binary, softmax": _net(2, 2, 3, activations=("relu", "softmax"), loss="binary_cross_entropy"),
}
"""What the kinds of drawn sheets lack."""


@dataclass(frozen=True)
class Class:
    """A net and what is asked of those who work it. `figures` is None where no number of figures is."""

    net: Net
    figures: int | None = 4
    carry: str = "paper"
    grids: Grids = field(default_factory=Grids)

    @cached_property
    def plan(self) -> Plan:
        return derive_plan(self.net)

    @cached_property
    def drawing(self) -> Drawing:
        return Drawing(self.plan, figures=self.figures or 4, carry=self.carry, grids=self.grids)

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.plan, self.figures, self.carry)

    @cached_property
    def explanations(self) -> Explanations:
        return Explanations(self.judge, AsWritten(self.plan, self.figures, self.carry))

    @cached_property
    def calculator(self) -> Calculator:
        return Calculator(self.plan)

    @cached_property
    def worked(self) -> NDArray[np.intp]:
        """The rows that are worked out."""
        return np.arange(len(self.plan.givens), len(self.plan.cells))

    def rows(self, *parts: Part, rounded: bool = False) -> NDArray[np.intp]:
        """The rows of these parts of the training step, or only those that are written rounded."""
        return np.array(
            [
                self.plan.row[cell.address]
                for step, cell in self.plan.worked
                if step.part in (parts or Part) and (not rounded or cell.digits is Digits.FIGURES)
            ],
            dtype=np.intp,
        )

    def sheets(self, count: int, topic: str, at_once: int = 500) -> Iterator[tuple[Sheets, np.random.Generator]]:
        """Drawn sheets, some at a time, and what their students' chances come from."""
        for start in range(0, count, at_once):
            keys = [student_key(b"verdicts", topic, str(n)) for n in range(start, min(start + at_once, count))]
            givens = self.drawing.candidates.floats(self.drawing.draw(keys).units)
            yield Sheets(self, givens), np.random.default_rng(list(keys[0]))


class Sheets:
    """Drawn sheets with their true numbers, and what is said of answers on them."""

    def __init__(self, of: Class, givens: Table) -> None:
        self.of, self.givens, self.count = of, givens, givens.shape[1]
        self.exact = self.printed = paper = of.calculator.without_mere_noise(givens)
        if of.figures is not None:
            paper = of.calculator.paper(givens, of.figures)
            self.printed = paper if of.carry == "paper" else of.calculator.shown(self.exact, of.figures)
        self.truth = Truth(self.exact, self.printed, paper)

    def work(self, habits: Habits, chance: np.random.Generator, **more: object) -> Students:
        return Students(self.of.plan, self.givens, habits, self.of.figures, chance, **more)

    def judged(self, papers: Papers) -> Judged:
        """The verdicts of these answers."""
        return self.of.judge.judge(papers, self.truth)


def _of_kinds(figures: Sequence[int | None]) -> dict[str, Class]:
    """Every net, with one number of figures after the other."""
    kinds = {name: Class(kind.net, kind.figures, kind.carry, kind.grids) for name, kind in KINDS.items()}
    kinds |= {name: Class(net) for name, net in MORE_NETS.items()}
    kinds["wide"] = Class(KINDS["2-2-2 of sigmoids"].net, grids=WIDE)
    return {
        f"{name}, {asked or 'no'} figures": replace(kind, figures=asked)
        for place, (name, kind) in enumerate(kinds.items())
        for asked in figures[place % len(figures) :: len(figures) // 2]
    }


HONEST: Final = _of_kinds((4, 3, None, 5, 6, None))
"""Nets of every kind, some numbers of figures each."""
MISTAKEN: Final = {name: Class(kind.net, kind.figures, kind.carry, kind.grids) for name, kind in KINDS.items()} | {
    name: Class(net) for name, net in MORE_NETS.items()
}
RECIPES: Final = {name: Class(load_preset(name).net) for name in shipped_texts("recipes")}
"""Nets by their forward lines, as shipped."""

# --- rules of today ----------------------------------------------------------------------------

_Rule = Callable[[Table, Table], Flags]
"""Which written numbers are accepted for a true one."""


def _figures(count: int) -> _Rule:
    def rule(written: Table, true: Table) -> Flags:
        unit = np.where(true == 0, 1.0, 2 * half_unit(true, count))
        return np.abs(_nearest(written, unit) - _nearest(true, unit)) < 0.5 * unit

    return rule


def _nearest(values: Table, unit: Table) -> Table:
    return np.floor(np.abs(values) / unit + 0.5 + 1e-9) * unit * np.sign(values)


def _relative(share: float) -> _Rule:
    return lambda written, true: np.abs(written - true) <= share * np.abs(true) * (1 + 1e-9)


def _absolute(room: float) -> _Rule:
    return lambda written, true: np.abs(written - true) <= room * (1 + 1e-9)


FEWEST_RESCUED: Final = 3
"""Lines that have to be gained before a sheet is read as cut off."""
RULES: Final[Mapping[str, _Rule]] = {
    "within 5 %": _relative(0.05),
    "within 1 %": _relative(0.01),
    "within 0.1 %": _relative(0.001),
    "within 0.05": _absolute(0.05),
    "within 0.01": _absolute(0.01),
    "the digits as printed": _relative(1e-12),
    "3 significant figures": _figures(3),
    "2 significant figures": _figures(2),
}
"""Which numbers are accepted for a true one; the true one as the key prints it."""

# --- honest students ---------------------------------------------------------------------------


@dataclass
class Honest:
    """What was said of honest sheets."""

    sheets: int = 0
    lines: int = 0
    wrong: int = 0
    follows: int = 0
    too_few: int = 0
    """Too few digits, though none were left out on the sheet."""
    above: int = 0
    """Lines with all their digits that fit only because a short number above them can mean much."""
    silent: int = 0
    """Numbers with so few digits that they say nothing: updated weights written as the old ones, and a bare 1."""
    hard_to_tell: int = 0
    """Flagged lines of sheets of cut numbers that only one or two lines tell from rounded ones."""
    examples: list[str] = field(default_factory=list)
    compared: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Lines, of those that were compared, which the rules of today reject."""

    def work(self, of: Class, count: int, topic: str, *, cut: bool = False, fewer: float = 0.0) -> None:
        for sheets, chance in of.sheets(count, f"honest {topic}"):
            habits = draw_habits(sheets.count, chance)
            habits = replace(habits, cuts=np.full(sheets.count, cut), fewer=np.full(sheets.count, fewer))
            students = sheets.work(habits, chance, printed=sheets.printed, given=self._given(sheets, chance))
            papers = students.papers
            judged = sheets.judged(papers)
            verdicts = judged.verdicts
            self.sheets += sheets.count
            self.lines += int(papers.answered.sum())
            wrong = papers.answered & ~verdicts.fits
            silent = self._are_as_before(of, papers) | ((papers.value == 1) & (students.place == 0))
            self.silent += int((wrong & silent).sum())
            wrong &= ~silent
            told = np.ones(sheets.count, dtype=bool)
            if cut:
                told = judged.as_cut | ~wrong.any(axis=0) | (wrong.sum(axis=0) >= FEWEST_RESCUED)
                self.hard_to_tell += int((wrong & ~told).sum())
            wrong &= told
            self.wrong += int(wrong.sum())
            if fewer:  # what stands on a number that is too short need not be right
                self.above += int((verdicts.too_few & (papers.half <= papers.padded)).sum())
            else:
                self.follows += int((verdicts.fits & ~verdicts.right & told).sum())
                self.too_few += int((verdicts.too_few & told).sum())
            if wrong.any() and len(self.examples) < 20:
                self.examples += self._told(of, topic, students, verdicts, wrong)
            if of.figures is not None:
                rows = of.rows(rounded=True)
                written, true = papers.value[rows], sheets.printed[rows]
                there = papers.answered[rows]
                self.compared += int(there.sum())
                for name, rule in RULES.items():
                    self.rejected[name] += int((there & ~rule(written, true)).sum())

    @staticmethod
    def _are_as_before(of: Class, papers: Papers) -> Flags:
        """Which updated weights and biases are written as before the update."""
        same = np.zeros(papers.value.shape, dtype=bool)
        for row in of.rows(Part.UPDATE).tolist():
            to = of.plan.cells[row].address
            before = to._replace(primed=to.update > 1, update=max(to.update - 1, 1))
            same[row] = papers.value[row] == papers.value[of.plan.row[before]]
        return same

    @staticmethod
    def _given(sheets: Sheets, chance: np.random.Generator) -> Flags | None:
        """On a fifth of the sheets the forward pass stands worked."""
        given = np.zeros(sheets.exact.shape, dtype=bool)
        if sheets.of.figures is not None:
            given[sheets.of.rows(Part.FORWARD)] = chance.random(sheets.count) < 0.2
        return given

    @staticmethod
    def _told(of: Class, topic: str, students: Students, verdicts: Verdicts, wrong: Flags) -> Iterator[str]:
        columns = np.flatnonzero(wrong.any(axis=0))[:2]
        for column in columns:
            row = int(np.argmax(wrong[:, column]))
            low, high = verdicts.low[row, column], verdicts.high[row, column]
            habits = students.habits
            yield (
                f"{topic}: {of.plan.cells[row].name} = {students.text(row, column)} is not in {low:.9g} to {high:.9g} "
                f"(memory {habits.from_memory[column]}, other route {habits.other_route[column]}, "
                f"blank {habits.blank[column]}, zeros dropped {habits.drops_zeros[column]})"
            )


# --- students who make mistakes ----------------------------------------------------------------


@dataclass
class Mistaken:
    """What was said of sheets with `many` mistakes in them, each in a line of its own."""

    many: int = 1
    sheets: int = 0
    found: int = 0
    """Sheets on which every mistake was found in its line."""
    places: int = 0
    seen: int = 0
    named: int = 0
    alone: int = 0
    others: int = 0
    """Lines besides those of the mistakes."""
    lost: int = 0
    """Of these, such as neither are right nor follow."""
    trivial: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    accepted: Counter[str] = field(default_factory=Counter)

    def work(self, of: Class, count: int, topic: str) -> None:
        for sheets, chance in of.sheets(count, f"{self.many} mistakes {topic}"):
            if of.explanations.kept_apart.lines:
                self._some(of, sheets, chance, topic)

    def _some(self, of: Class, sheets: Sheets, chance: np.random.Generator, topic: str) -> None:
        lines, rows = of.explanations.kept_apart.lines, of.explanations.kept_apart.rows
        chosen = chance.integers(len(lines), size=(self.many, sheets.count))
        slips = [
            Slip(int(rows[line]), np.flatnonzero(of_them == line), lines[line].formula)
            for of_them in chosen
            for line in np.unique(of_them)
        ]
        habits = replace(habits_of(sheets.count), from_memory=chance.choice([0.0, 0.5, 1.0], sheets.count))
        habits = replace(
            habits, drops_zeros=chance.random(sheets.count) < 0.5, many_decimals=np.full(sheets.count, True)
        )
        students = sheets.work(habits, chance, slips=slips)
        at = rows[chosen], np.broadcast_to(np.arange(sheets.count), chosen.shape)
        counts = students.changed[at] & students.answered[at]
        counts = counts.all(axis=0) & (len(chosen) == 1 or (at[0][0] != at[0][-1]))
        papers = students.papers
        judged = sheets.judged(papers)
        verdicts = judged.verdicts
        own, true = of.explanations.mistakes(papers, judged, sheets.truth)
        flagged = ~verdicts.fits[at]
        self.sheets += int(counts.sum())
        self.found += int((flagged.all(axis=0) & counts).sum())
        self.places += int(counts.sum()) * self.many
        self.seen += int((flagged & counts).sum())
        codes = np.array([line.mistake for line in lines])
        for place in range(self.many):
            for column in np.flatnonzero(counts):
                line = chosen[place, column]
                here = rows == rows[line]
                fits = own[:, column] & here
                names = set(codes[fits if fits.any() else true[:, column] & here].tolist())
                self.named += codes[line] in names
                self.alone += names == {codes[line]}
                if not flagged[place, column]:
                    self.missed[f"{topic}: {codes[line]}"] += 1
        besides = papers.answered & counts
        besides[at] = False
        self.others += int(besides.sum())
        self.lost += int((besides & (~verdicts.fits | verdicts.too_few)).sum())
        self.trivial += int((besides & verdicts.trivial).sum())
        if self.many == 1 and of.figures is not None:
            rounds = counts & np.isin(at[0][0], of.rows(rounded=True))
            written, printed = papers.value[at][0][rounds], sheets.printed[at][0][rounds]
            self.compared += int(rounds.sum())
            for name, rule in RULES.items():
                self.accepted[name] += int(rule(written, printed).sum())
            self.accepted["own"] += int((~flagged[0][rounds]).sum())


# --- students who do not work at all -----------------------------------------------------------

BLUFFS: Final = {
    "`0` everywhere": "0",
    "the line above, in one line": "above",
    "`0.5` everywhere": "0.5",
    **{f"`{digit}` everywhere": str(digit) for digit in range(1, 10)},
}


@dataclass
class Bluffed:
    """What was earned by answers that nobody worked out."""

    lines: int = 0
    lucky: int = 0
    """Lines in which it is the right number."""
    handed_on: int = 0
    """Lines that follow because the formula is to take a number over as it is, such as max(0, z)."""
    too_few: int = 0
    """Lines in which a number with too few digits follows from such numbers: half the points by default."""
    corrected: int = 0
    """Lines in which it is right once wrong numbers above are replaced by what they should have been."""
    earned: int = 0
    """Other lines that earn points."""

    def work(self, of: Class, count: int, topic: str, bluff: str) -> None:
        for sheets, chance in of.sheets(count, f"bluff {topic}"):
            students = sheets.work(habits_of(sheets.count), chance)
            papers, counts = students.papers, np.zeros(students.answered.shape, dtype=bool)
            if bluff == "above":
                at = chance.choice(of.worked, sheets.count), np.arange(sheets.count)
                counts[at] = True
                for table in (papers.value, papers.half, papers.padded):
                    table[at] = table[at[0] - 1, at[1]]
            else:
                rows = of.worked
                counts[rows] = True
                papers.value[rows] = float(bluff)
                exact = np.array([[of.plan.cells[row].digits is Digits.EXACT] for row in rows])
                full = half_unit(papers.value[rows], of.figures)
                half = full if bluff == "1" else np.full_like(full, 0.5 * 10.0 ** -len(bluff[2:]))
                papers.half[rows] = np.where(exact | (bluff == "0"), 0, half)
                papers.padded[rows] = np.minimum(papers.half[rows], full)
            verdicts = sheets.judged(papers).verdicts
            room = papers.half * (1 + 1e-9) + 1e-12
            is_right = (np.abs(papers.value - sheets.exact) <= room) | (np.abs(papers.value - sheets.printed) <= room)
            earns = counts & verdicts.fits & ~verdicts.trivial & ~is_right
            copies = self._copies(of, papers.value, np.flatnonzero(earns.any(axis=1)).tolist())
            self.lines += int(counts.sum())
            self.lucky += int((counts & is_right).sum())
            self.handed_on += int((earns & copies).sum())
            self.too_few += int((earns & ~copies & verdicts.too_few).sum())
            self.corrected += int((earns & ~copies & verdicts.corrected).sum())
            self.earned += int((earns & ~copies & ~verdicts.too_few & ~verdicts.corrected).sum())

    @staticmethod
    def _copies(of: Class, written: Table, rows: Sequence[int]) -> Flags:
        """Where, in these rows, some formula of a line gives one of the very numbers that it is over."""
        copies = np.zeros(written.shape, dtype=bool)
        with np.errstate(all="ignore"):
            for row in rows:
                for formula in of.plan.cells[row].formulas:
                    numbers = {to: written[of.plan.row[to]] for to in references(formula)}
                    if numbers:
                        value = work(formula, numbers)
                        copies[row] |= np.any([np.abs(value - number) <= 1e-12 for number in numbers.values()], axis=0)
        return copies


@dataclass
class Changed:
    """Backward numbers of right sheets replaced by 0, or with their sign turned: one on each sheet."""

    compared: int = 0
    accepted: dict[str, Counter[str]] = field(default_factory=lambda: {"zero": Counter(), "sign": Counter()})

    def work(self, of: Class, count: int, topic: str) -> None:
        rows = of.rows(Part.BACKWARD, rounded=True)
        for sheets, chance in of.sheets(count, f"changed {topic}"):
            if not rows.size:
                continue
            students = sheets.work(habits_of(sheets.count), chance)
            at = chance.choice(rows, sheets.count), np.arange(sheets.count)
            counts = sheets.printed[at] != 0
            self.compared += int(counts.sum())
            for what, factor in (("zero", 0.0), ("sign", -1.0)):
                papers = students.papers
                papers.value[at] *= factor
                if not factor:
                    papers.half[at] = papers.padded[at] = 0
                written, true = papers.value[at][counts], sheets.printed[at][counts]
                for name, rule in RULES.items():
                    self.accepted[what][name] += int(rule(written, true).sum())
                self.accepted[what]["own"] += int(sheets.judged(papers).verdicts.fits[at][counts].sum())


# --- all of it ---------------------------------------------------------------------------------


@dataclass
class Results:
    """All that a simulation has found, and what it aims at."""

    honest: dict[str, Honest] = field(default_factory=dict)
    one: Mistaken = field(default_factory=Mistaken)
    pairs: Mistaken = field(default_factory=lambda: Mistaken(2))
    changed: Changed = field(default_factory=Changed)
    bluffs: dict[str, Bluffed] = field(default_factory=dict)

    def missed_aims(self) -> Iterator[str]:
        """In words, what is not as good as it should be."""
        for name, honest in self.honest.items():
            if honest.wrong:
                yield f"{honest.wrong} honest lines were marked wrong ({name})"
            if honest.too_few or honest.follows:
                yield f"{honest.too_few} and {honest.follows} honest lines have too few digits or only follow ({name})"
        one, pairs = self.one, self.pairs
        aims = {
            "one mistake is found in its line": (one.found, one.sheets, 0.995),
            "one mistake is named": (one.named, one.sheets, 0.95),
            "both of two mistakes are found": (pairs.found, pairs.sheets, 0.95),
            "other lines keep their credit": (one.others - one.lost, one.others, KEPT),
            "other lines keep their credit beside two": (pairs.others - pairs.lost, pairs.others, KEPT),
        }
        yield from (f"{words}: {part} of {all_}" for words, (part, all_, aim) in aims.items() if part < aim * all_)
        for words, bluff in self.bluffs.items():
            if bluff.earned > BY_CHANCE * bluff.lines:
                yield f"{words}: {bluff.earned} of {bluff.lines} lines earn points"


KEPT: Final = 0.9999
"""A mistake can make later terms cancel to 0 in a calculator, but not on paper: that 0 is not accepted."""
BY_CHANCE: Final = 0.005
"""Lines where one digit in all places happens to follow: 5 = 5 · 0.61 + 5 · 0.39, with four figures."""
STYLES: Final[Mapping[str, tuple[float, dict[str, Any]]]] = {
    "rounded": (0.8, {}),
    "cut off": (0.1, {"cut": True}),
    "some numbers with fewer figures": (0.1, {"fewer": 0.15}),
}
"""Kinds of honest students: the share of the sheets, and what is theirs."""


def simulate(sheets: int, *, kinds: int = 0, bluffs: int | None = None, recipes: bool = False) -> Results:
    """So many honest sheets, and a part as many of the others; only some kinds of nets, if `kinds` says so.

    Of `recipes`, those that are shipped take the place of nets with layers.
    """
    classes = (RECIPES, RECIPES) if recipes else (HONEST, MISTAKEN)
    honest, mistaken = (dict(list(of.items())[:: kinds or 1]) for of in classes)
    results = Results()
    for style, (share, habits) in STYLES.items():
        results.honest[style] = Honest()
        for topic, of, count in _shared_out(honest, round(share * sheets)):
            results.honest[style].work(of, count, f"{topic} {style}", **habits)
    for kind, share in ((results.one, 0.25), (results.pairs, 0.125), (results.changed, 0.1)):
        for topic, of, count in _shared_out(mistaken, round(share * sheets)):
            kind.work(of, count, topic)
    for words, bluff in list(BLUFFS.items())[:bluffs]:
        results.bluffs[words] = Bluffed()
        for topic, of, count in _shared_out(mistaken, max(sheets // 100, 23)):
            results.bluffs[words].work(of, count, topic, bluff)
    return results


def _shared_out(classes: Mapping[str, Class], sheets: int) -> Iterator[tuple[str, Class, int]]:
    share, more = divmod(sheets, len(classes))
    for place, (topic, of) in enumerate(classes.items()):
        if count := share + (place < more):
            yield topic, of, count
