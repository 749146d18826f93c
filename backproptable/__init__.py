"""Worked examples of backpropagation, number by number.

The pipeline, from a net to text::

    net = Net(layers=(2, 2, 1), activations=("tanh", "sigmoid"), loss="half_sse")
    plan = derive_plan(net)             # named cells with formulas, no numbers
    givens = draw_givens(plan, seed=7)  # or a dict of your own: {"x[1]": Decimal("0.5"), ...}
    solution = solve(plan, givens)      # every cell, exact and as printed
    text = render_sheet(solution, format="md")

Names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backproptable.basics.errors import BackproptableError, InputError, OutputError, Problem
    from backproptable.drawing.draw import draw_givens
    from backproptable.examples.example import Example, load_example, load_preset
    from backproptable.nets.derive import derive_plan
    from backproptable.nets.net import Net
    from backproptable.nets.plan import Cell, Plan, Step
    from backproptable.numbers.evaluate import Calculator, Solution, solve
    from backproptable.render.formats import render_sheet
    from backproptable.sheets.style import Style

__version__ = "0.1.0"

_HOMES = {
    "BackproptableError": "basics.errors",
    "Calculator": "numbers.evaluate",
    "Cell": "nets.plan",
    "Example": "examples.example",
    "InputError": "basics.errors",
    "Net": "nets.net",
    "OutputError": "basics.errors",
    "Plan": "nets.plan",
    "Problem": "basics.errors",
    "Solution": "numbers.evaluate",
    "Step": "nets.plan",
    "Style": "sheets.style",
    "derive_plan": "nets.derive",
    "draw_givens": "drawing.draw",
    "load_example": "examples.example",
    "load_preset": "examples.example",
    "render_sheet": "render.formats",
    "solve": "numbers.evaluate",
}

__all__ = [
    "BackproptableError",
    "Calculator",
    "Cell",
    "Example",
    "InputError",
    "Net",
    "OutputError",
    "Plan",
    "Problem",
    "Solution",
    "Step",
    "Style",
    "__version__",
    "derive_plan",
    "draw_givens",
    "load_example",
    "load_preset",
    "render_sheet",
    "solve",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
