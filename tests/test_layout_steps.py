"""The layout in numbered Steps: what stands in which Step, every number once, and pseudo-code that runs.

All of it is read from finished sheets. The pseudo-code is run as it is printed, with a table of a dozen
functions that do what their names say.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from itertools import product
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cmarkgfm import github_flavored_markdown_to_html

from backproptable.formulas.formula import references
from backproptable.formulas.names import Address
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import CHOICES, Net
from backproptable.nets.plan import Digits
from backproptable.numbers.evaluate import Solution, solve
from backproptable.sheets.notation import DEFAULT_NOTATION, load_notation
from support.arithmetic import plain_number, tex_value
from support.exactly import text_of, text_of_all_digits
from support.finished import IN_STEPS, NOTATIONS, finished_preset, finished_text, random_solution, rotated
from support.reader import Table, read_latex, read_markdown
from support.tools import batches, faulty

VIEWS = ("worked", "blank")
READ = {"md": read_markdown, "tex": read_latex}
TURNED = "eip"
"""The notation that writes the error as target minus output."""

SEEDS = [seed for seed in range(70) if random_solution(seed)]
"""Nets of every kind."""


# --- reading -----------------------------------------------------------------------------------

HEADINGS = {"md": re.compile(r"^##(#?) (.*)$", re.MULTILINE), "tex": re.compile(r"^\\(sub)?section\*\{(.*)\}$", re.M)}
CODE = {
    "md": re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL),
    "tex": re.compile(r"^\\begin\{verbatim\}\n(.*?)^\\end\{verbatim\}$", re.MULTILINE | re.DOTALL),
}


@dataclass(frozen=True)
class Part:
    """The grids before a table of cells, and the table."""

    grids: list[Table]
    table: Table

    @property
    def names(self) -> list[str]:
        return [row[0] for row in self.table.rows]

    @property
    def stem(self) -> str:
        return stem_of(self.names[0])


@dataclass(frozen=True)
class ReadStep:
    chapter: str
    heading: str
    text: str
    code: list[str]
    tables: tuple[Table, ...]

    @property
    def number(self) -> str:
        return self.heading.partition(":")[0].replace(" again", "")

    @property
    def parts(self) -> list[Part]:
        parts: list[Part] = []
        grids: list[Table] = []
        for table in self.tables:
            if table.head[0] == "cell":
                parts.append(Part(grids, table))
                grids = []
            else:
                grids.append(table)
        return parts


def steps_of(text: str, kind: str = "md") -> list[ReadStep]:
    """What stands under the headings of Steps."""
    headings = list(HEADINGS[kind].finditer(text))
    steps, chapter = [], ""
    for heading, end in zip(headings, [*(found.start() for found in headings[1:]), len(text)], strict=True):
        if not heading[1]:
            chapter = heading[2]
        else:
            body = text[heading.end() : end]
            code = [line for block in CODE[kind].findall(body) for line in block.splitlines()]
            steps.append(ReadStep(chapter, heading[2], body, code, READ[kind](body).tables))
    return steps


def stem_of(name: str) -> str:
    return re.sub(r"\[.*?\]", "", name)


def sheet(solution: Solution, kind: str = "md", **style: str) -> str:
    return finished_text(solution, kind, layout="steps", **style)


@cache
def preset_sheet(name: str, kind: str, view: str = "worked", notation: str | None = None) -> str:
    options = {"notation": notation} if notation else {}
    return finished_preset(name, layout="steps", view=view, **options).files[f"{name}.{kind}"]


def printed_texts(solution: Solution, notation: str = DEFAULT_NOTATION) -> dict[str, str]:
    """Every number as this notation writes it."""
    opposite = load_notation(notation, solution.plan.net).opposite
    return {
        cell.name: f"-{text}".replace("--", "") if cell.address.family in opposite and text != "0" else text
        for cell, text in zip(solution.plan.cells, solution.text, strict=True)
    }


def solution_of(seed: int) -> Solution:
    solution = random_solution(seed)
    assert solution is not None
    return solution


# --- what stands in which Step -----------------------------------------------------------------

ONE_HIDDEN_LAYER = """
Given
  Step 0: Read the input and the target output
  Step 1: Set the weights and biases
Forward pass
  Step 2: Input of the hidden layer                                  z1
  Step 3: Activation of the hidden layer, sigmoid                    a1
  Step 4: Input and output of the output layer, sigmoid              z2 a2
