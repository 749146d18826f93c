"""Fresh numbers for a net: short decimals that make a good sheet, for many sheets at once.

A sheet's numbers depend on its key and on nothing else: they are taken from SHAKE-256 of the key,
not from a library's random stream, which may change with the next version. For a class the key
comes from the course's secret, the assignment and the student's id (`student_key`), so nobody
without the secret can work out another student's sheet, and a roster may be sorted or extended.

Weights are drawn unit by unit in forward direction, and a unit whose weighted sum would make a bad
line (saturated, dead, at a corner) is drawn again by itself, so that deep nets are no lottery. A
whole sheet is drawn again until it keeps every rule of `Rules`.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.basics.errors import InputError, Problem
from backproptable.drawing.candidates import Candidates, Units
from backproptable.drawing.confusion import Confusion
from backproptable.drawing.rules import Measure, Rules
from backproptable.formulas.digits import DEFAULT_FIGURES
from backproptable.mistakes.registry import WrongLine, wrong_lines
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import Calculator, Givens
from backproptable.numbers.grids import DEFAULT_GRIDS, Grids, dead_unit_problems
from backproptable.numbers.sheet_numbers import SheetNumbers

__all__ = ["Drawing", "Drawn", "draw_givens", "student_key"]

_SHEET_TRIES: Final = 2000
_BATCH: Final = 256
"""Candidates worked out at once: enough to keep NumPy busy, few enough for a processor's cache."""
_PROBES: Final = 256
"""Trial sheets on which it is seen which mistakes can be told apart in a net at all."""
_ENOUGH: Final = 0.05
"""The share of otherwise good draws that must show every mistake. Those that hide too often are let go."""
_UNITS: Final = "units"
"""The code of the rule that candidates keep by themselves, unit by unit."""


def student_key(secret: bytes, assignment: str, student_id: str) -> bytes:
    """The key of a student's numbers: HMAC-SHA256 with the course's secret."""
    message = json.dumps(["backproptable", 1, assignment, student_id]).encode()
    return hmac.digest(secret, message, "sha256")


