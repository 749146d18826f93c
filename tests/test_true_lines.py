"""Every line of a finished table is true: what stands under 'numbers put in' gives the value beside it.

The finished text is read back (`support.reader`) and worked out again. In paper carry each line gives
exactly the printed digits. In full carry the numbers of a line are rounded for show, so the value need
only be possible: one of the numbers that the line gives for all that its numbers can stand for.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from backproptable.basics.shipped import shipped_texts
from backproptable.nets.plan import Cell, Digits
from backproptable.numbers.evaluate import CARRIES, Solution
from backproptable.render.formats import VIEWS
from backproptable.sheets.notation import DEFAULT_NOTATION, load_notation
from backproptable.sheets.style import EXPLAIN
from support.arithmetic import Blur, Range, half_unit, plain_value, significant, tex_value, with_numbers
from support.exactly import text_of, text_of_all_digits
from support.finished import KINDS, PRESETS, finished_preset, finished_text, made_preset, random_solution, rotated
from support.nets import LATER
from support.reader import Line, Sheet, read_latex, read_markdown

FIGURES = (3, 4, 6)
SEEDS = (*range(60), *range(LATER, LATER + 21))

TABLES = {"md": read_markdown, "tex": read_latex}

# --- the checks --------------------------------------------------------------------------------


def check_file(kind: str, text: str, solution: Solution, notation: str = DEFAULT_NOTATION) -> None:
    if kind == "json":
        check_json(json.loads(text), solution)
    else:
        check_sheet(TABLES[kind](text), as_printed(solution, notation))


def as_printed(solution: Solution, notation: str) -> Solution:
    """The numbers of a sheet in a notation that writes some of them with the opposite sign."""
    opposite = load_notation(notation, solution.plan.net).opposite
    return replace(
        solution,
        text=tuple(
            f"-{text}".replace("--", "") if cell.address.family in opposite and text != "0" else text
            for cell, text in printed(solution)
        ),
    )


def check_sheet(sheet: Sheet, solution: Solution) -> None:
    """All tables of a Markdown or LaTeX file."""
    check_lines(solution, tex_value, sheet.lines)
    assert sheet.given == matrices_of_givens(solution)
    if "eta" in solution.plan.by_name:
        assert sheet.row("learning rate") == [f"{solution.plan.net.learning_rate:f}"]
    assert sheet.last_column("loss") == [text for cell, text in printed(solution) if cell.address.family == "L"]
    assert sheet.last_column("layer") == [
        text for cell, text in printed(solution) if cell.address.family == "norm" and cell.address.update == 1
    ]
    for name, first_and_updated in weights_before_and_after(solution):
        assert sheet.row(name) == first_and_updated


def check_lines(solution: Solution, evaluate: Callable[[str, Blur], Range], lines: Sequence[Line]) -> None:
    """Every computed cell has one line, which is made of numbers that stand above it and gives its value."""
    computed = [(cell, text) for cell, text in printed(solution) if cell.formula is not None]
    assert [(line.name, line.value) for line in lines] == [(cell.name, text) for cell, text in computed]
    above = constants(solution) | {text.lstrip("-") for text in texts(solution, given=True)}
    rounded: set[str] = set()

    def blur(number: str) -> Decimal:
        assert number in above, f"{number} does not stand above"
        return half_unit(number) if number in rounded else Decimal(0)

    for (cell, _), line in zip(computed, lines, strict=True):
        result = evaluate(line.numbers, blur)
        assert agrees(line.value, result, cell, solution), f"{line} gives {result}"
        size = line.value.lstrip("-")
        above.add(size)
        if solution.carry == "full" and significant(size) == solution.figures:
            rounded.add(size)


def agrees(value: str, result: Range, cell: Cell, solution: Solution) -> bool:
    """Whether a line with this result may have this value beside it."""
    if solution.carry == "paper":
        return value == (text_of if cell.digits is Digits.FIGURES else text_of_all_digits)(
            result.only, solution.figures
        )
    is_rounded = significant(value) == solution.figures
    return Range.around(Decimal(value), half_unit(value) if is_rounded else Decimal(0)).meets(result)


def check_json(content: dict[str, Any], solution: Solution) -> None:
    cells, plan = content["cells"], solution.plan
    assert list(content) == ["net", "seed", "givens", "cells"]
    assert content["net"] == json.loads(json.dumps(plan.net.as_keys(), default=float))
    assert content["givens"] == dict(zip(plan.by_name, texts(solution, given=True), strict=False))
    assert [told["name"] for told in cells] == [cell.name for _, cell in plan.worked]
    lines = [Line(told["name"], told["formula"], told["substituted"], told["shown"]) for told in cells]
    check_lines(solution, plain_value, lines)
    numbers = content["givens"] | {line.name: line.value for line in lines}
    for (step, cell), told in zip(plan.worked, cells, strict=True):
        assert list(told) == ["name", "step", "reason", "formula", "substituted", "shown", "value", "paper"]
        assert (told["step"], told["reason"]) == (step.name, step.reason.value)
        assert told["value"] == solution.exact[plan.row[cell.address]]
        for line in (told["substituted"], with_numbers(told["formula"], numbers)):
            result = float(plain_value(line).only)
            assert math.isclose(told["paper"], result, rel_tol=1e-9, abs_tol=1e-13), (cell.name, line)


def printed(solution: Solution) -> Iterator[tuple[Cell, str]]:
    return zip(solution.plan.cells, solution.text, strict=True)


def texts(solution: Solution, *, given: bool) -> list[str]:
    return [text for cell, text in printed(solution) if (cell.formula is None) is given]


def constants(solution: Solution) -> set[str]:
    """The numbers that stand in formulas themselves."""
    net = solution.plan.net
    shares = {f"{share:f}" for share in net.keep}
    threshold = f"{net.threshold:f}".lstrip("-")
    return {"0", "1", "2", str(net.layers[-1]), str(net.samples), f"{net.leaky_slope:f}", threshold} | shares


def matrices_of_givens(solution: Solution) -> list[list[list[str]]]:
    """The givens as they stand in matrices; a vector is a single row."""
    matrices: dict[str, dict[str, list[str]]] = {}
    for cell, text in printed(solution):
        if cell.formula is None and cell.name != "eta":
            heading, _, index = cell.name.rstrip("]").partition("[")
            row = index.rpartition(",")[0]
            matrices.setdefault(heading, {}).setdefault(row, []).append(text)
    return [list(rows.values()) for rows in matrices.values()]


def weights_before_and_after(solution: Solution) -> Iterator[tuple[str, list[str]]]:
    """What the summary says of each weight and bias; where none is updated, there is no summary."""
    net, by_address = solution.plan.net, {cell.address: text for cell, text in printed(solution)}
    if "eta" in solution.plan.by_name:
        for cell in solution.plan.givens:
            if cell.address.family in "Wb":
                first = by_address[cell.address]
                updated = by_address.get(cell.address._replace(primed=True, update=net.updates), first)
                yield cell.name, [first, updated]


# --- on what is printed ------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_looked_at_is_what_the_command_makes(name: str) -> None:
    """In these tests a preset is worked once and written in many ways."""
    turn = PRESETS.index(name)
    options = {
        "notation": rotated(turn),
        "figures": FIGURES[turn % 3],
        "carry": CARRIES[turn % 2],
        "view": VIEWS[turn // 2 % 2],
        "layout": ("cells", "matrices")[turn // 4 % 2],
        "explain": EXPLAIN[turn % 3],
    }
    made, finished = made_preset(name, **options), finished_preset(name, **options)
    assert dict(finished.files) == made.files
    assert finished.solution.text == made.solution.text
    assert dict(finished_preset(name).files) == made_preset(name).files


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("name", PRESETS)
def test_every_line_of_every_preset_is_true(name: str, carry: str) -> None:
    for number, figures in enumerate(FIGURES, start=len(FIGURES) * PRESETS.index(name)):
        notation = rotated(number)
        handout = finished_preset(name, notation=notation, figures=figures, carry=carry)
        for kind in KINDS:
            check_file(kind, handout.files[f"{name}.{kind}"], handout.solution, notation)


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("figures", FIGURES)
def test_every_line_of_random_nets_is_true(figures: int, carry: str) -> None:
    """Every seed with one number of figures, in one carry and in one notation: by and by with all."""
    turn = FIGURES.index(figures) + len(FIGURES) * CARRIES.index(carry)
    seeds = SEEDS[turn :: len(FIGURES) * len(CARRIES)]
    skipped = 0
    for number, seed in enumerate(seeds):
        solution = random_solution(seed, figures=figures, carry=carry)
        if solution is None:
            skipped += 1
            continue
        notation = rotated(number)
        for kind in KINDS:
            check_file(kind, finished_text(solution, kind, notation=notation), solution, notation)
    assert skipped < len(seeds) / 5


@pytest.mark.parametrize("name", PRESETS)
def test_givens_are_printed_as_they_were_written(name: str) -> None:
    """Digit by digit as in the preset's own file: 0.10 is not 0.1."""
    source = tomllib.loads(shipped_texts("presets")[name], parse_float=str)
    written = {key: list(flat(numbers)) for key, numbers in source.get("givens", {}).items()}
    handout = finished_preset(name)
    stems = dict.fromkeys(cell.name.partition("[")[0] for cell in handout.solution.plan.givens if cell.name != "eta")
    for kind, read in TABLES.items():
        matrices = [list(flat(rows)) for rows in read(handout.files[f"{name}.{kind}"]).given]
        printed = dict(zip(stems, matrices, strict=True))
        assert {key: printed[key] for key in written} == written