Backward pass
  Step 5: The loss, and the error at the output                      l L dL/da2
  Step 6: Slopes at the output layer and the hidden layer            da2/dz2 da1/dz1
  Step 7: Delta at the output layer                                  dL/dz2
  Step 8: Error at the hidden layer                                  dL/da1
  Step 9: Delta at the hidden layer                                  dL/dz1
Update
  Step 10: Update the weights                                        dL/dW2 dL/dW1 W1' W2'
  Step 11: Update the biases                                         dL/db2 dL/db1 b1' b2'
  Besides: how large the gradients are                               norm(dL/dW1) norm(dL/dW2)
After the update
  Step 2 again: Input of the hidden layer                            z1'
  Step 3 again: Activation of the hidden layer, sigmoid              a1'
  Step 4 again: Input and output of the output layer, sigmoid        z2' a2'
  Step 5 again: The loss                                             l' L'
"""

THREE_LAYERS = """
Given
  Step 0: Read the input and the target output
  Step 1: Set the weights and biases
Forward pass
  Step 2: Input of hidden layer 1                                    z1
  Step 3: Activation of hidden layer 1, ReLU                         a1
  Step 4: Input of hidden layer 2                                    z2
  Step 5: Activation of hidden layer 2, sigmoid                      a2
  Step 6: Input and output of the output layer, softmax              z3 e3 S3 a3
Backward pass
  Step 7: The loss, and the error at the output                      l L dL/da3
  Step 8: Slopes at the output layer, hidden layer 2 and hidden layer 1  da3/dz3 da2/dz2 da1/dz1
  Step 9: Delta at the output layer                                  dL/dz3
  Step 10: Error at hidden layer 2                                   dL/da2
  Step 11: Delta at hidden layer 2                                   dL/dz2
  Step 12: Error at hidden layer 1                                   dL/da1
  Step 13: Delta at hidden layer 1                                   dL/dz1
Update
  Step 14: Update the weights                                        dL/dW3 dL/dW2 dL/dW1 W1' W2' W3'
  Step 15: Gradients of the biases                                   dL/db3 dL/db2 dL/db1
  Besides: how large the gradients are                               norm(dL/dW1) norm(dL/dW2) norm(dL/dW3)
After the update
  Step 2 again: Input of hidden layer 1                              z1'
  Step 3 again: Activation of hidden layer 1, ReLU                   a1'
  Step 4 again: Input of hidden layer 2                              z2'
  Step 5 again: Activation of hidden layer 2, sigmoid                a2'
  Step 6 again: Input and output of the output layer, softmax        z3' e3' S3' a3'
  Step 7 again: The loss                                             l' L'
