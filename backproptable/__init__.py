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
    from backproptable.derive import derive_plan
    from backproptable.draw import draw_givens
    from backproptable.errors import BackproptableError, InputError, OutputError, Problem
    from backproptable.evaluate import Calculator, Solution, solve
    from backproptable.example import Example, load_example, load_preset
    from backproptable.net import Net
    from backproptable.plan import Cell, Plan, Step
    from backproptable.render.formats import render_sheet
    from backproptable.style import Style

__version__ = "0.1.0"

_HOMES = {
    "BackproptableError": "errors",
    "Calculator": "evaluate",
    "Cell": "plan",
    "Example": "example",
    "InputError": "errors",
    "Net": "net",
    "OutputError": "errors",
    "Plan": "plan",
    "Problem": "errors",
    "Solution": "evaluate",
    "Step": "plan",
    "Style": "style",
    "derive_plan": "derive",
    "draw_givens": "draw",
    "load_example": "example",
    "load_preset": "example",
    "render_sheet": "render.formats",
    "solve": "evaluate",
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
