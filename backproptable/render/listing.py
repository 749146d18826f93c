"""The closing listing: a short NumPy program that prints the numbers of the sheet.

It works with matrices, not with cells, so it is also a second opinion. One loop body serves every
pass: update 1, 2, ..., and the pass after the last update, which stops at the loss. In an online run
a pass takes its row of the samples first. (Recurrent nets have a program of their own.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from backproptable.formulas.names import Address, Layer
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.render.form import slot

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "LOSS_SLOPES",
    "PER_LINE",
    "RAW",
    "SLOPES",
    "ProgramWriter",
    "listing",
    "passes_of",
    "rounding_lines",
    "stacked",
]

RAW: Final = "raw"
"""The slot style of a number in the program text."""

ACTIVATIONS: Final = {
    "identity": "{z}",
    "relu": "np.maximum(0, {z})",
    "leaky_relu": "np.maximum({slope} * {z}, {z})",
    "sigmoid": "1 / (1 + np.exp(-{z}))",
    "tanh": "np.tanh({z})",
    "step": "({z} > {threshold}) * 1.0",
}
SLOPES: Final = {
    "identity": "np.ones_like({z})",
    "relu": "({z} > 0) * 1.0",
    "leaky_relu": "np.where({z} > 0, 1.0, {slope})",
    "sigmoid": "{a} * (1 - {a})",
    "tanh": "1 - {a}**2",
}
LOSSES: Final = {
    "half_sse": "(y - {a})**2 / 2",
    "sse": "(y - {a})**2",
    "mse": "(y - {a})**2 / {outputs}",
    "cross_entropy": "-y * np.log({a})",
    "binary_cross_entropy": "-(y * np.log({a}) + (1 - y) * np.log(1 - {a}))",
    "output": "{a}",
}
LOSS_SLOPES: Final = {
    "half_sse": "{a} - y",
    "sse": "2 * ({a} - y)",
    "mse": "2 * ({a} - y) / {outputs}",
    "cross_entropy": "-y / {a}",
    "binary_cross_entropy": "(1 - y) / (1 - {a}) - y / {a}",
    "output": "np.ones_like({a})",
}

_DROPOUTS: Final = {"inverted": "{through} * m{layer} / {share}", "plain": "{through} * m{layer}"}

PER_LINE: Final = 10
"""Numbers to a line, so that the program fits a page."""


def listing(plan: Plan, figures: int, carry: str) -> str:
    """The program, with a slot for every given number."""
    return "\n".join(_Program(plan, figures, carry).lines()) + "\n"


def passes_of(net: Net) -> tuple[str, str]:
    """The marks of all passes as a list in the program, and what they are in words."""
    if net.forward_only:
        return '[""]', "one pass"
    marks = ["" if update == 1 else f"@{update}" for update in range(1, max(net.updates, 1) + 1)]
    if not net.updates:
        return repr(marks), "one pass"
    words = "before the update and after it" if net.updates == 1 else "each update, then after the last"
    if net.updates + 1 <= PER_LINE:
        return repr([*marks, "'"]), words
    return f"""["", *(f"@{{n}}" for n in range(2, {net.updates + 1})), "'"]""", words


def rounding_lines(figures: int, carry: str) -> Iterator[str]:
    """The beginning of the program: how it rounds, and how it prints."""
    yield from (
        "from decimal import ROUND_HALF_UP, Decimal",
        "",
        "import numpy as np",
        "",
        "",
        f"def r(value):  # rounds to {figures} significant figures, half away from zero",
        "    def one(number):",
        "        if abs(number) < 1e-15:  # binary noise: 0.1 + 0.2 - 0.3 is 0 on paper",
        "            return 0.0",
        '        d = Decimal(f"{number:.11e}")',
        f"        return float(d.quantize(Decimal(1).scaleb(d.adjusted() - {figures - 1}), ROUND_HALF_UP))",
        "",
        "    return np.vectorize(one, otypes=[float])(value)",
        "",
        "",
        "def show(mark, **values):",
        "    for name, value in values.items():",
        f'        print(name + mark, "=", {"np.asarray" if carry == "paper" else "r"}(value).tolist())',
        "",
    )


_SHOW_ROWS: Final = (
    "",
    "def show_rows(mark, **values):  # a line for each sample of this pass",
    "    for name, value in values.items():",
    "        for s, row in zip(rows, value, strict=True):",
    '            show(f"{mark}[{s}]", **{name: row})',
    "",
)


class ProgramWriter:
    """What programs of every kind of net have in common: given numbers as arrays, and rounding."""

    def __init__(self, plan: Plan, figures: int, carry: str) -> None:
        self.plan, self.net, self.figures, self.carry = plan, plan.net, figures, carry
        self.goes_back_to_inputs = any(cell.address.family == "dL/dx" for cell in plan.cells)

    def raw(self, address: Address) -> str:
        """A slot for a given number."""
        return slot(self.plan.row[address], RAW)

    def matrix(self, layer: Layer) -> str:
        """The weights of a layer."""
        height, width = self.net.weight_shape(layer)
        return stacked(
            [
                self.listed(Address("W", layer, (row, column)) for column in range(1, width + 1))
                for row in range(1, height + 1)
            ]
        )

    def listed(self, addresses: Iterable[Address]) -> str:
        """Numbers in a row, `PER_LINE` to a line."""
        numbers = [self.raw(address) for address in addresses]
        lines = [", ".join(numbers[start : start + PER_LINE]) for start in range(0, len(numbers), PER_LINE)]
        return ",\n     ".join(lines)

    def rounded(self, expression: str) -> str:
        """The expression as each line of the sheet is rounded: on paper only."""
        return f"r({expression})" if self.carry == "paper" else expression


class _Program(ProgramWriter):
    def lines(self) -> Iterator[str]:
        net = self.net
        yield from rounding_lines(self.figures, self.carry)
        if net.in_turn:
            yield from _SHOW_ROWS
        yield ""
        yield from self._givens()
        yield ""
        marks, words = passes_of(net)
        yield f"for step, now in enumerate({marks}):  # {words}" if net.in_turn else f"for now in {marks}:  # {words}"
        body = [*self._samples(), *self._forward(), *([] if net.forward_only else self._loss())]
        if not net.forward_only:
            if net.updates:
                body += ['if now == "\'":', "    break"]
            body += [*self._backward(), *(self._updates() if net.updates else []), *self._epochs()]
        yield from (f"    {line}" for line in body)

    # --- online runs

    @property
    def _of_samples(self) -> list[str]:
        """The arrays that have a row per sample."""
        masks = [f"m{layer}" for layer in range(1, self.net.depth) if self.net.drops(layer)]
        return ["x", *(["y"] if self.net.needs_targets else []), *masks]

    def _samples(self) -> Iterator[str]:
        """The samples of this pass: the next in turn, or all of them after the last update."""
        if not self.net.in_turn:
            return
        count = self.net.samples
        yield f'rows = range(1, {(count or 0) + 1}) if now == "\'" else [step % {count} + 1]'
        yield "chosen = [s - 1 for s in rows]"
        names = self._of_samples
        yield f"{', '.join(names)} = {', '.join(f'all_{name}[chosen]' for name in names)}"

    def _epochs(self) -> Iterator[str]:
        if not self.net.in_turn:
            return
        yield f"total += {'error.sum()' if self.net.squared_error else 'L'}"
        yield f"if step % {self.net.samples} == {(self.net.samples or 1) - 1}:"
        yield f"    E = {self.rounded('total')}"
        yield f'    show(f"[{{step // {self.net.samples} + 1}}]", E=E)'
        yield "    total = 0.0"

    def _givens(self) -> Iterator[str]:
        net = self.net
        all_of = "all_" if net.in_turn else ""
        yield f"{all_of}x = {self._array('x', None, net.layers[0])}"
        if net.needs_targets:
            yield f"{all_of}y = {self._array('y', None, net.layers[-1])}"
        for layer in range(1, net.depth):
            if net.drops(layer):
                yield f"{all_of}m{layer} = {self._array('m', layer, net.layers[layer])}"
        for layer in range(1, net.depth + 1):
            yield f"W{layer} = {self.matrix(layer)}"
            if net.bias == "per_unit":
                yield f"b{layer} = {self._array('b', layer, net.layers[layer], batch=False)}"
            elif net.bias == "shared":
                yield f"b{layer} = {self.raw(Address('b', layer))}"
        if net.updates and not net.forward_only:
            yield f"eta = {self.raw(Address('eta'))}"
        if net.in_turn:
            yield "total = 0.0"

    def _array(self, family: str, layer: int | None, size: int, *, batch: bool = True) -> str:
        def row(sample: int | None) -> str:
            return self.listed(Address(family, layer, (unit,), sample) for unit in range(1, size + 1))

        if self.net.samples is None or not batch:
            return f"np.array([{row(None)}])"
        return stacked([row(sample) for sample in self.net.sample_numbers])

    def _mean(self, expression: str) -> str:
        return f"1 / {self.net.samples} * ({expression})" if self.net.averages else expression

    def _written(self, pattern: str, layer: int) -> str:
        net = self.net
        return pattern.format(
            z=f"z{layer}",
            a=f"a{layer}",
            slope=f"{net.leaky_slope:f}",
            threshold=f"{net.threshold:f}",
            outputs=net.layers[-1],
        )

    def _below(self, layer: int) -> str:
        """What comes into a layer."""
        return "x" if layer == 1 else f"d{layer - 1}" if self.net.drops(layer - 1) else f"a{layer - 1}"

    def _through_mask(self, through: str, layer: int) -> str:
        return _DROPOUTS[self.net.mask].format(through=through, layer=layer, share=f"{self.net.kept_share(layer):f}")

    def _forward(self) -> Iterator[str]:
        net, batch = self.net, self.net.samples is not None
        for layer in range(1, net.depth + 1):
            below = self._below(layer)
            product = f"{below} @ W{layer}"
            if net.weights == "to_from":
                product = f"{below} @ W{layer}.T" if batch else f"W{layer} @ {below}"
            bias = "" if net.bias == "none" else f" + b{layer}"
            total = f"{product}{bias}"
            yield f"z{layer} = {self.rounded(total) if self.carry == 'paper' else f'({total}).round(15)'}"
            activation = net.activations[layer - 1]
            if activation == "softmax":
                yield f"e{layer} = {self.rounded(f'np.exp(z{layer})')}"
                yield f"S{layer} = {self.rounded(f'e{layer}.sum(axis=-1, keepdims=True)')}"
                yield f"a{layer} = {self.rounded(f'e{layer} / S{layer}')}"
                yield from self._show("now", [f"z{layer}", f"e{layer}", f"S{layer}", f"a{layer}"])
            else:
                yield f"a{layer} = {self.rounded(self._written(ACTIVATIONS[activation], layer))}"
                yield from self._show("now", [f"z{layer}", f"a{layer}"])
            if net.drops(layer):
                yield f"d{layer} = {self.rounded(self._through_mask(f'a{layer}', layer))}"
                yield from self._show("now", [f"d{layer}"])

    def _loss(self) -> Iterator[str]:
        if self.net.squared_error:
            yield f"error = {self.rounded(self._written('({a} - y)**2', self.net.depth))}"
            yield from self._show("now", ["error"])
        yield f"l = {self.rounded(self._written(LOSSES[self.net.loss], self.net.depth))}"
        yield f"L = {self.rounded(self._mean('l.sum()'))}"
        yield from self._show("now", ["l", "L"])

    def _backward(self) -> Iterator[str]:
        net = self.net
        for layer in range(net.depth, 0, -1):
            names = []
            for name, expression in self._layer_backward(layer):
                yield f"{name} = {self.rounded(expression)}"
                names.append(name)
            for start in range(0, len(names), 3):
                yield from self._show("now", names[start : start + 3])
        norms = {f"norm_dL_dW{layer}": f"np.sqrt((dL_dW{layer}**2).sum())" for layer in range(1, net.depth + 1)}
        for name, expression in norms.items():
            yield f"{name} = {self.rounded(expression)}"
            yield from self._show("now", [name])

    def _layer_backward(self, layer: int) -> Iterator[tuple[str, str]]:
        net, batch = self.net, self.net.samples is not None
        last, softmax = layer == net.depth, net.activations[layer - 1] == "softmax"
        slope, delta = f"da{layer}_dz{layer}", f"dL_dz{layer}"
        if last and net.output_delta == "short":
            yield delta, self._mean(f"a{layer} - y")
        else:
            if last:
                yield f"dL_da{layer}", self._mean(self._written(LOSS_SLOPES[net.loss], layer))
            if softmax:
                one, other = ("[:, :, None]", "[:, None, :]") if batch else ("[:, None]", "")
                yield slope, f"a{layer}{one} * (np.eye({net.layers[-1]}) - a{layer}{other})"
                yield delta, f"(dL_da{layer}[:, :, None] * {slope}).sum(axis=1)" if batch else f"dL_da{layer} @ {slope}"
            else:
                yield slope, self._written(SLOPES[net.activations[layer - 1]], layer)
                yield delta, f"dL_da{layer} * {slope}"
        yield f"dL_dW{layer}", self._times_input(delta, layer)
        if net.bias != "none":
            yield (
                f"dL_db{layer}",
                f"{delta}.sum()" if net.bias == "shared" else f"{delta}.sum(axis=0)" if batch else delta,
            )
        if net.paths and layer < net.depth:
            yield f"paths_dL_dW{layer}", self._times_input(self._all_the_way_back(layer), layer)
        if layer > 1 or self.goes_back_to_inputs:
            weights = f"W{layer}" if (net.weights == "to_from") == batch else f"W{layer}.T"
            drops = layer > 1 and net.drops(layer - 1)
            passed_on = "dL_dx" if layer == 1 else f"dL_dd{layer - 1}" if drops else f"dL_da{layer - 1}"
            yield passed_on, f"{delta} @ {weights}" if batch else f"{weights} @ {delta}"
            if drops:
                yield f"dL_da{layer - 1}", self._through_mask(passed_on, layer - 1)

    def _times_input(self, delta: str, layer: int) -> str:
        """The gradient of a layer's weights, from what reaches its sums."""
        first, second = (self._below(layer), delta) if self.net.weights == "from_to" else (delta, self._below(layer))
        if self.net.samples is None:
            return f"np.outer({first}, {second})"
        return f"{_whole(first)}.T @ {_whole(second)}"

    def _all_the_way_back(self, layer: int) -> str:
        """What reaches the sums of a layer, in one expression from the output layer down."""
        delta = f"dL_dz{self.net.depth}"
        for level in range(self.net.depth, layer, -1):
            delta = f"({delta} @ W{level}{'.T' if self.net.weights == 'from_to' else ''})"
            if self.net.drops(level - 1):
                delta = self._through_mask(delta, level - 1)
            delta = f"{delta} * da{level - 1}_dz{level - 1}"
        return delta

    def _updates(self) -> Iterator[str]:
        net = self.net
        for name in [f"{family}{layer}" for layer in range(1, net.depth + 1) for family in self._updated]:
            yield f"{name} = ({name} - eta * dL_d{name}).round(15)"
            yield from self._show('"\'" + now', [name])

    @property
    def _updated(self) -> str:
        return "Wb" if self.net.update_biases and self.net.bias != "none" else "W"

    def _show(self, mark: str, names: list[str]) -> Iterator[str]:
        by_sample = [name for name in names if self.net.in_turn and _BY_SAMPLE.match(name)]
        for show, shown in (("show_rows", by_sample), ("show", [name for name in names if name not in by_sample])):
            if shown:
                yield f"{show}({mark}, {', '.join(f'{name}={name}' for name in shown)})"


_BY_SAMPLE: Final = re.compile(r"[zadeS]\d|l$|error|da\d|dL_d[azd]\d|dL_dx")
"""Arrays with a row per sample."""


def _whole(expression: str) -> str:
    return f"({expression})" if " " in expression else expression


def stacked(rows: list[str]) -> str:
    """An array with a row to a line."""
    return "np.array([\n" + "".join(f"    [{row}],\n" for row in rows) + "])"
