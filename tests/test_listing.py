"""The NumPy program at the end of a sheet runs, and prints every number of the sheet."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from backproptable.nets.net import Net
from backproptable.numbers.evaluate import CARRIES, Solution
from support.finished import PRESETS, finished_preset, finished_text, random_solution
from support.nets import LATER

SEEDS = (*range(28), *range(LATER, LATER + 28))

STEMS = {
    r"(norm|paths)_dL_dW(\w+)": r"\1(dL/dW\2)",
    r"dL_d(\w+)": r"dL/d\1",
    r"da(\d+)_dz(\d+)": r"da\1/dz\2",
    r"d([os])_d([sz])": r"d\1/d\2",
}
"""Names of arrays in the program -> names of cells without brackets; all others are alike."""

LISTINGS = {"md": r"```python\n(.*?)```", "tex": r"\\begin\{verbatim\}\n(.*?)\\end\{verbatim\}"}


def listing_in(kind: str, text: str) -> str:
    [program] = re.findall(LISTINGS[kind], text, re.DOTALL)
    return program


def output_of(program: str) -> str:
    """What it prints, with nothing there but what it imports itself."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "listing", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def output_of_process(program: str) -> str:
    run = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def numbers_printed(output: str) -> dict[str, Decimal]:
    """The numbers of lines such as ``dL_dW1@2 = [[0.5, -0.25]]`` by the names of their cells.

    A time step's share, and indices that stand before those of the array: ``dL_dWs<2>@2 = ...``, ``z1@2[3] = ...``.
    """
    numbers: dict[str, Decimal] = {}
    for line in output.splitlines():
        parts = re.fullmatch(r"(\w+)(<\d+>)?('?)(@\d+)?(?:\[([\d,]+)\])? = (.*)", line)
        name, share, prime, again, before, array = parts.groups(default="")
        stem = next((re.sub(old, new, name) for old, new in STEMS.items() if re.fullmatch(old, name)), name)
        if re.fullmatch(r"S\d+", stem):
            array = without_innermost(array)
        for index, number in entries(json.loads(array, parse_float=Decimal, parse_int=Decimal)):
            inside = ",".join((*before.split(","), *index) if before else index)
            cell = stem + prime + (f"[{inside}]" if inside else "") + share + again
            assert cell not in numbers, f"{cell} is printed twice"
            numbers[cell] = number
    return numbers


def without_innermost(array: str) -> str:
    """The sum of a softmax, which the program keeps as a column: [[2.5], [3.5]] is [2.5, 3.5], [2.5] is 2.5."""
    return re.sub(r"\[([^][]*)\]", r"\1", array)


