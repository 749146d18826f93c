"""The page for newcomers says what is there, and its worked example works."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from support.house import PACKAGE, ROOMS, sources

PAGE = (PACKAGE / "ARCHITECTURE.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_it_has_every_room_in_order_and_says_what_the_room_says() -> None:
    rows = re.findall(r"^\| `(\w+)/` \| (.*) \|$", PAGE, re.MULTILINE)
    assert rows == [(room, ast.get_docstring(sources()[f"{room}.__init__"])) for room in ROOMS]


def test_what_it_names_is_there() -> None:
    named = set(re.findall(r"`([\w/]+(?:\.\w+|/))`", PAGE))
    assert "nets/recipes/entrywise.py" in named
    assert [name for name in named if not any((top / name).exists() for top in (PACKAGE, PACKAGE.parent))] == []


WITH_SOFTSIGN = """
from decimal import Decimal
from backproptable.nets.recipes import entrywise
exec({row!r}, vars(entrywise))  # before other modules look into the table
import json
from backproptable.drawing.draw import draw_givens
from backproptable.examples.recipe_files import recipe_in
from backproptable.nets.derive import derive_plan
from backproptable.numbers.evaluate import solve
from backproptable.render.formats import render_sheet
shapes = {{"x": [2], "W": [2, 3], "y": [3]}}
keys = {{"net": {{"learning_rate": Decimal("0.1")}}, "recipe": {{"shapes": shapes, "forward": {forward!r}}}}}
plan = derive_plan(recipe_in(keys, None))
solution = solve(plan, draw_givens(plan, seed=7), figures=7, carry="full")
numbers = {{cell.name: float(number) for cell, number in zip(plan.cells, solution.exact)}}
print(json.dumps([numbers, *(render_sheet(solution, format=name) for name in ("md", "tex"))]))
"""


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, float], str, str]:
    """The numbers of a sheet with the row of the page added to the table, and its pages."""
    (row,) = blocks("python")
    forward = next(block for block in blocks("text") if "softsign(z)" in block)
    code = WITH_SOFTSIGN.format(row=row, forward=forward)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    numbers, markdown, latex = json.loads(done.stdout)
    return numbers, markdown, latex


def test_the_lines_of_the_page_stand_on_the_sheet(made: tuple[dict[str, float], str, str]) -> None:
    wanted = blocks("text")[-1].splitlines()
    assert len(wanted) == 3
    assert [line for line in wanted if line not in made[1].splitlines()] == []
    assert "softsign" in made[2]


def test_its_numbers_and_slopes_are_those_of_the_function(made: tuple[dict[str, float], str, str]) -> None:
    """By complex steps of a softsign that shares nothing with the row."""
    numbers = made[0]

    def softsign(z: complex) -> complex:
        return z / (1 + (z if z.real > 0 else -z))

    signs = set()
    for unit in "123":
        z = numbers[f"z[{unit}]"]
        signs.add(z > 0)
        assert numbers[f"a[{unit}]"] == pytest.approx(softsign(complex(z)).real, rel=1e-12)
        slope = softsign(complex(z, 1e-30)).imag / 1e-30
        assert numbers[f"da/dz[{unit}]"] == pytest.approx(slope, rel=1e-9)
        assert numbers[f"dL/dz[{unit}]"] == pytest.approx((numbers[f"a[{unit}]"] - numbers[f"y[{unit}]"]) * slope)
    assert signs == {True, False}, "both sides of the corner are tried"


def test_the_program_at_the_end_prints_the_same(made: tuple[dict[str, float], str, str]) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", made[1], re.MULTILINE | re.DOTALL)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    (line,) = re.findall(r"^a = (.*)$", done.stdout, re.MULTILINE)
    assert np.allclose(json.loads(line), [made[0][f"a[{unit}]"] for unit in "123"], rtol=1e-6)