def flat(numbers: Any) -> Iterator[str]:
    """The numbers of nested lists, row by row, as text."""
    if isinstance(numbers, list):
        for inner in numbers:
            yield from flat(inner)
    else:
        yield str(numbers)


# --- the checks can fail -----------------------------------------------------------------------

NUMBERS_PUT_IN = {
    "md": r"^\| `.*\| (.* \| .*) \|$",
    "tex": r"^\\cellname.*? & .*? & (.* & .*) \\\\$",
    "json": r'^ *"(?:substituted|shown)": "(.*)"',
}
"""Where a file has the numbers put in, and the value."""


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("kind", NUMBERS_PUT_IN)
def test_one_wrong_digit_is_found(kind: str, carry: str) -> None:
    """But for those few that change nothing, such as a factor of 0."""
    handout = finished_preset("3-3-3-3", notation=DEFAULT_NOTATION, carry=carry)
    text = handout.files[f"3-3-3-3.{kind}"]
    spans = [found.span(1) for found in re.finditer(NUMBERS_PUT_IN[kind], text, re.MULTILINE)]
    digits = [place for start, end in spans for place in range(start, end) if text[place].isdigit()]
    places = Random(1).sample(digits, 30)
    found = [is_refused(kind, with_other_digit(text, place), handout.solution) for place in places]
    assert sum(found) >= 28


