"""The layout in numbered Steps, each with its line of matrix pseudo-code.

A Step gathers steps of the plan that a course does together: the slopes of all layers, the update of
all weights. Which belong together, and in which order the Steps come, is two small tables. Every cell
keeps its line; what is shown beside it as a matrix is arranged so that the pseudo-code is right as it
stands: everything in it is a matrix, one sample a single row (x W) or column (W x).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from backproptable.basics.errors import PlanError
from backproptable.formulas.names import Address, Layer
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.render.document import VALUE, WIDEST_GRID, Document, Grid, Section, StepView
from backproptable.render.form import slot
from backproptable.render.matrices import arranged
from backproptable.sheets.notation import Notation

__all__ = ["Chapter", "NumberedStep", "Part", "Steps", "lay_out_steps"]


@dataclass(frozen=True, slots=True)
class Part:
    """What one step of the plan gives to a Step."""

    view: StepView
    variables: list[str]
    """The names of its numbers in the pseudo-code: one, but for the sizes of several layers."""
    code: list[str]
    rules: list[str]
    """Its rules in TeX, without the chain rule written out from the loss down."""
    grids: list[Grid]
    """Its numbers as matrices; none where some are asked for, and none for a number that stands alone."""


@dataclass(frozen=True, slots=True)
class NumberedStep:
    """A Step, with what templates need to choose their words."""

    number: int | None
    """None for what is worked out besides: the sizes of the gradients."""
    kind: str
    layer: int | None
    """The layer it is about, where there is a Step for each; 0 for the inputs."""
    again: bool
    """Whether it is the pass after the last update, which looks at the loss again."""
    parts: list[Part]

    @property
    def code(self) -> list[str]:
        """The lines of pseudo-code of all parts."""
        return [line for part in self.parts for line in part.code]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Consecutive Steps under one heading."""

    kind: str
    update: int
    explained: bool
    """Whether words, pseudo-code and rules stand here; later passes only repeat them."""
    steps: list[NumberedStep]


@dataclass(frozen=True, slots=True)
class Steps:
    """The whole layout. Steps 0 and 1 are reading what is given."""

    data: list[Grid]
    parameters: list[Grid]
    chapters: list[Chapter]


def lay_out_steps(plan: Plan, notation: Notation, document: Document) -> Steps:
    """The steps of a `document` of this `plan`, gathered into Steps."""
    return _Layout(plan, _Program(plan.net, notation), document).steps()


# --- which steps of the plan make a Step ---------------------------------------------------------


class _Place(NamedTuple):
    """Where the Steps of a kind stand. Within a stage they go through the layers, up or down."""

    chapter: str
    stage: int
    direction: int = 0
    """1: a Step for each layer, from the first on; -1: from the last back; 0: one Step for all layers."""
    rank: int = 0
    """Which comes first in the same layer."""


_PLACES: Final = {
    "input": _Place("forward", 0, 1),
    "activation": _Place("forward", 0, 1, 1),
    "output": _Place("forward", 0, 1),
    "loss": _Place("backward", 1),
    "slopes": _Place("backward", 2),
    "error": _Place("backward", 3, -1),
    "delta": _Place("backward", 3, -1, 1),
    "paths": _Place("update", 4, 0, 1),
    "weights": _Place("update", 4),
    "biases": _Place("update", 5),
    "sizes": _Place("update", 6),
}
"""Kinds of Steps in the order of the work. Weights change only after the last error has used them."""

_KINDS: Final = {
    # reason: in a hidden layer, in the output layer or where there are no layers
    "weighted_sum": ("input", "output"),
    "exponential": ("output", "output"),
    "exp_sum": ("output", "output"),
    "activation": ("activation", "output"),
    "loss_term": ("loss", "loss"),
    "loss": ("loss", "loss"),
    "loss_derivative": ("loss", "loss"),
    "local_derivative": ("slopes", "slopes"),
    "chain_product": ("delta", "delta"),
    "path_sum": ("error", "error"),
    "gradient": ("weights", "weights"),
    "update": ("weights", "weights"),
    "norm": ("sizes", "sizes"),
}
_UNNUMBERED: Final = ("sizes",)
_FIRST_NUMBER: Final = 2
"""Steps 0 and 1 are the givens."""
_WIDEST_NEW: Final = 5
"""Columns of updated weights, which show every decimal, that fit on a page."""


_OF_A_FAMILY: Final = {"b": "biases", "dL/db": "biases", "dL/da": "error", "paths": "paths"}
"""Families whose kind does not follow from the reason alone."""


def _kind(view: StepView) -> str:
    kind = _KINDS[view.reason][view.last]
    return kind if kind == "loss" else _OF_A_FAMILY.get(view.family, kind)


_Order = tuple[int, int, int]


