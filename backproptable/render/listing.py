"""The closing listing: a short NumPy program that prints the numbers of the sheet.

It works with matrices, not with cells, so it is also a second opinion. One loop body serves every
pass: update 1, 2, ..., and the pass after the last update, which stops at the loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from backproptable.names import Address
from backproptable.plan import Plan
from backproptable.render.form import slot

__all__ = ["RAW", "listing"]

RAW: Final = "raw"
"""The slot style of a number in the program text."""

_ACTIVATIONS: Final = {
    "identity": "{z}",
    "relu": "np.maximum(0, {z})",
    "leaky_relu": "np.maximum({slope} * {z}, {z})",
    "sigmoid": "1 / (1 + np.exp(-{z}))",
    "tanh": "np.tanh({z})",
    "step": "({z} > 0) * 1.0",
}
_SLOPES: Final = {
    "identity": "np.ones_like({z})",
    "relu": "({z} > 0) * 1.0",
    "leaky_relu": "np.where({z} > 0, 1.0, {slope})",
    "sigmoid": "{a} * (1 - {a})",
    "tanh": "1 - {a}**2",
}
_LOSSES: Final = {
    "half_sse": "(y - {a})**2 / 2",
    "sse": "(y - {a})**2",
    "mse": "(y - {a})**2 / {outputs}",
    "cross_entropy": "-y * np.log({a})",
    "binary_cross_entropy": "-(y * np.log({a}) + (1 - y) * np.log(1 - {a}))",
    "output": "{a}",
}
_LOSS_SLOPES: Final = {
    "half_sse": "{a} - y",
    "sse": "2 * ({a} - y)",
    "mse": "2 * ({a} - y) / {outputs}",
    "cross_entropy": "-y / {a}",
    "binary_cross_entropy": "(1 - y) / (1 - {a}) - y / {a}",
    "output": "np.ones_like({a})",
}


_PER_LINE: Final = 10
"""Numbers to a line, so that the program fits a page."""


def listing(plan: Plan, figures: int, carry: str) -> str:
    """The program, with a slot for every given number."""
    return "\n".join(_Program(plan, figures, carry).lines()) + "\n"


class _Program:
    def __init__(self, plan: Plan, figures: int, carry: str) -> None:
        self.plan, self.net, self.figures, self.carry = plan, plan.net, figures, carry

    def lines(self) -> Iterator[str]:
        yield from self._rounding()
        yield ""
        yield from self._givens()
        yield ""
        net, passes = self.net, [""] if self.net.forward_only else self._passes()
        listed = repr(passes)
        if len(passes) > _PER_LINE:
            listed = f"""["", *(f"@{{n}}" for n in range(2, {net.updates + 1})), "'"]"""
        yield f"for now in {listed}:  # {self._passes_in_words(passes)}"
        body = [*self._forward(), *([] if net.forward_only else self._loss())]
        if not net.forward_only:
            if net.updates:
                body += ['if now == "\'":', "    break"]
            body += [*self._backward(), *(self._updates() if net.updates else [])]
        yield from (f"    {line}" for line in body)

    def _passes(self) -> list[str]:
        updates = ["" if update == 1 else f"@{update}" for update in range(1, max(self.net.updates, 1) + 1)]
        return [*updates, "'"] if self.net.updates else updates

    def _passes_in_words(self, passes: list[str]) -> str:
        if len(passes) == 1:
            return "one pass"
        return "before the update and after it" if len(passes) == 2 else "each update, then after the last"

    def _rounding(self) -> Iterator[str]:
        yield from (
            "from decimal import ROUND_HALF_UP, Decimal",
            "",
            "import numpy as np",
            "",
            "",
            f"def r(value):  # rounds to {self.figures} significant figures, half away from zero",
            "    def one(number):",
            "        if abs(number) < 1e-15:  # binary noise: 0.1 + 0.2 - 0.3 is 0 on paper",
            "            return 0.0",
            '        d = Decimal(f"{number:.11e}")',
            f"        return float(d.quantize(Decimal(1).scaleb(d.adjusted() - {self.figures - 1}), ROUND_HALF_UP))",
            "",
            "    return np.vectorize(one, otypes=[float])(value)",
            "",
            "",
            "def show(mark, **values):",
            "    for name, value in values.items():",
            f'        print(name + mark, "=", {"np.asarray" if self.carry == "paper" else "r"}(value).tolist())',
            "",
        )

    def _givens(self) -> Iterator[str]:
        net = self.net
        yield f"x = {self._array('x', None, net.layers[0])}"
        if net.needs_targets:
            yield f"y = {self._array('y', None, net.layers[-1])}"
        for layer in range(1, net.depth + 1):
            yield f"W{layer} = {self._matrix(layer)}"
            if net.bias == "per_unit":
                yield f"b{layer} = {self._array('b', layer, net.layers[layer], batch=False)}"
            elif net.bias == "shared":
                yield f"b{layer} = {self._raw(Address('b', layer))}"
        if net.updates and not net.forward_only:
            yield f"eta = {self._raw(Address('eta'))}"

    def _raw(self, address: Address) -> str:
        return slot(self.plan.row[address], RAW)

    def _array(self, family: str, layer: int | None, size: int, *, batch: bool = True) -> str:
        def row(sample: int | None) -> str:
            return self._listed(Address(family, layer, (unit,), sample) for unit in range(1, size + 1))

        if self.net.samples is None or not batch:
            return f"np.array([{row(None)}])"
        return _stacked([row(sample) for sample in self.net.sample_numbers])

    def _matrix(self, layer: int) -> str:
        height, width = self.net.weight_shape(layer)
        return _stacked(
            [
                self._listed(Address("W", layer, (row, column)) for column in range(1, width + 1))
                for row in range(1, height + 1)
            ]
        )

    def _listed(self, addresses: Iterable[Address]) -> str:
        """Numbers in a row, `_PER_LINE` to a line."""
        numbers = [self._raw(address) for address in addresses]
        lines = [", ".join(numbers[start : start + _PER_LINE]) for start in range(0, len(numbers), _PER_LINE)]
        return ",\n     ".join(lines)

    def _rounded(self, expression: str) -> str:
        return f"r({expression})" if self.carry == "paper" else expression

    def _mean(self, expression: str) -> str:
        if self.net.reduction == "sum" or self.net.samples is None:
            return expression
        return f"1 / {self.net.samples} * ({expression})"

    def _written(self, pattern: str, layer: int) -> str:
        net = self.net
        return pattern.format(z=f"z{layer}", a=f"a{layer}", slope=f"{net.leaky_slope:f}", outputs=net.layers[-1])

    def _forward(self) -> Iterator[str]:
        net, batch = self.net, self.net.samples is not None
        for layer in range(1, net.depth + 1):
            below = "x" if layer == 1 else f"a{layer - 1}"
            product = f"{below} @ W{layer}"
            if net.weights == "to_from":
                product = f"{below} @ W{layer}.T" if batch else f"W{layer} @ {below}"
            bias = "" if net.bias == "none" else f" + b{layer}"
            total = f"{product}{bias}"
            yield f"z{layer} = {self._rounded(total) if self.carry == 'paper' else f'({total}).round(15)'}"
            activation = net.activations[layer - 1]
            if activation == "softmax":
                yield f"e{layer} = {self._rounded(f'np.exp(z{layer})')}"
                yield f"S{layer} = {self._rounded(f'e{layer}.sum(axis=-1, keepdims=True)')}"
                yield f"a{layer} = {self._rounded(f'e{layer} / S{layer}')}"
                yield self._show("now", [f"z{layer}", f"e{layer}", f"S{layer}", f"a{layer}"])
            else:
                yield f"a{layer} = {self._rounded(self._written(_ACTIVATIONS[activation], layer))}"
                yield self._show("now", [f"z{layer}", f"a{layer}"])

    def _loss(self) -> Iterator[str]:
        yield f"l = {self._rounded(self._written(_LOSSES[self.net.loss], self.net.depth))}"
        yield f"L = {self._rounded(self._mean('l.sum()'))}"
        yield self._show("now", ["l", "L"])

    def _backward(self) -> Iterator[str]:
        net = self.net
        for layer in range(net.depth, 0, -1):
            names = []
            for name, expression in self._layer_backward(layer):
                yield f"{name} = {self._rounded(expression)}"
                names.append(name)
            for start in range(0, len(names), 3):
                yield self._show("now", names[start : start + 3])
        norms = {f"norm_dL_dW{layer}": f"np.sqrt((dL_dW{layer}**2).sum())" for layer in range(1, net.depth + 1)}
        for name, expression in norms.items():
            yield f"{name} = {self._rounded(expression)}"
            yield self._show("now", [name])

    def _layer_backward(self, layer: int) -> Iterator[tuple[str, str]]:
        net, batch = self.net, self.net.samples is not None
        last, softmax = layer == net.depth, net.activations[layer - 1] == "softmax"
        slope, delta = f"da{layer}_dz{layer}", f"dL_dz{layer}"
        if last and net.output_delta == "short":
            yield delta, self._mean(f"a{layer} - y")
        else:
            if last:
                yield f"dL_da{layer}", self._mean(self._written(_LOSS_SLOPES[net.loss], layer))
            if softmax:
                one, other = ("[:, :, None]", "[:, None, :]") if batch else ("[:, None]", "")
                yield slope, f"a{layer}{one} * (np.eye({net.layers[-1]}) - a{layer}{other})"
                yield delta, f"(dL_da{layer}[:, :, None] * {slope}).sum(axis=1)" if batch else f"dL_da{layer} @ {slope}"
            else:
                yield slope, self._written(_SLOPES[net.activations[layer - 1]], layer)
                yield delta, f"dL_da{layer} * {slope}"
        below = "x" if layer == 1 else f"a{layer - 1}"
        first, second = (below, delta) if net.weights == "from_to" else (delta, below)
        yield f"dL_dW{layer}", f"{first}.T @ {second}" if batch else f"np.outer({first}, {second})"
        if net.bias != "none":
            yield (
                f"dL_db{layer}",
                f"{delta}.sum()" if net.bias == "shared" else f"{delta}.sum(axis=0)" if batch else delta,
            )
        if layer > 1:
            weights = f"W{layer}" if (net.weights == "to_from") == batch else f"W{layer}.T"
            yield f"dL_da{layer - 1}", f"{delta} @ {weights}" if batch else f"{weights} @ {delta}"

    def _updates(self) -> Iterator[str]:
        net = self.net
        for name in [f"{family}{layer}" for layer in range(1, net.depth + 1) for family in self._updated]:
            yield f"{name} = ({name} - eta * dL_d{name}).round(15)"
            yield self._show('"\'" + now', [name])

    @property
    def _updated(self) -> str:
        return "Wb" if self.net.update_biases and self.net.bias != "none" else "W"

    @staticmethod
    def _show(mark: str, names: list[str]) -> str:
        return f"show({mark}, {', '.join(f'{name}={name}' for name in names)})"


def _stacked(rows: list[str]) -> str:
    return "np.array([\n" + "".join(f"    [{row}],\n" for row in rows) + "])"