def with_other_digit(text: str, place: int) -> str:
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


def is_refused(kind: str, text: str, solution: Solution) -> bool:
    try:
        check_file(kind, text, solution)
    except (AssertionError, ArithmeticError, ValueError):
        return True
    return False


DAMAGE = {
    "rows in another order": (r"^(\| `z1\[1\]`.*\n)(\| `z1\[2\]`.*\n)", r"\2\1"),
    "row left out": (r"^\| `z1\[2\]`.*\n", ""),
    "row twice": (r"^(\| `z1\[2\]`.*\n)", r"\1\1"),
    "given that is not the one used": (r"^\| from 1 \| 0\.1 \|", "| from 1 | 0.2 |"),
    "summary of another sheet": (r"\(first\) \| [\d.]+", "(first) | 2.680"),
    "minus without brackets": (r"\\cdot \((-[\d.]+)\)", r"\\cdot \1"),
    "fraction that has lost a brace": (r"(\\dfrac\{1\}\{1 \+ e\^\{-[\d.]+\})\}", r"\1"),
    "sign": (r"\$(\\dfrac\{\d)", r"$-\1"),
}


@pytest.mark.parametrize(("pattern", "damaged"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_sheet_is_found(pattern: str, damaged: str) -> None:
    handout = finished_preset("3-3-3-3", notation=DEFAULT_NOTATION)
    text = handout.files["3-3-3-3.md"]
    assert not is_refused("md", text, handout.solution)
    changed, times = re.subn(pattern, damaged, text, count=1, flags=re.MULTILINE)
    assert times == 1
    assert is_refused("md", changed, handout.solution)


# --- the reader itself -------------------------------------------------------------------------

BOTH_WAYS = {
    r"{1.350 \cdot 0.2} + {1.270 \cdot (-0.3)} - 1": ("1.350 * 0.2 + 1.270 * (-0.3) - 1", "-1.111"),
    r"-3^{2}": ("-3^2", "-9"),
    r"(-1.5 \times 10^{-5})^{2}": ("(-1.5e-5)^2", "2.25e-10"),
    r"\dfrac{1 - 0.5}{-0.25} - \dfrac{1}{0.5}": ("(1 - 0.5) / (-0.25) - 1 / 0.5", "-4"),
    r"\left(\dfrac{1}{4}\right)^{1/2}": ("sqrt(1 / 4)", "0.5"),
    r"\sqrt{3^{2} + 4^{2}}": ("sqrt(3^2 + 4^2)", "5"),
    r"\max(0, -2, 3)": ("max(0, -2, 3)", "3"),
    r"e^{0} - \ln(1) + \tanh\left(0\right)": ("e^0 - ln(1) + tanh(0)", "1"),
    r"1 \text{ if } -0.5 \gt 0 \text{ else } 0.01": ("0.01 + (1 - 0.01) * (1 - 0^max(0, -0.5))", "0.01"),
    r"1 \text{ if } 0.5 \gt 0 \text{ else } 0": ("1 - 0^max(0, 0.5)", "1"),
}


@pytest.mark.parametrize(("tex", "plain", "value"), [(tex, *rest) for tex, rest in BOTH_WAYS.items()])
def test_arithmetic_is_read_as_it_is_meant(tex: str, plain: str, value: str) -> None:
    assert tex_value(tex).only == plain_value(plain).only == Decimal(value)


@pytest.mark.parametrize("text", ["1 + -2", "2 * -3", "(1 + 2", "1)", "2 3", "x", "1.", "e", "0.1 / 0", "2^0.5", ""])
def test_what_is_no_arithmetic_is_refused(text: str) -> None:
    for evaluate in (plain_value, tex_value):
        with pytest.raises((ValueError, ArithmeticError)):
            evaluate(text)


def test_a_rounded_number_stands_for_all_that_rounds_to_it() -> None:
    def blur(number: str) -> Decimal:
        return half_unit(number) if "." in number else Decimal(0)

    assert tex_value(r"1 - 0.50 \cdot 2.0 \times 10^{-1}", blur) == Range(Decimal("0.896475"), Decimal("0.903475"))
    assert tex_value(r"1 - 0.50 \cdot 2.0 \times 10^{-1}").only == Decimal("0.9")
    assert tex_value(r"(-1.0)^{2}", lambda _: Decimal(2)) == Range(Decimal(0), Decimal(9))