def _order(view: StepView) -> _Order:
    place = _PLACES[_kind(view)]
    return place.stage, place.direction * _number(view.layer), place.rank


def _number(layer: Layer | None) -> int:
    """The number of a layer, which every layer of this layout has; 0 where there is none."""
    return int(layer or 0)


@dataclass(frozen=True)
class _Layout:
    plan: Plan
    program: _Program
    document: Document

    def steps(self) -> Steps:
        return Steps(
            data=list(self._givens("xym")),
            parameters=list(self._givens("Wb")),
            chapters=list(self._chapters()),
        )

    def _chapters(self) -> Iterator[Chapter]:
        numbers: dict[_Order, int] = {}
        for (update, after), sections in groupby(self.document.sections, key=_round):
            views = sorted((view for section in sections for view in section.steps), key=_order)
            steps = [self._step(numbers, list(together), after=after) for _, together in groupby(views, key=_order)]
            for kind, members in groupby(steps, key=_chapter):
                yield Chapter(kind, update, explained=update == 1 and not after, steps=list(members))

    def _step(self, numbers: dict[_Order, int], views: list[StepView], *, after: bool) -> NumberedStep:
        """A Step; in later passes it has the number of the first."""
        kind, order = _kind(views[0]), _order(views[0])
        if kind not in _UNNUMBERED:
            numbers.setdefault(order, len(numbers) + _FIRST_NUMBER)
        layer = _number(views[0].layer) if _PLACES[kind].direction else None
        return NumberedStep(numbers.get(order), kind, layer, again=after, parts=[self._part(view) for view in views])

    def _part(self, view: StepView) -> Part:
        addresses = [self.plan.by_name[row.name].address for row in view.rows]
        layers = sorted({address.layer for address in addresses}, key=_number)
        return Part(
            view=view,
            variables=[self.program.name(view.family, layer) for layer in layers],
            code=[self.program.line(view, layer) for layer in layers],
            rules=view.rules[:1] if view.reason == "gradient" else view.rules,
            grids=self._shown(view, addresses) if view.worked and len(addresses) > 1 else [],
        )

    # --- matrices of numbers

    def _shown(self, view: StepView, addresses: Sequence[Address]) -> list[Grid]:
        heading = "size of the gradient" if view.reason == "norm" else self.program.name(view.family, view.layer)
        return list(self._grids(f"new {heading}" if view.reason == "update" else heading, addresses))

    def _givens(self, families: str) -> Iterator[Grid]:
        given = [cell.address for cell in self.plan.givens if cell.address.family in families]
        for (layer, family), addresses in groupby(given, key=lambda address: (address.layer, address.family)):
            yield from self._grids(self.program.name(family, layer), list(addresses))

    def _grids(self, heading: str, addresses: Sequence[Address]) -> Iterator[Grid]:
        """The numbers of these cells where they stand in matrices, cut where these are too wide for a page."""
        net = self.plan.net
        cells = [self.plan.cells[self.plan.row[address]] for address in addresses]
        for matrix in arranged(net, cells, addresses):
            sample = matrix[0][0].sample
            several = matrix[0][0].family == "da/dz" and len(matrix[0][0].units) > 1 and sample is not None
            widest = _WIDEST_NEW if matrix[0][0].family in "Wb" and matrix[0][0].primed else WIDEST_GRID
            for start in range(0, len(matrix[0]), widest):
                part = slice(start, start + widest)
                yield Grid(
                    f"{heading}, sample {sample}" if several else heading,
                    [_labels(net, address)[1] for address in matrix[0][part]],
                    [
                        (_labels(net, line[0])[0], [slot(self.plan.row[address], VALUE) for address in line[part]])
                        for line in matrix
                    ],
                )


def _round(section: Section) -> tuple[int, bool]:
    return section.update, section.kind == "after"


def _chapter(step: NumberedStep) -> str:
    return "after" if step.again else _PLACES[step.kind].chapter


def _labels(net: Net, address: Address) -> tuple[str, str]:
    """What stands before the row and over the column of a number."""
    across = net.weights == "from_to"
    if address.family == "norm":
        return f"layer {address.layer}", ""
    if len(address.units) > 1:
        down, over = ("output", "sum") if address.family == "da/dz" else ("from", "to") if across else ("to", "from")
        return f"{down} {address.units[0]}", f"{over} {address.units[1]}"
    unit = f"unit {address.units[0]}" if address.units else ""
    sample = "" if address.sample is None else f"sample {address.sample}"
    return (sample, unit) if across else (unit, sample)


# --- the pseudo-code -----------------------------------------------------------------------------

