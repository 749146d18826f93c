"""The closing listing of a recurrent net: forward through its steps, back through them, with arrays and loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from backproptable.formulas.names import Address, Layer
from backproptable.nets.plan import Plan
from backproptable.render.listing import (
    ACTIVATIONS,
    LOSS_SLOPES,
    LOSSES,
    SLOPES,
    ProgramWriter,
    passes_of,
    rounding_lines,
    stacked,
)

__all__ = ["listing_in_time"]

_LAYERS: Final[tuple[Layer, ...]] = ("x", "s")
"""Those whose weights are used in every step."""


def listing_in_time(plan: Plan, figures: int, carry: str) -> str:
    """The program, with a slot for every given number."""
    return "\n".join(_Program(plan, figures, carry).lines()) + "\n"


class _Program(ProgramWriter):
    def lines(self) -> Iterator[str]:
        net = self.net
        yield from rounding_lines(self.figures, self.carry)
        yield ""
        yield from self._givens()
        yield ""
        marks, words = passes_of(net)
        yield f"for now in {marks}:  # {words}"
        body = [*self._forward(), *([] if net.forward_only else self._loss())]
        if not net.forward_only:
            if net.updates:
                body += ['if now == "\'":', "    break"]
            body += [*self._backward(), *self._totals(), *(self._updates() if net.updates else [])]
        yield from (f"    {line}" for line in body)

    # --- pieces

    def _times(self, value: str, layer: Layer) -> str:
        """A row times a weight matrix; in the other layout the matrix lies the other way."""
        return f"{value} @ W{layer}" + ("" if self.net.weights == "from_to" else ".T")

    def _back_over(self, value: str, layer: Layer) -> str:
        return f"{value} @ W{layer}" + (".T" if self.net.weights == "from_to" else "")

    def _outer(self, came_in: str, blamed: str) -> str:
        first, second = (came_in, blamed) if self.net.weights == "from_to" else (blamed, came_in)
        return f"np.outer({first}, {second})"

    def _bias(self, layer: Layer) -> str:
        return f" + b{layer}" if self.net.bias_units(layer) else ""

    def _sum(self, expression: str) -> str:
        return self.rounded(expression) if self.carry == "paper" else f"({expression}).round(15)"

    def _written(self, pattern: str, z: str, a: str) -> str:
        net = self.net
        return pattern.format(z=z, a=a, slope=f"{net.leaky_slope:f}", outputs=net.layers[-1])

    @property
    def _has_all(self) -> bool:
        """Whether every step has a target."""
        return len(self.net.loss_steps) == len(self.net.time_steps)

    # --- what is given

    def _givens(self) -> Iterator[str]:
        net = self.net
        yield f"x = {self._rows('x', net.time_steps, net.layers[0])}"
        if net.needs_targets:
            yield f"y = {self._rows('y', net.loss_steps, net.layers[-1])}"
        start = self.listed(Address("a", "s", (unit,), time=0) for unit in net.units("s"))
        yield f"s0 = np.array([{start}])"
        for layer in net.weight_layers:
            yield f"W{layer} = {self.matrix(layer)}"
            if net.bias_units(layer) and net.bias == "shared":
                yield f"b{layer} = {self.raw(Address('b', layer))}"
            elif net.bias_units(layer):
                numbers = self.listed(Address("b", layer, (unit,)) for unit in net.units(layer))
                yield f"b{layer} = np.array([{numbers}])"
        if net.updates and not net.forward_only:
            yield f"eta = {self.raw(Address('eta'))}"

    def _rows(self, family: str, steps: range, size: int) -> str:
        rows = [self.listed(Address(family, None, (unit,), time=t) for unit in range(1, size + 1)) for t in steps]
        return stacked(rows)

    # --- one pass

    def _forward(self) -> Iterator[str]:
        net, last = self.net, len(self.net.time_steps)
        yield "z, s, o = {}, {0: s0}, {}"
        yield f"for t in range(1, {last + 1}):"
        both = f"{self._times('x[t - 1]', 'x')} + {self._times('s[t - 1]', 's')}{self._bias('s')}"
        yield f"    z[t] = {self._sum(both)}"
        yield f"    s[t] = {self.rounded(self._written(ACTIVATIONS[net.activation_of('s')], 'z[t]', 's[t]'))}"
        yield '    show(now + f"[{t}]", z=z[t], s=s[t])'
        if not self._has_all:
            yield f"    if t == {last}:"
        more = "    " if not self._has_all else ""
        yield f"    {more}o[t] = {self._sum(self._times('s[t]', 'y') + self._bias('y'))}"
        yield f'    {more}show(now + f"[{{t}}]", o=o[t])'

    def _loss(self) -> Iterator[str]:
        net = self.net
        first = net.loss_steps[0]
        target = f"y[t - {first}]"
        yield "l = {}"
        yield "for t in o:"
        if net.squared_error:
            yield f"    error = {self.rounded(f'(o[t] - {target})**2')}"
            yield '    show(now + f"[{t}]", error=error)'
        term = self._written(LOSSES[net.loss], "", "o[t]").replace("y", target)
        yield f"    l[t] = {self.rounded(term)}"
        yield '    show(now + f"[{t}]", l=l[t])'
        yield f"L = {self.rounded('sum(l[t].sum() for t in l)')}"
        yield "show(now, L=L)"

    def _backward(self) -> Iterator[str]:
        net = self.net
        slope = self._written(LOSS_SLOPES[net.loss], "", "o[t]").replace("y", f"y[t - {net.loss_steps[0]}]")
        yield "dL_do, dL_dz, ds_dz, share = {}, {}, {}, {}"
        yield "for t in o:"
        yield f"    dL_do[t] = {self.rounded(slope)}"
        yield '    show(now + f"[{t}]", dL_do=dL_do[t])'
        yield "for t in reversed(z):"
        yield "    dL_ds = 0"
        yield "    if t in o:"
        yield f"        dL_ds = dL_ds + {self._back_over('dL_do[t]', 'y')}"
        yield "    if t + 1 in z:"
        yield f"        dL_ds = dL_ds + {self._back_over('dL_dz[t + 1]', 's')}"
        yield f"    dL_ds = {self.rounded('dL_ds')}"
        yield f"    ds_dz[t] = {self.rounded(self._written(SLOPES[net.activation_of('s')], 'z[t]', 's[t]'))}"
        yield f"    dL_dz[t] = {self.rounded('dL_ds * ds_dz[t]')}"
        yield '    show(now + f"[{t}]", dL_ds=dL_ds, ds_dz=ds_dz[t], dL_dz=dL_dz[t])'
        if self.goes_back_to_inputs:
            yield f"    dL_dx = {self.rounded(self._back_over('dL_dz[t]', 'x'))}"
            yield '    show(now + f"[{t}]", dL_dx=dL_dx)'
        if len(net.loss_steps) > 1:
            yield f'    share["y", t] = {self.rounded(self._outer("s[t]", "dL_do[t]"))}'
            yield '    show(f"<{t}>" + now, dL_dWy=share["y", t])'
        if len(net.time_steps) > 1:
            yield f'    share["x", t] = {self.rounded(self._outer("x[t - 1]", "dL_dz[t]"))}'
            yield f'    share["s", t] = {self.rounded(self._outer("s[t - 1]", "dL_dz[t]"))}'
            yield '    show(f"<{t}>" + now, dL_dWx=share["x", t], dL_dWs=share["s", t])'

    def _totals(self) -> Iterator[str]:
        net = self.net
        for layer, came_in, blamed in (("x", "x[0]", "dL_dz[1]"), ("s", "s0", "dL_dz[1]"), ("y", "s[t]", "dL_do[t]")):
            steps = net.loss_steps if layer == "y" else net.time_steps
            if len(steps) > 1:
                total = f'sum(share["{layer}", t] for t in {"o" if layer == "y" else "z"})'
            else:
                total = self._outer(came_in, blamed).replace("[t]", f"[{steps[0]}]")
            yield f"dL_dW{layer} = {self.rounded(total)}"
            yield f"show(now, dL_dW{layer}=dL_dW{layer})"
        if net.bias != "none":
            whole = ".sum()" if net.bias == "shared" else ""
            for layer, blamed in (("s", "dL_dz"), ("y", "dL_do")):
                yield f"dL_db{layer} = {self.rounded(f'sum({blamed}[t]{whole} for t in {blamed})')}"
                yield f"show(now, dL_db{layer}=dL_db{layer})"
        if net.paths:
            yield from self._paths()
        for matrix in net.weight_layers:
            yield f"norm_dL_dW{matrix} = {self.rounded(f'np.sqrt((dL_dW{matrix}**2).sum())')}"
            yield f"show(now, norm_dL_dW{matrix}=norm_dL_dW{matrix})"

    def _paths(self) -> Iterator[str]:
        """From each output back to every state: do_ds, a row per output; then the gradients as sums over all of it."""
        across = self.net.weights == "from_to"
        yield f"paths_x, paths_s = np.zeros(Wx{'' if across else '.T'}.shape), np.zeros(Ws.shape)"
        yield "for N in o:"
        yield f"    do_ds = Wy{'.T' if across else ''}"
        yield "    for t in range(N, 0, -1):"
        yield "        if t < N:"
        yield f"            do_ds = {self.rounded('(do_ds * ds_dz[t + 1]) @ Ws' + ('.T' if across else ''))}"
        yield "            for k, row in enumerate(do_ds, start=1):"
        yield '                show(now + f"[{N},{k},{t}]", do_ds=row)'
        yield "        reaches = (dL_do[N] @ do_ds) * ds_dz[t]"
        yield "        paths_x = paths_x + np.outer(x[t - 1], reaches)"
        yield "        paths_s = paths_s + np.outer(s[t - 1], reaches)"
        turned = "" if across else ".T"
        for layer in _LAYERS:
            yield f"show(now, paths_dL_dW{layer}={self.rounded(f'paths_{layer}{turned}')})"

    def _updates(self) -> Iterator[str]:
        net = self.net
        families = "Wb" if net.update_biases else "W"
        for layer in net.weight_layers:
            for family in families:
                if family == "W" or net.bias_units(layer):
                    name = f"{family}{layer}"
                    yield f"{name} = ({name} - eta * dL_d{name}).round(15)"
                    yield f'show("\'" + now, {name}={name})'