def entries(array: Any, index: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    if isinstance(array, list):
        for place, inner in enumerate(array, start=1):
            yield from entries(inner, (*index, str(place)))
    else:
        yield index, array


def numbers_on_the_sheet(solution: Solution) -> dict[str, Decimal]:
    return {
        cell.name: Decimal(text)
        for cell, text in zip(solution.plan.cells, solution.text, strict=True)
        if cell.formula is not None
    }


def check_program(program: str, solution: Solution, run: Callable[[str], str] = output_of) -> None:
    printed = numbers_printed(run(program))
    on_the_sheet = numbers_on_the_sheet(solution)
    assert printed.keys() == on_the_sheet.keys()
    assert {name: number for name, number in printed.items() if number != on_the_sheet[name]} == {}


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("name", PRESETS)
def test_the_program_prints_the_numbers_of_a_preset(name: str, carry: str) -> None:
    """In one carry as a student runs it, in a process of its own."""
    handout = finished_preset(name, carry=carry)
    run = output_of_process if carry == "paper" else output_of
    check_program(listing_in("md", handout.files[f"{name}.md"]), handout.solution, run)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_program_prints_the_numbers_of_a_random_net(seed: int) -> None:
    solution = solution_of(seed)
    if solution is not None:
        check_program(listing_in("md", finished_text(solution, "md")), solution)


def solution_of(seed: int) -> Solution | None:
    """One in three in full carry."""
    return random_solution(seed, figures=3 + seed % 3, carry=CARRIES[seed % 3 == 0])


KINDS: dict[str, Callable[[Net], bool]] = {
    "dropout in a batch": lambda net: net.drops(1) and (net.samples or 0) > 1 and not net.in_turn,
    "inverted dropout": lambda net: net.drops(1) and net.mask == "inverted",
    "plain dropout": lambda net: net.drops(1) and net.mask == "plain",
    "dropout in turn": lambda net: net.drops(1) and net.in_turn,
    "epochs": lambda net: net.in_turn and net.epochs > 1,
    "squared errors in turn": lambda net: net.in_turn and net.squared_error,
    "paths": lambda net: net.paths and not net.is_recurrent,
    "paths in a batch": lambda net: net.paths and (net.samples or 0) > 1 and not net.in_turn,
    "paths in time": lambda net: net.paths and net.is_recurrent and net.steps > 1,
    "threshold": lambda net: net.threshold != 0,
    "loss at every step": lambda net: net.is_recurrent and net.loss_at == "every" and net.steps > 1,
    "loss at the last step": lambda net: net.is_recurrent and net.loss_at == "last" and net.steps > 1,
    "one step": lambda net: net.steps == 1,
    "recurrent, several updates": lambda net: net.is_recurrent and net.updates > 1,
    "recurrent, rows are targets": lambda net: net.is_recurrent and net.weights == "to_from" and net.layers[1] > 1,
    "recurrent, shared bias": lambda net: net.is_recurrent and net.bias == "shared",
    "recurrent, forward pass only": lambda net: net.is_recurrent and net.forward_only,
    "batch": lambda net: (net.samples or 0) > 1,
    "batch of one": lambda net: net.samples == 1,
    "mean of a batch": lambda net: net.reduction == "mean" and (net.samples or 0) > 1,
    "no bias": lambda net: net.bias == "none",
    "shared bias, updated": lambda net: net.bias == "shared" and net.update_biases and net.updates > 0,
    "rows are targets": lambda net: net.weights == "to_from",
    "rows are targets in a batch": lambda net: net.weights == "to_from" and (net.samples or 0) > 1,
    "short delta": lambda net: net.output_delta == "short",
    "softmax in a batch": lambda net: net.activations[-1] == "softmax" and (net.samples or 0) > 1,
    "several updates": lambda net: net.updates > 1 and not net.forward_only,
    "no update": lambda net: net.updates == 0 and not net.forward_only,
    "forward pass only": lambda net: net.forward_only,
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_random_nets_are_of_every_kind(kind: str) -> None:
    solved = (solution_of(seed) for seed in SEEDS)
    assert any(KINDS[kind](solution.plan.net) for solution in solved if solution)


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("name", PRESETS)
def test_latex_has_the_same_program(name: str, carry: str) -> None:
    files = finished_preset(name, carry=carry).files
    assert listing_in("tex", files[f"{name}.tex"]) == listing_in("md", files[f"{name}.md"])


CANCELLED = [(230, 4, "paper"), (434, 4, "paper"), (17, 4, "full"), (19, 6, "full")]
"""Nets in whose backward pass the terms of a sum cancel: seed, figures, carry."""


@pytest.mark.parametrize(("seed", "figures", "carry"), CANCELLED)
def test_a_sum_that_is_nothing_is_printed_as_zero(seed: int, figures: int, carry: str) -> None:
    solution = random_solution(seed, figures=figures, carry=carry)
    assert solution is not None
    check_program(listing_in("md", finished_text(solution, "md")), solution)


@pytest.mark.parametrize(
    ("pattern", "changed"),
    [
        (r" z1 = r\(", " z1 = (1.001 * "),
        (r"eta = 0\.01", "eta = 0.02"),
        (r"np\.exp\(-z2\)", "np.exp(z2)"),
        (r", dL_dz3=dL_dz3", ""),
    ],
)
def test_a_wrong_program_is_found(pattern: str, changed: str) -> None:
    handout = finished_preset("3-3-3-3")
    program, times = re.subn(pattern, changed, listing_in("md", handout.files["3-3-3-3.md"]))
    assert times == 1
    with pytest.raises(AssertionError):
        check_program(program, handout.solution)