_NAMES: Final[dict[str, str | dict[str, str]]] = {
    "x": "x",
    "y": "y",
    "eta": "learning_rate",
    "W": "W{n}",
    "b": "b{n}",
    "z": {"hidden": "hidden{h}_input", "output": "output_input"},
    "a": {"hidden": "hidden{h}", "output": "output"},
    "e": "exponentials",
    "S": "exp_sum",
    "l": "loss_terms",
    "L": "loss",
    "dL/da": {"hidden": "error_hidden{h}", "output": "error_output"},
    "da/dz": {"hidden": "slope_hidden{h}", "output": "slope_output"},
    "dL/dz": {"hidden": "d_hidden{h}", "output": "d_output"},
    "dL/dW": "grad_W{n}",
    "dL/db": "grad_b{n}",
    "dL/dx": "error_x",
    "norm": "size_W{n}",
    "m": "mask{h}",
    "d": "kept_hidden{h}",
    "dL/dd": "error_kept{h}",
    "error": "squared_errors",
    "paths": "paths_W{n}",
}
"""How the cells of each family are called: ``{n}`` is the layer, ``{h}`` only where several are hidden.

A notation can have names of its own under ``program``.
"""

_DROPOUTS: Final = {"inverted": "{} * {{m}} / {{share}}", "plain": "{} * {{m}}"}
"""What a mask leaves of an output, and of the error that comes back."""
_ACTIVATIONS: Final = {
    "identity": "{z}",
    "relu": "relu({z})",
    "leaky_relu": "leaky_relu({z}, {slope})",
    "sigmoid": "sigmoid({z})",
    "tanh": "tanh({z})",
    "step": "step_function({z})",
    "softmax": "{e} / {S}",
}
_SLOPES: Final = {
    "identity": "derivative_identity({z})",
    "relu": "derivative_relu({z})",
    "leaky_relu": "derivative_leaky_relu({z}, {slope})",
    "sigmoid": "derivative_sigmoid({a})",
    "tanh": "derivative_tanh({a})",
    "softmax": "derivative_softmax({a})",
}
_LOSSES: Final = {
    "half_sse": "({y} - {a}) ** 2 / 2",
    "sse": "({y} - {a}) ** 2",
    "mse": "({y} - {a}) ** 2 / {outputs}",
    "cross_entropy": "-{y} * log({a})",
    "binary_cross_entropy": "-({y} * log({a}) + (1 - {y}) * log(1 - {a}))",
    "output": "{a}",
}
_ERRORS: Final = {
    # loss: its derivative, and the opposite
    "half_sse": ("{a} - {y}", "{y} - {a}"),
    "sse": ("2 * ({a} - {y})", "2 * ({y} - {a})"),
    "mse": ("2 * ({a} - {y}) / {outputs}", "2 * ({y} - {a}) / {outputs}"),
    "cross_entropy": ("-{y} / {a}", "{y} / {a}"),
    "binary_cross_entropy": ("(1 - {y}) / (1 - {a}) - {y} / {a}", "{y} / {a} - (1 - {y}) / (1 - {a})"),
    "output": ("ones_like({a})", "-ones_like({a})"),
}
_SHORT_DELTA: Final = ("{a} - {y}", "{y} - {a}")
_PRODUCTS: Final = {
    # reason: x W, W x
    "weighted_sum": ("{below}, {W}", "{W}, {below}"),
    "softmax": ("{dL_da}, {da_dz}", "{da_dz}, {dL_da}"),  # the slopes of softmax are symmetric
    "path_sum": ("{dL_dz}, transpose({W})", "transpose({W}), {dL_dz}"),
    "gradient": ("transpose({below}), {dL_dz}", "{dL_dz}, transpose({below})"),
}
"""What a matrix product is of."""