def draw_givens(
    plan: Plan, seed: int, *, given: Givens | None = None, figures: int = DEFAULT_FIGURES
) -> dict[str, Decimal]:
    """All givens of `plan`: those in `given` as they are, the others drawn from `seed`.

    Where weights are drawn, the sheet keeps every rule but one: mistakes need not show, since nobody
    is marked on a worked example. Raises `InputError`, naming the rule that failed most.
    """
    drawing = Drawing(plan, figures=figures, given=given or {}, mistakes=False)
    units = drawing.draw([sha256(f"backproptable/{seed}".encode()).digest()]).units
    texts = drawing.candidates.texts(units[:, 0])
    return {cell.name: Decimal(text) for cell, text in zip(plan.givens, texts, strict=True)}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Good sheets, one per key, in the order of the keys."""

    units: Units
    """The givens; shape (given cells, sheets)."""
    attempts: NDArray[np.int64]
    """How many draws each sheet took."""
    failed: Counter[str]
    """How often each rule, by its code, has sent a draw back."""
    measures: dict[str, Measure]
    """What each rule has measured, by its code, one number per sheet."""
    hidden: NDArray[np.bool_]
    """Which of the mistakes that were let go hide on a sheet; shape (`Drawing.let_go`, sheets)."""


class Drawing:
    """A plan made ready to be drawn for, with the grids of its numbers and the rules.

    `given` numbers stay as they are. With `mistakes`, a good sheet shows every registered mistake:
    it gives a number that cannot be the right one. Those that hide on nearly every draw of this
    net, as a fixed set of trial draws shows, are let go (`let_go`). Raises `InputError` where no
    trial draw is a good sheet, and where more units are to be dead than can be.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        grids: Grids = DEFAULT_GRIDS,
        figures: int = DEFAULT_FIGURES,
        carry: str = "paper",
        given: Givens | None = None,
        mistakes: bool = True,
    ) -> None:
        self.plan, self.figures, self._dead_units = plan, figures, grids.dead_units
        if problems := list(dead_unit_problems(plan.net, grids.dead_units)):
            raise InputError(problems)
        self.calculator = Calculator(plan)
        self.candidates = Candidates(plan, self.calculator, grids, given or {})
        self._instead = "other ranges in [draw]" if mistakes else "give the numbers in [givens]"
        self.let_go: tuple[WrongLine, ...] = ()
        self._hidden = Confusion(plan, (), figures, carry)
        self.rules = () if self.candidates.weights_are_given else Rules(plan, grids.dead_units, carry, ()).all
        if mistakes:
            self._demand_all_but_the_hidden(Confusion(plan, wrong_lines(plan), figures, carry), carry)

    def _demand_all_but_the_hidden(self, every: Confusion, carry: str) -> None:
        """Add the rule that mistakes show: first those that often hide, then all others."""
        keys = [sha256(f"probe/{number}".encode()).digest() for number in range(_PROBES)]
        self.draw(keys[:1])  # a net that no draw is good for is told by one sheet as well as by many
        probes = self.draw(keys)
        hides = every.of(self._sheets(probes.units))
        worst_first = np.argsort(-hides.sum(axis=1), kind="stable")
        # For each place in that order: the share of trials on which nothing from there on hides.
        pass_from = (np.cumsum(hides[worst_first][::-1], axis=0)[::-1] == 0).mean(axis=1)
        start = int(np.argmax(pass_from >= _ENOUGH)) if hides.size else 0
        demanded = set(worst_first[start:].tolist())
        often = {place for place in demanded if hides[place].any()}

        def lines(places: set[int]) -> tuple[WrongLine, ...]:
            return tuple(every.lines[place] for place in sorted(places))

        def confusion(places: set[int]) -> Confusion:
            return Confusion(self.plan, lines(places), every.figures, carry)

        self.let_go = lines(set(range(len(every.lines))) - demanded)
        self._hidden = Confusion(self.plan, self.let_go, every.figures, carry)
        self.rules = Rules(self.plan, self._dead_units, carry, (confusion(often), confusion(demanded - often))).all

    def _sheets(self, units: Units) -> SheetNumbers:
        return SheetNumbers(self.calculator, self.candidates.floats(units), self.figures)

    def draw(self, keys: Sequence[bytes]) -> Drawn:
        """A good sheet for every key.

        Raises `InputError`, naming the rule that failed most, where `_SHEET_TRIES` draws gave none.
        """
        drawn = Drawn(
            units=np.zeros((len(self.plan.givens), len(keys)), dtype=np.int64),
            attempts=np.zeros(len(keys), dtype=np.int64),
            failed=Counter(),
            measures={rule.code: np.zeros(len(keys)) for rule in self.rules},
            hidden=np.zeros((len(self.let_go), len(keys)), dtype=bool),
        )
        pending = list(range(len(keys)))
        while pending:
            accepted = self._round(keys, pending[:_BATCH], drawn)
            pending = [place for place in pending if place not in accepted]
            if any(drawn.attempts[place] >= _SHEET_TRIES for place in pending[:_BATCH]):
                raise self._no_luck(drawn.failed)
        return drawn

    def _round(self, keys: Sequence[bytes], places: list[int], drawn: Drawn) -> set[int]:
        """Try for the sheets at `places`, each as often as a batch has room for. Gives those that are done."""
        each = max(1, min(_BATCH // len(places), _SHEET_TRIES - int(drawn.attempts[places].max())))
        tries = [(keys[place], int(drawn.attempts[place]) + more) for place in places for more in range(each)]
        units, good = self.candidates.draw(tries)
        sheets = self._sheets(units)
        broken, measures = self._judged(sheets, good)
        accepted: dict[int, int] = {}
        for number, place in enumerate(places):
            # Only the first good attempt counts, however many were worked out at once.
            for column in range(number * each, (number + 1) * each):
                drawn.attempts[place] += 1
                if not broken[column]:
                    accepted[place] = column
                    break
                drawn.failed[broken[column]] += 1
        if accepted:
            done, columns = list(accepted), np.array(list(accepted.values()))
            drawn.units[:, done] = units[:, columns]
            drawn.hidden[:, done] = self._hidden.of(sheets.some(columns))
            for code, measure in measures.items():
                drawn.measures[code][done] = measure[columns]
        return set(accepted)

    def _judged(self, sheets: SheetNumbers, good: NDArray[np.bool_]) -> tuple[list[str], dict[str, Measure]]:
        """The first rule that each sheet breaks ("" for none), and what the rules have measured."""
        broken = ["" if fine else _UNITS for fine in good.tolist()]
        measures = {rule.code: np.zeros(sheets.count) for rule in self.rules}
        left = np.flatnonzero(good)
        sheets = sheets.some(left)
        for rule in self.rules:
            if not left.size:
                break
            values = rule.measure(sheets)
            measures[rule.code][left] = values
            kept = rule.keeps(values)
            for column in left[~kept].tolist():
                broken[column] = rule.code
            if not kept.all():
                left, sheets = left[kept], sheets.some(np.flatnonzero(kept))
        return broken, measures

    def _no_luck(self, failed: Counter[str]) -> InputError:
        words = {rule.code: rule.words for rule in self.rules}
        words[_UNITS] = "no unit is saturated or at a corner, and none is dead but by choice"
        code, count = failed.most_common(1)[0]
        share = f"{count / failed.total():.0%}".replace("%", " %")
        what = f"{_SHEET_TRIES} draws gave no good sheet; the rule that failed most ({share}): {words[code]}."
        remedy = f"Use a smaller net or learning rate, other activations, or {self._instead}."
        return InputError([Problem("draw", what, remedy)])