"""


def outline(text: str, kind: str) -> list[str]:
    lines: list[str] = []
    chapter = ""
    for step in steps_of(text, kind):
        if step.chapter != chapter:
            chapter = step.chapter
            lines.append(chapter)
        stems = dict.fromkeys(stem_of(name) for part in step.parts for name in part.names)
        lines.append(" ".join([step.heading, *stems]))
    return lines


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize(("name", "expected"), [("one-hidden-layer", ONE_HIDDEN_LAYER), ("3-3-3-3", THREE_LAYERS)])
def test_the_steps_of_a_preset(name: str, expected: str, kind: str, view: str) -> None:
    as_written = [" ".join(line.split()) for line in expected.strip().splitlines()]
    assert outline(preset_sheet(name, kind, view), kind) == as_written


@pytest.mark.parametrize("seed", SEEDS)
def test_every_step_of_the_plan_stands_in_one_step_and_after_all_that_it_needs(seed: int) -> None:
    plan = solution_of(seed).plan
    steps = steps_of(sheet(solution_of(seed), view="blank"))
    first = [int(step.number[5:]) for step in steps if step.number.startswith("Step") and "again" not in step.heading]
    assert first[: max(first) + 1] == list(range(max(first) + 1))
    step_of = {cell.name: step.name for step, cell in plan.worked}
    cells_of = {step.name: [cell.name for cell in step.cells] for step in plan.steps}
    parts = [part for step in steps for part in step.parts]
    assert sorted(step_of[part.names[0]] for part in parts) == sorted(cells_of)
    above = {cell.address for cell in plan.givens}
    for part in parts:
        assert part.names == cells_of[step_of[part.names[0]]]
        for name in part.names:
            formula = plan.by_name[name].formula
            assert formula is not None
            assert all(to in above for to in references(formula)), name
            above.add(plan.by_name[name].address)


def test_what_is_absent_has_no_step() -> None:
    titles = {seed: [step.heading for step in steps_of(sheet(solution_of(seed), view="blank"))] for seed in SEEDS}
    seen = set()
    for seed, headings in titles.items():
        net, text = solution_of(seed).plan.net, "\n".join(headings)
        assert ("biases" in text) == (net.bias != "none")
        assert ("Delta" in text) == (not net.forward_only)
        assert ("Error at" in text) == (not net.forward_only and net.depth > 1)
        assert ("error at the output" in text) == (not net.forward_only and net.output_delta == "chain")
        assert ("Update the weights" in text) == (not net.forward_only and net.updates > 0)
        assert ("Update the biases" in text) == (
            not net.forward_only and net.updates > 0 and net.update_biases and net.bias != "none"
        )
        assert ("target" in text) == net.needs_targets
        seen.add((net.forward_only, net.depth, net.updates > 0, net.bias, net.output_delta))
    assert len(seen) > 25


# --- every number once, and every line true ----------------------------------------------------


def grid_entries(net: Net, part: Part) -> Iterator[tuple[str, str]]:
    """Names and numbers of the grids, by what stands before their rows and over their columns."""
    for grid in part.grids:
        sample = re.findall(r"sample (\d+)", grid.head[0])
        for row, (over, number) in product(grid.rows, list(enumerate(grid.head))[1:]):
            down, across = (re.findall(r"\d+", label) for label in (row[0], number))
            one_unit = any(label.startswith("unit") for label in (row[0], number))
            turned = one_unit and net.weights == "to_from"
            indices = [*sample, *across, *down] if turned else [*sample, *down, *across]
            yield ",".join(indices), plain_number(row[over])


def check_numbers(solution: Solution, kind: str, notation: str) -> None:
    """The tables of cells, and the grids before them."""
    plan, texts = solution.plan, printed_texts(solution, notation)
    shown = []
    for step in steps_of(sheet(solution, kind, notation=notation), kind):
        for part in step.parts:
            assert part.table.head == ("cell", "numbers put in", "value")
            for name, numbers, value in part.table.rows:
                text = plain_number(value)
                shown.append(name)
                assert text == texts[name]
                cell = plan.by_name[name]
                write = text_of if cell.digits is Digits.FIGURES else text_of_all_digits
                assert write(tex_value(numbers).only, solution.figures) == text, (name, numbers)
            if part.stem.startswith("norm"):
                assert [number for _, number in grid_entries(plan.net, part)] == [
                    texts[name] for name in part.names if len(part.names) > 1
                ]
            else:
                expected = {"".join(re.findall(r"\[(.*)\]", name)): texts[name] for name in part.names}
                assert dict(grid_entries(plan.net, part)) == (expected if len(expected) > 1 else {})
    assert sorted(shown) == sorted(cell.name for _, cell in plan.worked)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_stands_once_with_a_true_line_and_again_in_its_matrix(seed: int) -> None:
    check_numbers(solution_of(seed), "md" if seed % 3 else "tex", rotated(seed))


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("kind", READ)
def test_numbers_of_a_preset_in_every_notation(kind: str, notation: str) -> None:
    check_numbers(finished_preset("one-hidden-layer").solution, kind, notation)


@pytest.mark.parametrize(("weights", "down", "over"), [("from_to", "from", "to"), ("to_from", "to", "from")])
def test_matrices_say_where_their_weights_lead(weights: str, down: str, over: str) -> None:
    """Height and width are those of the net, whatever stands for rows and columns."""
    solution = next(
        solution
        for solution in map(solution_of, SEEDS)
        if is_lopsided(net := solution.plan.net) and net.weights == weights
    )
    net = solution.plan.net
    grids = [table for step in steps_of(sheet(solution)) for table in step.tables if table.head[0].endswith("W1")]
    assert {table.head[0] for table in grids} == {"W1", "grad_W1", "new W1"}
    for table in grids:
        labels = [row[0] for row in table.rows], list(table.head[1:])
        sizes = net.weight_shape(1)
        assert labels == tuple(
            [f"{word} {n + 1}" for n in range(size)] for word, size in zip((down, over), sizes, strict=True)
        )


def is_lopsided(net: Net) -> bool:
    return net.layers[0] != net.layers[1] and net.updates == 1 and not net.forward_only


# --- the blank view ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("name", IN_STEPS)
def test_a_blank_sheet_asks_for_everything_and_gives_nothing_away(name: str, kind: str) -> None:
    solution = finished_preset(name).solution
    plan, given = solution.plan, len(solution.plan.givens)
    blank = sheet(solution, kind, view="blank", explain="full")
    other = replace(solution, text=(*solution.text[:given], *("7.777" for _ in solution.text[given:])))
    assert sheet(other, kind, view="blank", explain="full") == blank
    steps = steps_of(blank, kind)
    tables = [part.table for step in steps for part in step.parts]
    rows = [row for table in tables for row in table.rows]
    assert {table.head for table in tables} == {("cell", "answer")}
    assert sorted(name for name, _ in rows) == sorted(cell.name for _, cell in plan.worked)
    assert {value for _, value in rows} == {"_" * 16 if kind == "md" else ""}
    assert not [part for step in steps for part in step.parts if part.grids]
    assert [step.code for step in steps] == [step.code for step in steps_of(sheet(solution, kind), kind)]


# --- the pseudo-code ---------------------------------------------------------------------------

Matrix = np.ndarray[Any, Any]


def functions(net: Net) -> dict[str, Callable[..., Any]]:
    """What the functions of the pseudo-code do: everything is a matrix, samples lie in rows for x W."""
    rows = net.weights == "from_to"

    def for_each_sample(function: Callable[..., Matrix], *things: Matrix) -> Matrix:
        def one(thing: Matrix, s: int) -> Matrix:
            if thing.ndim == 3:
                return thing[s]
            return thing[s : s + 1] if rows else thing[:, s : s + 1]

        results = [function(*(one(thing, s) for thing in things)) for s in range(net.samples or 1)]
        if 1 in results[0].shape and function is np.matmul:
            return np.concatenate(results, axis=0 if rows else 1)
        return np.array(results)

    def derivative_softmax(output: Matrix) -> Matrix:
        return np.diag(output.ravel()) - np.outer(output, output)

    def sigmoid(z: Matrix) -> Matrix:
        return 1 / (1 + np.exp(-z))

    return {
        "matrix_dot_product": np.matmul,
        "transpose": np.transpose,
        "sum": lambda matrix, axis=None: np.sum(matrix, axis=axis, keepdims=True),
        "for_each_sample": for_each_sample,
        "exp": np.exp,
        "log": np.log,
        "sqrt": np.sqrt,
        "ones_like": np.ones_like,
        "relu": lambda z: np.maximum(0, z),
        "leaky_relu": lambda z, slope: np.where(z > 0, z, slope * z),
        "sigmoid": sigmoid,
        "tanh": np.tanh,
        "step_function": lambda z: (z > 0) * 1.0,
        "derivative_identity": np.ones_like,
        "derivative_relu": lambda z: (z > 0) * 1.0,
        "derivative_leaky_relu": lambda z, slope: np.where(z > 0, 1.0, slope),
        "derivative_sigmoid": lambda a: a * (1 - a),
        "derivative_tanh": lambda a: 1 - a**2,
        "derivative_softmax": derivative_softmax,
    }


def entry(net: Net, matrix: Matrix, address: Address) -> float:
    """The number of a cell in the matrix that the pseudo-code has worked out."""
    sample = 0 if address.sample is None else int(address.sample) - 1
    units = [int(unit) - 1 for unit in address.units]
    if address.family == "da/dz" and len(units) == 2:
        return float((matrix if net.samples is None else matrix[sample])[units[0], units[1]])
    if len(units) == 2:
        return float(matrix[units[0], units[1]])
    place = (sample, units[0] if units else 0)
    shown = np.atleast_2d(matrix)
    return float(shown[place] if net.weights == "from_to" else shown[place[::-1]])


def givens(solution: Solution, names: dict[str, str]) -> dict[str, Matrix | float]:
    """The given matrices under their names in the pseudo-code, by their headings in Steps 0 and 1."""
    net, exact = solution.plan.net, dict(zip(solution.plan.by_name, solution.exact, strict=True))
    values: dict[str, Matrix | float] = {}
    for stem, name in names.items():
        cells = [cell for cell in solution.plan.givens if stem_of(cell.name) == stem]
        if cells[0].address.family == "W":
            values[name] = np.reshape([exact[cell.name] for cell in cells], net.weight_shape(cells[0].address.layer))
        else:
            rows = net.samples or 1 if cells[0].address.family in "xy" else 1
            matrix = np.reshape([exact[cell.name] for cell in cells], (rows, -1))
            values[name] = matrix if net.weights == "from_to" else matrix.T
    return values


def headings_of_givens(solution: Solution, steps: list[ReadStep]) -> dict[str, str]:
    """W1 -> what Step 1 calls it."""
    stems = dict.fromkeys(stem_of(cell.name) for cell in solution.plan.givens if cell.address.family != "eta")
    heads = dict.fromkeys(table.head[0] for step in steps[:2] for table in step.tables)
    return dict(zip(stems, heads, strict=True))


def run_line(line: str, known: dict[str, Any], allowed: set[str]) -> Matrix:
    """Run one line, which is an assignment of arithmetic over known variables and allowed functions."""
    [statement] = ast.parse(line).body
    assert isinstance(statement, ast.Assign)
    called = {ast.unparse(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)}
    assert called <= allowed
    exec(compile(line, "pseudo-code", "exec"), {"__builtins__": {}}, known)
    [target] = statement.targets
    return known[ast.unparse(target)]


def check_code(solution: Solution, notation: str) -> set[str]:
    """Run the pseudo-code of a sheet through all passes. Returns the functions it has called."""
    plan, net = solution.plan, solution.plan.net
    opposite = load_notation(notation, net).opposite
    steps = steps_of(sheet(solution, notation=notation, view="blank"))
    known: dict[str, Any] = {**functions(net), **givens(solution, headings_of_givens(solution, steps))}
    rate = {"learning_rate", "lr"}
    if "eta" in plan.by_name:
        known |= dict.fromkeys(rate, float(solution.exact[plan.row[Address("eta")]]))
    code = {step.number: step.code for step in steps if step.code}
    assert not [step for step in steps if step.parts and step.number not in code]
    assert sum(bool(step.code) for step in steps) == len(code), "pseudo-code is told once"
    with np.errstate(all="ignore"):
        for step in steps:
            lines = code.get(step.number, [])
            results = [run_line(line, known, set(functions(net))) for line in lines[: _used(step, len(lines))]]
            if step.number == "Besides":
                [part] = step.parts
                tables = list(zip([[name] for name in part.names], results, strict=True))
            else:
                tables = list(zip([part.names for part in step.parts], results, strict=True))
            for names, matrix in tables:
                for name in names:
                    address = plan.by_name[name].address
                    expected = solution.exact[plan.row[address]] * (-1 if address.family in opposite else 1)
                    place = address._replace(units=(), sample=None) if address.family == "norm" else address
                    assert np.isclose(entry(net, matrix, place), expected, rtol=1e-8, atol=1e-12), (name, lines)
    return {ast.unparse(node.func) for lines in code.values() for line in lines for node in _calls(line)}


def _used(step: ReadStep, lines: int) -> int:
    """A second look stops at the loss."""
    return lines if step.number == "Besides" or "again" not in step.heading else len(step.parts)


def _calls(line: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call)]


def test_pseudo_code_gives_the_numbers_of_the_sheet() -> None:
    """For nets of every kind; in the notation with the other sign, too."""
    called: set[str] = set()
    kinds = set()
    for seed in SEEDS:
        net = solution_of(seed).plan.net
        called |= check_code(solution_of(seed), rotated(seed)) | check_code(solution_of(seed), TURNED)
        kinds |= {*net.activations, net.loss, net.bias, net.reduction, net.weights, net.output_delta, net.samples}
        kinds |= {(net.weights, net.samples is None, net.activations[-1]), (net.weights, net.samples is None, net.bias)}
    words = {word for key, words in CHOICES.items() for word in words if key not in ("kind", "loss_at", "mask")}
    assert words <= kinds
    for weights, alone in product(CHOICES["weights"], (True, False)):
        assert (weights, alone, "softmax") in kinds
        assert {(weights, alone, bias) for bias in CHOICES["bias"]} <= kinds
    assert called == set(functions(solution_of(SEEDS[0]).plan.net))


@pytest.mark.parametrize("name", IN_STEPS)
def test_pseudo_code_of_presets(name: str) -> None:
    solution = finished_preset(name).solution
    for notation in NOTATIONS:
        check_code(solution, notation)


def test_wrong_pseudo_code_is_found() -> None:
    solution = finished_preset("one-hidden-layer").solution
    names = headings_of_givens(solution, steps_of(sheet(solution)))
    known: dict[str, Any] = {**functions(solution.plan.net), **givens(solution, names)}
    right = run_line("hidden_input = matrix_dot_product(x, W1) + b1", known, set(known))
    wrong = run_line("hidden_input = matrix_dot_product(x, W1) - b1", known, set(known))
    address = solution.plan.by_name["z1[2,3]"].address
    value = solution.exact[solution.plan.row[address]]
    assert np.isclose(entry(solution.plan.net, right, address), value)
    assert not np.isclose(entry(solution.plan.net, wrong, address), value)


PROGRAM = """
hidden_input = matrix_dot_product(x, W1) + b1
hidden = sigmoid(hidden_input)
output_input = matrix_dot_product(hidden, W2) + b2
output = sigmoid(output_input)
loss_terms = (y - output) ** 2 / 2
loss = sum(loss_terms)
error_output = output - y
slope_output = derivative_sigmoid(output)
slope_hidden = derivative_sigmoid(hidden)
d_output = error_output * slope_output
error_hidden = matrix_dot_product(d_output, transpose(W2))
d_hidden = error_hidden * slope_hidden
grad_W2 = matrix_dot_product(transpose(hidden), d_output)
grad_W1 = matrix_dot_product(transpose(x), d_hidden)
W1 = W1 - grad_W1 * learning_rate
W2 = W2 - grad_W2 * learning_rate
grad_b2 = sum(d_output, axis=0)
grad_b1 = sum(d_hidden, axis=0)
b1 = b1 - grad_b1 * learning_rate
b2 = b2 - grad_b2 * learning_rate
size_W1 = sqrt(sum(grad_W1 ** 2))
size_W2 = sqrt(sum(grad_W2 ** 2))
"""


def program(text: str, kind: str) -> list[str]:
    return [line for step in steps_of(text, kind) for line in step.code]


@pytest.mark.parametrize("kind", READ)
def test_the_program_of_one_hidden_layer(kind: str) -> None:
    text = preset_sheet("one-hidden-layer", kind, "blank")
    if kind == "tex":  # the program at the end is in the worked view only
        assert "NumPy" not in text
    assert program(text, kind) == PROGRAM.split("\n")[1:-1]


def test_the_other_sign_is_in_the_pseudo_code() -> None:
    lines = program(preset_sheet("one-hidden-layer", "md", "worked", TURNED), "md")
    assert "E = y - mlblr_out" in lines
    assert "wout = wout + grad_wout * lr" in lines
    assert not [line for line in lines if " - grad" in line]


# --- on the page -------------------------------------------------------------------------------

EXPECTED_TAGS = {"h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre"}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("name", ["one-hidden-layer", "3-3-3-3"])
def test_formulas_survive_the_parser_of_github(name: str, notation: str, view: str) -> None:
    text = preset_sheet(name, "md", view, notation)
    page = html.unescape(github_flavored_markdown_to_html(text))
    formulas = re.findall(r"\$([^$]+)\$", text)
    assert len(formulas) >= 20
    assert re.findall(r"\$([^$]+)\$", page) == formulas
    assert set(re.findall(r"</?([a-z][a-z0-9]*)", page)) <= EXPECTED_TAGS
    for line in program(text, "md"):
        assert f"\n{line}\n" in page.replace("<code>", "\n")


WIDE = "wide"
"""Wider than the presets: matrices are cut to fit the page."""


@cache
def wide_solution() -> Solution:
    plan = derive_plan(Net(layers=(8, 9, 2), activations=("tanh", "softmax"), bias="shared", samples=2))
    numbers = {cell.name: Decimal((7 * row) % 19 - 9).scaleb(-2) for row, cell in enumerate(plan.givens)}
    targets = {"y[1,1]": 1, "y[1,2]": 0, "y[2,1]": 0, "y[2,2]": 1}
    return solve(plan, numbers | {name: Decimal(target) for name, target in targets.items()} | {"eta": Decimal("0.01")})


DOCUMENTS = [
    *product([WIDE], ["words", TURNED], VIEWS),
    *((name, rotated(number), view) for number, (name, view) in enumerate(product(IN_STEPS, VIEWS))),
    ("one-hidden-layer", TURNED, "worked"),
    ("3-3-3-3", "words", "worked"),
]


def latex(name: str, notation: str, view: str) -> str:
    if name == WIDE:
        return sheet(wide_solution(), "tex", view=view, notation=notation, explain="full")
    return preset_sheet(name, "tex", view, notation)


@pytest.mark.parametrize("documents", batches(sorted(DOCUMENTS, key=itemgetter(2))))
def test_sheets_compile_and_keep_to_the_page(documents: list[tuple[str, str, str]], tmp_path: Path) -> None:
    assert faulty({" ".join(document): latex(*document) for document in documents}, tmp_path) == {}
