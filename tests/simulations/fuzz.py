"""Throws a million odd answers, and thousands of odd files and recipes, at their readers: no exception, nothing slow.

    python tests/simulations/fuzz.py [--answers 1000000] [--files 2000] [--recipes 1000]

An answer may take 50 ms at most; a recipe is refused with its faults or becomes a sheet in every format. Exits with 1
if an answer takes longer, or if anything is raised.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import tomllib
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from backproptable.basics.errors import InputError
from backproptable.basics.shipped import shipped_texts
from backproptable.drawing.draw import draw_givens
from backproptable.examples.recipe_files import RECIPE_TABLES, recipe_in
from backproptable.nets.derive import derive_plan
from backproptable.numbers.evaluate import solve
from backproptable.render.formats import render_sheet
from backproptable.returned.answers import read_answer
from backproptable.returned.sheet import read_sheet
from backproptable.sheets.style import Style
from support.recipes import random_recipe

BITS = (
    *"0123456789.,+-*/^()=eE $`_<>|&;[]{}\\'\"%~?\t\n",
    *("exp", "ln", "sqrt", "tanh", "max", "log", "10^", "e^", "**", "\\times", "&minus;", "&#124;", "−", "×", "⁻⁵"),
    *("½", "NaN", "inf", "__import__('os')", "9**9**9", "0x1F", "1_000", "z1[1]", "≈", "(approx)", "\u202e", "٣"),
)
LINES = (
    *(
        "| cell | answer |",
        "|:--|--:|",
        "| `z1[1]` | 0.5 |",
        "| z1[1] | 0.5 | 1 |",
        "| | |",
        "z1[1]\t0.5",
        "```",
        "> | a |",
    ),
    *(
        "```",
        "> | a |",
        "<table>",
        "| code | 7KQ2M-XR9DD |",
        "| numbers asked | 9 |",
        "# a",
        "",
        "- | cell | answer |",
        "  |--|--|",
    ),
)
MOST = 0.05
TEXT = """
    x y W b z L h t T v m c g e S [ ] ( ) , : = + - * / @ ^ 2 1 0 0.5 ^T [t-1] [t] [1] [:,1]
    sum mean max var exp ln sqrt softmax tanh relu elu gelu silu huber hinge half_sse cross_entropy conv lookup
    concat flatten layer_norm batch_norm max_pool avg_pool causal=true stride=2 padding=1 size=2
"""
WORDS = TEXT.split()
"""What stands in recipes."""
TOKEN = re.compile(r"\n| +|[A-Za-z_]\w*|[0-9.]+|.")
RULES = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad")
PAGES = (("md", "cells"), ("tex", "cells"), ("json", "cells"), ("md", "matrices"))


def changed(text: str, chance: random.Random) -> str:
    """A recipe with a few words of it lost, replaced, added or exchanged."""
    words = TOKEN.findall(text)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        place, other = chance.randrange(len(words)), chance.randrange(len(words))
        match chance.randrange(4):
            case 0:
                words[place] = ""
            case 1:
                words[place] = chance.choice(WORDS)
            case 2:
                words[place] += chance.choice(WORDS)
            case 3:
                words[place], words[other] = words[other], words[place]
    return "".join(words)


def odd_recipe(chance: random.Random) -> dict[str, Any]:
    """The tables of a file: a shipped recipe, or one at random, mostly changed in its text, shapes or update."""
    kept = chance.choice([*shipped_texts("recipes").values(), None])
    if kept is None:
        drawn = random_recipe(chance.randrange(10**6))
        shapes = {name: list(shape) for name, shape in drawn.shapes.items()}
        file: dict[str, Any] = {"recipe": {"shapes": shapes, "forward": drawn.forward}}
    else:
        file = {
            table: keys for table, keys in tomllib.loads(kept, parse_float=Decimal).items() if table in RECIPE_TABLES
        }
    recipe = file["recipe"]
    if chance.random() < 0.8:
        recipe["forward"] = changed(recipe["forward"], chance)
    if chance.random() < 0.3:
        shape = [chance.choice((0, 1, 1, 2, 3, "n")) for _ in range(chance.randint(0, 4))]
        recipe["shapes"][chance.choice(list(recipe["shapes"]))] = shape
    if chance.random() < 0.3:
        file["update"] = {"rule": chance.choice(RULES)}
    return file


def made_of(file: dict[str, Any], samples: int | None) -> str:
    """What becomes of a recipe. Raises whatever is not for users."""
    try:
        plan = derive_plan(recipe_in(file, samples))
    except InputError:
        return "refused"
    try:
        solution = solve(plan, draw_givens(plan, 1))
    except InputError:
        return "without good numbers"
    for kind, layout in PAGES:
        render_sheet(solution, format=kind, style=Style(layout=layout))
    return "sheets"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--recipes", type=int, default=1000)
    arguments = parser.parse_args()
    chance, kinds, slowest = random.Random(1), Counter(), (0.0, "")
    for _ in range(arguments.answers):
        text = "".join(chance.choice(BITS) for _ in range(chance.choice((1, 2, 4, 8, 16, 60, 300))))
        start = time.perf_counter()
        kinds[type(read_answer(text)).__name__] += 1
        slowest = max(slowest, (time.perf_counter() - start, text))
    print(f"{arguments.answers:,} answers: {dict(kinds)}; slowest {slowest[0] * 1000:.1f} ms: {slowest[1][:60]!r}")
    for _ in range(arguments.files):
        text = "\n".join(chance.choice(LINES) for _ in range(chance.randint(1, 60)))
        data = bytearray(text.encode())
        for _ in range(chance.randint(0, 4) if data else 0):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            read_sheet(bytes(data))
        except InputError:
            kinds["refused file"] += 1
    print(f"{arguments.files:,} files, {kinds['refused file']} of them refused")
    made = Counter(made_of(odd_recipe(chance), chance.choice((None, None, None, 2))) for _ in range(arguments.recipes))
    print(f"{arguments.recipes:,} recipes: {dict(made)}")
    sys.exit(slowest[0] > MOST)


if __name__ == "__main__":
    main()
