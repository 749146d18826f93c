"""What is said of lines whose error is known: a little of what ``python tests/simulations/formula_errors.py`` works."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest

from backproptable.formulas.formula import Formula, Neg, Num, Power, Product, Quotient, Ref, Sum, references
from backproptable.marking.marked import Verdict
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from support.formula_errors import CHANGES, Changes
from support.marking import cells, marker, on_paper, right_answers
from support.naming import KINDS, WAYS, Said, missed_aims, together, total
from support.wrong_numbers import PEN

PLAN = derive_plan(Net(layers=(2, 2, 2), activations=("sigmoid", "sigmoid"), loss="half_sse"))
A, B, C = (Ref(PLAN.by_name[name].address) for name in ("x[1]", "x[2]", "b1[1]"))


@pytest.mark.parametrize("way", ["formulas with one change", "slips", "plain wrong numbers"])
def test_what_is_aimed_at_is_reached(way: str) -> None:
    table = together(WAYS[way](of, 20, topic) for topic, of in KINDS.items())
    whole = total(table)
    assert list(missed_aims({way: whole})) == []
    assert whole.flagged > 80
    assert whole.others > 8_000
    assert len(table) >= {"formulas with one change": 10, "slips": 11, "plain wrong numbers": 4}[way], "too few kinds"


def test_aims_can_be_missed() -> None:
    silent, false = Said(), Said()
    silent.lines["nothing"], silent.lost, silent.others, silent.not_given = 9, 1, 10, 1
    false.lines["slip"] = 9
    assert len(list(missed_aims({"slips": silent}))) == 3
    assert len(list(missed_aims({"slips": false}))) == 1  # none of it is true
    assert len(list(missed_aims({"plain wrong numbers": false}))) == 1
    assert list(missed_aims({"plain wrong numbers": Said()})) == []


def test_what_takes_a_wrong_number_over_is_not_where_it_was_copied_from() -> None:
    """dL/db2[1] = dL/dz2[1] holds the same number, whatever was wrong with it; x[2] could be the source."""
    net = Net(layers=(2, 2, 2), activations=("sigmoid", "sigmoid"), loss="half_sse", update_biases=True)
    plan = derive_plan(net)
    texts = [
        "0.35",
        "0.7391",
        "0",
        "1",
        "0.2",
        "-0.4",
        "0.6",
        "0.3",
        "0.15",
        "0.25",
        "0.5",
        "-0.1",
        "0.1",
        "0.7",
        "0.3",
        "-0.2",
        "0.5",
    ]
    givens = {cell.name: text for cell, text in zip(plan.givens, texts, strict=True)}
    right = right_answers(plan, givens)
    for wrong, because in (("0.8613", ()), ("0.7391", ("other_line",))):
        (sheet,) = marker(plan).mark([on_paper(givens, right | {"dL/dz2[1]": wrong, "dL/db2[1]": wrong})])
        found = cells(sheet)
        assert (found["dL/dz2[1]"].because, found["dL/db2[1]"].verdict) == (because, Verdict.FOLLOWS)


# --- the errors themselves


def options(kind: str, formula: Formula) -> set[Formula]:
    return set(CHANGES[kind](Changes(PLAN), len(PLAN.cells), formula))


def product(*factors: Formula) -> Product:
    return Product(factors)


BY_HAND: tuple[tuple[str, Formula, set[Formula]], ...] = (
    (
        "another operation",
        product(A, B),
        {Sum((A, B)), Sum((A, Neg(B))), Quotient(A, B)},
    ),
    ("another operation", Sum((A, Neg(B))), {Sum((A, B)), product(A, B), Quotient(A, B)}),
    ("without brackets", product(A, Sum((Num("1"), Neg(B)))), {Sum((product(A, Num("1")), Neg(B)))}),
    ("without brackets", product(Sum((A, B)), C), {Sum((A, product(B, C)))}),
    ("without brackets", product(Sum((A, Neg(B))), C), {Sum((A, Neg(product(B, C))))}),
    ("without brackets", Quotient(Num("1"), Sum((Num("1"), A))), {Sum((Quotient(Num("1"), Num("1")), A))}),
    ("without brackets", Power(Sum((A, Neg(B))), 2), {Sum((A, Neg(Power(B, 2))))}),
    ("without brackets", Neg(Sum((A, B))), {Sum((Neg(A), B))}),
    ("without brackets", product(A, B), set()),
    ("a part left out", Sum((A, B, C)), {Sum((B, C)), Sum((A, C)), Sum((A, B))}),
    ("a part left out", product(A, B), {A, B}),
    ("a part there twice", product(A, B), {product(A, A, B), product(A, B, B)}),
    ("upside down", Quotient(A, B), {Quotient(B, A)}),
    ("a sign turned", Neg(A), {A}),
    ("a sign turned", A, {Neg(A)}),
    ("the number of another unit", A, {B}),
)


@pytest.mark.parametrize(("kind", "formula", "made"), BY_HAND)
def test_changes_by_hand(kind: str, formula: Formula, made: set[Formula]) -> None:
    assert options(kind, formula) == made


def drawn() -> Iterator[tuple[int, str, Formula]]:
    random, changes = Random(11), Changes(PLAN)
    for row in range(len(PLAN.givens), len(PLAN.cells)):
        for times in (1, 1, 1, 2):
            yield row, *changes.drawn(row, random, times)


def test_changed_formulas_stand_on_numbers_that_are_there() -> None:
    kinds = set()
    for row, kind, formula in drawn():
        kinds.add(kind)
        assert formula != PLAN.cells[row].formula or kind == "two changes"
        assert all(PLAN.row[to] < row for to in references(formula))
    assert kinds == {*CHANGES, "two changes"}
    assert list(drawn()) == list(drawn())


@pytest.mark.parametrize("text", ["0.4226", "-0.04226", "12.34", "4.226e-5", "-1.500"])
def test_slips_are_what_they_are_called(text: str) -> None:
    random, digits = Random(text), text.partition("e")[0].replace(".", "").replace("-", "").lstrip("0")
    for kind, write in PEN.items():
        for _ in range(50):
            written = write(text, random)
            assert written is not None
            assert float(written) != float(text) or kind in ("a digit doubled", "a digit dropped")  # a last 0
            found = written.partition("e")[0].replace(".", "").replace("-", "").lstrip("0")
            match kind:
                case "two digits swapped":
                    assert sorted(found.replace("0", "")) == sorted(digits.replace("0", ""))
                case "a digit doubled" | "a digit dropped":
                    longer, shorter = (found, digits) if kind == "a digit doubled" else (digits, found)
                    cut = {(longer[:place] + longer[place + 1 :]).lstrip("0") for place in range(len(longer))}
                    assert shorter in cut
                case "the sign turned":
                    assert float(written) == -float(text)
                case "the point moved":
                    assert found.strip("0") == digits.strip("0")
                case "the last digit wrong":
                    assert (found[:-1], len(found)) == (digits[:-1], len(digits))
                case "one unit off in a digit":
                    off = abs(Decimal(written) - Decimal(text))
                    assert off.normalize().as_tuple().digits == (1,)
                    assert Decimal(text).as_tuple().exponent <= off.adjusted() <= Decimal(text).adjusted()


def test_no_slip_is_made_of_a_zero() -> None:
    for kind, write in PEN.items():
        written = write("0", Random(0))
        assert written is None or float(written) == 0, kind