class _Program:
    """The lines of pseudo-code: Python's grammar, with functions whose names say what they do."""

    def __init__(self, net: Net, notation: Notation) -> None:
        self.net = net
        self.opposite: Collection[str] = notation.opposite
        self.names = _NAMES | notation.patterns.get("program", {})

    def name(self, family: str, layer: Layer | None) -> str:
        """The variable that holds these cells."""
        pattern, depth = self.names[family], self.net.depth
        if isinstance(pattern, dict):
            pattern = pattern["output" if layer == depth else "hidden"]
        return str(pattern).format(n=layer, h="" if depth == 2 else layer)

    def line(self, view: StepView, layer: Layer | None) -> str:
        """The line that works out the cells of a step (of sizes: those of one layer)."""
        return f"{self.name(view.family, layer)} = {self._right(view, _number(layer) or None)}"

    def _right(self, view: StepView, layer: int | None) -> str:
        net = self.net
        match view.reason, view.activation:
            case "weighted_sum", _:
                return self._product("weighted_sum", layer) + ("" if net.bias == "none" else self._put(" + {b}", layer))
            case "exponential", _:
                return self._put("exp({z})", layer)
            case "exp_sum", _:
                return self._put("sum({e})" if net.samples is None else f"sum({{e}}, axis={self._axis(1)})", layer)
            case "activation", _ if view.family == "d":
                return self._put(_DROPOUTS[net.mask].format("{a}"), layer)
            case "activation", "step" if net.threshold:
                return self._put("step_function({z} - {threshold})", layer)
            case "activation", str(activation):
                return self._put(_ACTIVATIONS[activation], layer)
            case "loss_term", _ if view.family == "error":
                return self._put("({a} - {y}) ** 2", layer)
            case "loss_term", _:
                return self._put(_LOSSES[net.loss], layer)
            case "loss", _:
                return self._mean(self._put("sum({l})", layer))
            case "norm", _:
                return self._put("sqrt(sum({dL_dW} ** 2))", layer)
        return self._backward(view, layer)

    def _backward(self, view: StepView, layer: int | None) -> str:
        net = self.net
        match view.reason, view.activation:
            case "loss_derivative", _:
                return self._mean(self._put(_ERRORS[net.loss]["dL/da" in self.opposite], layer))
            case "local_derivative", "softmax" if net.samples is not None:
                return self._put("for_each_sample(derivative_softmax, {a})", layer)
            case "local_derivative", str(activation):
                return self._put(_SLOPES[activation], layer)
            case "chain_product", _ if view.last and net.output_delta == "short":
                return self._mean(self._put(_SHORT_DELTA["dL/dz" in self.opposite], layer))
            case "chain_product", _ if view.family == "dL/da":
                return self._signed(self._put(_DROPOUTS[net.mask].format("{dL_dd}"), layer), "dL/dd", "dL/da")
            case "chain_product", "softmax":
                return self._signed(self._product("softmax", layer), "dL/da", "dL/dz")
            case "chain_product", _:
                return self._signed(self._put("{dL_da} * {da_dz}", layer), "dL/da", "dL/dz")
            case "path_sum", _ if view.family == "paths":  # the same number, collected in one go
                return self._signed(self._product("gradient", layer), "dL/dz", "paths")
            case "path_sum", _:
                return self._signed(self._product("path_sum", (layer or 0) + 1), "dL/dz", view.family)
            case "gradient", _ if view.family == "dL/dW":
                return self._signed(self._product("gradient", layer), "dL/dz", "dL/dW")
            case "gradient", _:
                return self._signed(self._put(self._added_up, layer), "dL/dz", "dL/db")
            case "update", _:
                sign = "+" if f"dL/d{view.family}" in self.opposite else "-"
                return self._put(f"{{{view.family}}} {sign} {{dL_d{view.family}}} * {{eta}}", layer)
        raise PlanError(f"no pseudo-code for {view.name}")

    def _put(self, pattern: str, layer: int | None) -> str:
        """A pattern with the variables of a layer in it."""
        names = {family.replace("/", "_"): self.name(family, layer) for family in self.names}
        if layer is None:  # the loss, which is over the outputs
            names["a"] = self.name("a", self.net.depth)
        return pattern.format(
            **names,
            below=self._below(layer or self.net.depth),
            slope=f"{self.net.leaky_slope:f}",
            threshold=f"{self.net.threshold:f}",
            share=f"{self.net.kept_share(layer or 0):f}",
            outputs=self.net.layers[-1],
        )

    def _below(self, layer: int) -> str:
        """What comes into a layer: the inputs, or what the layer before passes on."""
        if layer == 1:
            return self.name("x", None)
        return self.name("d" if self.net.drops(layer - 1) else "a", layer - 1)

    def _product(self, reason: str, layer: int | None) -> str:
        of = self._put(_PRODUCTS[reason][self.net.weights == "to_from"], layer)
        if reason == "softmax" and self.net.samples is not None:
            return f"for_each_sample(matrix_dot_product, {of})"
        return f"matrix_dot_product({of})"

    @property
    def _added_up(self) -> str:
        """What the gradient of a bias adds up: the samples, and the units that share it."""
        if self.net.bias == "shared":
            return "sum({dL_dz})"
        return "{dL_dz}" if self.net.samples is None else f"sum({{dL_dz}}, axis={self._axis(0)})"

    def _axis(self, number: int) -> int:
        """Where samples (0) or units (1) lie: the other way round in W x."""
        return number if self.net.weights == "from_to" else 1 - number

    def _mean(self, expression: str) -> str:
        if self.net.reduction == "sum" or self.net.samples is None:
            return expression
        return f"({expression}) / {self.net.samples}" if " " in expression else f"{expression} / {self.net.samples}"

    def _signed(self, expression: str, source: str, target: str) -> str:
        """With a minus where the notation turns round only one of the two families."""
        return f"-{expression}" if (source in self.opposite) != (target in self.opposite) else expression
