"""The rules in letters of recipes: with numbers for the letters, and sums written out, each is its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from backproptable.basics.shipped import shipped_texts
from backproptable.drawing.draw import draw_givens
from backproptable.examples.recipe_files import recipe_in
from backproptable.formulas.formula import Formula, Partial, Ref, Sigma, Sum, children, references, with_parts
from backproptable.formulas.names import Address, name_of
from backproptable.nets.derive import derive_plan
from backproptable.nets.recipes.letters import Entry, rules_of
from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recipes.unroll import Pass
from backproptable.nets.way_back import way_back
from backproptable.numbers.evaluate import Calculator, solve
from backproptable.render.formats import render_sheet
from support.recipes import random_recipe

_INDEX = re.compile(r"(?:(\d*)([a-z])\+)?(\d*)([a-z])([+-]\d+)?\Z")


def number(index: int | str | None, binding: dict[str, int]) -> int | None:
    """What an index is, such as ``2i+k-1``."""
    if not isinstance(index, str):
        return index
    match = _INDEX.match(index)
    assert match, index
    first, letter, second, other, more = match.groups()
    total = int(first or 1) * binding[letter] if letter else 0
    return total + int(second or 1) * binding[other] + int(more or 0)


def cell_of(to: Address, binding: dict[str, int]) -> Address:
    units = tuple(number(unit, binding) or 0 for unit in to.units)
    sample, time, share = (number(index, binding) for index in (to.sample, to.time, to.share))
    return to._replace(units=units, sample=sample, time=time, share=share)


def is_line(rule: Formula, line: Formula, binding: dict[str, int]) -> bool:
    """Whether the line is the rule, with numbers for its letters and some number of terms in each of its sums."""
    match rule:
        case Ref(Address() as to):
            return line == Ref(cell_of(to, binding))
        case Partial(of, by):
            return isinstance(line, Partial) and is_line(of, line.of, binding) and is_line(by, line.by, binding)
        case Sum(terms):
            return isinstance(line, Sum) and are_terms(terms, line.terms, binding)
        case Sigma():
            return isinstance(line, Sum) and are_terms((rule,), line.terms, binding)
    parts, others = children(rule), children(line)
    same = type(rule) is type(line) and with_parts(rule, others) == line and len(parts) == len(others)
    return same and all(is_line(part, other, binding) for part, other in zip(parts, others, strict=True))


def are_terms(rule: tuple[Formula, ...], terms: tuple[Formula, ...], binding: dict[str, int]) -> bool:
    """The same of a row of terms: each sum sign takes as many as it can stand for."""
    if not rule:
        return not terms
    first, *rest = rule
    if not isinstance(first, Sigma):
        return bool(terms) and is_line(first, terms[0], binding) and are_terms(tuple(rest), terms[1:], binding)
    letters, body = [first.index], first.body
    while isinstance(body, Sigma):
        letters.append(body.index)
        body = body.body
    for lengths in product(range(2, len(terms) + 1), repeat=len(letters)):
        places = list(product(*(range(1, length + 1) for length in lengths)))
        own = [binding | dict(zip(letters, place, strict=True)) for place in places]
        if (
            len(own) <= len(terms)
            and all(is_line(body, term, one) for one, term in zip(own, terms, strict=False))
            and are_terms(tuple(rest), terms[len(own) :], binding)
        ):
            return True
    return False


def binding_of(left: Address, cell: Address) -> dict[str, int]:
    own = [*zip(left.units, cell.units, strict=True), (left.sample, cell.sample), (left.time, cell.time)]
    return {str(mark): int(value) for mark, value in [*own, (left.share, cell.share)] if isinstance(mark, str)}


def first_pass(recipe: Recipe) -> Iterator[tuple[str, list[Entry]]]:
    """The cells of one pass by array, as the sheet works them, with the chain rule of each."""
    lines = recipe.lines(Pass())
    back = way_back(lines, recipe.learning)
    arrays: dict[str, list[Entry]] = {}
    for line in lines:
        arrays.setdefault(line.name, []).extend(Entry(cell, (formula,)) for cell, formula in line.cells)
    for step in back.steps:
        for cell in step.cells:
            assert cell.formula is not None
            arrays.setdefault(cell.address.family, []).append(
                Entry(cell.address, (back.chains[cell.address], cell.formula))
                if cell.address in back.chains
                else Entry(cell.address, (cell.formula,))
            )
    yield from arrays.items()


def check(recipe: Recipe) -> int:
    seen = 0
    for _, entries in first_pass(recipe):
        for rule in rules_of(entries, recipe.ranks):
            by_cell = {entry.cell: entry for entry in entries}
            for cell in rule.cells:
                binding = binding_of(rule.left.address, cell)
                assert cell_of(rule.left.address, binding) == cell
                assert is_line(rule.right[-1], by_cell[cell].right[-1], binding), cell
                if len(rule.right) > 1:
                    assert is_line(rule.right[0], by_cell[cell].right[0], binding), cell
                seen += 1
    return seen


@pytest.mark.parametrize("name", shipped_texts("recipes"))
def test_rules_of_shipped_recipes_are_their_lines(name: str) -> None:
    assert check(recipe_in({"net": {"kind": name}}, None))


@pytest.mark.parametrize("seed", range(40))
def test_rules_of_random_recipes_are_their_lines(seed: int) -> None:
    check(random_recipe(seed))


def sheet(name: str) -> str:
    plan = derive_plan(recipe_in({"net": {"kind": name}}, None))
    return render_sheet(solve(plan, draw_givens(plan, 5)))


PRINTED = {
    "attention": (
        r"Q_ {ij} = \sum_ {k} x_ {ik} \cdot W^{(Q)}_ {kj}",
        r"\dfrac{\partial A_ {ij}}{\partial S_ {ik}} = -A_ {ij} \cdot A_ {ik}",
    ),
    "convolution": (r"c_ {ij} = \sum_ {k} \sum_ {m} x_ {i+k-1,j+m-1} \cdot K_ {km} + b_ {1}",),
    "lstm": (
        r"c_ {t,1} = {f_ {t,1} \cdot c_ {t-1,1}} + {i_ {t,1} \cdot g_ {t,1}}",
        r"z^{(g)}_ {t,1} = \sum_ {j} x_ {tj} \cdot W^{(g)}_ {j1} + {h_ {t-1,1} \cdot U^{(g)}_ {11}} + b^{(g)}_ {1}",
    ),
}
"""What a lecturer would write on the board."""


@pytest.mark.parametrize("name", PRINTED)
def test_the_sheet_prints_them(name: str) -> None:
    page = sheet(name)
    for rule in PRINTED[name]:
        assert page.count(f"\n${rule}$\n") == 1  # once: time steps repeat it, and so does the pass after the update


def test_the_chain_of_a_single_number_is_told_by_name() -> None:
    """A line of one cell has no letters, but why it is a product is said."""
    page = sheet("lstm")
    assert r"+ {\dfrac{\partial L}{\partial c_ {2,1}} \cdot \dfrac{\partial c_ {2,1}}{\partial c_ {1,1}}} = " in page


def rules_on(recipe: Recipe) -> str:
    plan = derive_plan(recipe)
    return render_sheet(solve(plan, draw_givens(plan, seed=5)), format="md")


def test_sums_run_over_letters_that_say_over_what() -> None:
    shapes = {"x": (2,), "W": (2, 2), "y": (2,)}
    batch = rules_on(Recipe(forward="z = x W\nL = half_sse(y, z)", shapes=shapes, samples=3))
    assert r"= \sum_ {s} \dfrac{\partial L}{\partial z_ {s,j}} \cdot x_ {s,i}$" in batch
    lines = "for t in 1..3:\n    h = tanh(x[t] + h[t-1] * u)\nL = half_sse(y, h[3])"
    in_time = rules_on(Recipe(forward=lines, shapes={"x": (3, 2), "h0": (2,), "u": (2,), "y": (2,)}))
    assert r"= \sum_ {t} \Bigl(\dfrac{\partial L}{\partial u_ {j}}\Bigr)_ {t}$" in in_time


def test_a_parameter_used_inside_and_outside_of_the_time_steps() -> None:
    """Both sides of its rule have the shares of all steps and what stands outside; its line has them in their order."""
    recipe = Recipe(
        forward="for t in 1..11:\n    h = tanh(w * x[t] + v * h[t-1])\nL = (y - w * h[11])^2 / 2",
        shapes={"x": (11,), "h0": (), "w": (), "v": (), "y": ()},
        constants=("h0",),
    )
    (step,) = (one for one in derive_plan(recipe).steps if one.name == "dL/dw")
    (equation,), (cell,) = step.rule, step.cells
    assert len(equation.right) == 2
    for side in equation.right:
        assert isinstance(side, Sum)
        of_all_steps, *outside = side.terms
        assert isinstance(of_all_steps, Sigma)
        assert [name_of(to) for to in references(of_all_steps) if isinstance(to, Address)] == ["dL/dw<t>"]
        assert outside
    assert cell.formula is not None
    named = [name_of(to) for to in references(cell.formula) if isinstance(to, Address)]
    assert [name for name in named if "<" in name] == [f"dL/dw<{number}>" for number in range(1, 12)]


@pytest.mark.parametrize("loss", ["h[3]", "h[3] + w", "2 * h[3]", "sum(h[3])"])
def test_a_time_step_whose_share_is_a_number_taken_over_counts(loss: str) -> None:
    """With L = h[3] = w h[2] + x[3] the share of step 3 is h[2] itself, which has no line of its own."""
    shapes: dict[str, tuple[int, ...]] = {"x": (3,), "h0": (), "w": ()}
    forward = f"for t in 1..3:\n    h = w * h[t-1] + x[t]\nL = {loss}"
    plan = derive_plan(Recipe(forward=forward, shapes=shapes, constants=("h0",)))
    given = {"w": 2.0, "h0": 3.0, "x[1]": 5.0, "x[2]": 7.0, "x[3]": 11.0, "eta": 0.1}
    column = Calculator(plan).exact(np.array([[given[cell.name]] for cell in plan.givens]))[:, 0]
    number = dict(zip(plan.by_name, column.tolist(), strict=True))
    of_state = 3 * 3 * 2**2 + 2 * 5 * 2 + 7  # h[3] = 3 w^3 + 5 w^2 + 7 w + 11
    assert number["h[3]"] == 3 * 2**3 + 5 * 2**2 + 7 * 2 + 11
    assert number["dL/dw"] == {"h[3] + w": of_state + 1, "2 * h[3]": 2 * of_state}.get(loss, of_state)
