"""A notation with the opposite sign prints true lines over numbers with the opposite sign."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import product

import pytest

from backproptable.basics.errors import InputError
from backproptable.formulas.formula import Neg
from backproptable.numbers.evaluate import solve
from backproptable.render.signs import turned_plan, turned_texts
from backproptable.sheets.notation import load_notation, notation_titles
from backproptable.sheets.style import EXPLAIN, LAYOUTS
from support.exactly import evaluate
from support.finished import finished_preset, finished_text
from support.nets import seeded_example

FAMILIES = ("dL/da", "dL/dz", "dL/dW", "dL/db", "dL/dx")


@pytest.mark.parametrize("seed", range(60))
def test_turned_formulas_hold_for_turned_numbers(seed):
    example = seeded_example(seed)
    try:
        solution = solve(example.plan, example.givens)
    except InputError:
        return  # saturated or undefined: nothing is printed
    turned = turned_plan(example.plan, FAMILIES)
    texts = [Decimal(text) for text in turned_texts(example.plan, solution.text, FAMILIES) if text is not None]
    values = {cell.address: value for cell, value in zip(turned.cells, texts, strict=True)}
    plain = {cell.address: Decimal(text) for cell, text in zip(example.plan.cells, solution.text, strict=True)}
    for before, after in zip(example.plan.cells, turned.cells, strict=True):
        if before.formula is None or after.formula is None:
            continue
        sign = -1 if before.address.family in FAMILIES else 1
        assert evaluate(after.formula, values) == pytest.approx(
            sign * evaluate(before.formula, plain), rel=Decimal("1e-30")
        )
        assert values[after.address] == sign * plain[before.address]


def test_the_error_is_target_minus_output_and_updates_add():
    example = next(e for e in map(seeded_example, range(500)) if e.plan.net.loss == "half_sse" and e.plan.net.updates)
    turned = turned_plan(example.plan, FAMILIES)
    error = next(
        cell for cell in turned.cells if cell.address.family == "dL/da" and cell.address.layer == example.plan.net.depth
    )
    update = next(cell for cell in turned.cells if cell.address.family == "W" and cell.address.primed)
    assert not isinstance(error.formula, Neg)
    assert not any(isinstance(term, Neg) for term in update.formula.terms)


def test_a_notation_that_turns_a_family_has_a_pattern_for_it_and_says_so():
    net = seeded_example(0).plan.net
    for name in notation_titles():
        notation = load_notation(name, net)
        assert set(notation.opposite) <= set(notation.patterns), name
        assert bool(notation.opposite) == bool(notation.note), name


# --- the words that stand beside the numbers -----------------------------------------------------

SAID = (
    # where derivatives have their own sign, where they have the opposite one
    ("A negative value says that the loss falls if this output rises", "A positive value says that the loss falls"),
    ("everything but output minus target", "everything but target minus output"),
    ("The gradient points uphill, so we go the other way", "The gradient points uphill, its opposite the way we go"),
    ("One step against the gradient", "learning rate says: derivatives with the opposite sign are added"),
    (
        "the product of their derivatives is this difference",
        "the product of their derivatives, with the opposite sign,",
    ),
    ("by the output, times the local derivative", "by the output (its sign turned), times"),
    (
        "how it changes with each output, the error",
        "how it changes with each output, with the opposite sign, the error",
    ),
    ("The gradient of a weight: what came in", "The gradient of a weight, with the opposite sign: what came in"),
    ("How the loss depends on each output\n", "How the loss depends on each output, with the opposite sign\n"),
    ("Gradient of the weights of layer 1\n", "Gradient of the weights of layer 1, with the opposite sign\n"),
    (
        "This program prints the numbers above.",
        "its derivatives are those of the loss itself, so they have the opposite sign",
    ),
)
SHEETS = list(product(("md", "tex"), LAYOUTS, EXPLAIN, ("one-hidden-layer", "batch-of-two")))


def words(kind: str, preset: str, **options: str) -> str:
    """A sheet without the ends of TeX's headings."""
    return finished_text(finished_preset(preset).solution, kind, **options).replace("}\n", "\n")


@pytest.mark.parametrize(("kind", "layout", "explain", "preset"), SHEETS)
def test_words_go_with_the_printed_signs(kind, layout, explain, preset):
    usual = words(kind, preset, layout=layout, explain=explain, notation="indexed")
    turned = words(kind, preset, layout=layout, explain=explain, notation="eip")
    for as_usual, as_turned in SAID:
        assert as_turned not in usual
        assert as_usual not in turned
        assert (as_usual in usual) == (as_turned in turned)


def test_all_these_words_are_said_somewhere():
    every = "".join(words(*sheet[::3], layout=sheet[1], explain=sheet[2], notation="indexed") for sheet in SHEETS)
    assert [as_usual for as_usual, _ in SAID if as_usual not in every] == []


@pytest.mark.parametrize("notation", ["indexed", "eip"])
def test_what_is_said_of_a_sign_is_true_of_the_printed_numbers(notation):
    solution = finished_preset("one-hidden-layer").solution
    text = finished_text(solution, "md", explain="full", notation=notation)
    exact = {cell.name: solution.exact[row] for row, cell in enumerate(solution.plan.cells)}
    printed = dict(re.findall(r"^\| `(.*?)` .*\| (\S+) \|$", text, re.M))
    (falling,) = re.findall(r"A (\w+) value says that the loss falls if this output rises", text)
    errors = [name for name in printed if name.startswith("dL/da2")]
    assert len(errors) == 3
    for name in errors:
        assert (exact[name] < 0) == (printed[name].startswith("-") == (falling == "negative"))
    (bias,) = re.findall(r"^\| `b1'\[1\]` .*$", text, re.M)
    assert (" + {lr" in bias) == ("are added" in text) == ("go the other way" not in text)
    assert (exact["dL/db1[1]"] < 0) == (printed["dL/db1[1]"].startswith("-") == ("are added" not in text))


@pytest.mark.parametrize("kind", ["md", "tex"])
def test_the_note_names_the_cells_that_are_turned_as_the_first_column_does(kind):
    solution = finished_preset("one-hidden-layer").solution
    notation = load_notation("eip", solution.plan.net)
    listed = re.findall(r"paths(?=\(dL/dW)|(?<!\()dL/d\w+", notation.note)
    assert sorted(listed) == sorted(notation.opposite)
    for view in ("worked", "blank"):
        text = finished_text(solution, kind, view=view, notation="eip")
        assert notation.note in text
        assert ("program" in text.lower()) == (view == "worked")


def test_a_forward_pass_has_no_derivatives_to_speak_of():
    example = next(e for e in map(seeded_example, range(0, 500, 8)) if e.plan.net.forward_only)
    text = finished_text(solve(example.plan, example.givens), "md", notation="eip")
    assert "derivative" not in text
    assert "opposite" not in text
