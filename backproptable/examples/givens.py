"""The numbers of an example file against the net they are for: shapes, sizes, targets, names of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from typing import Any, Final, cast

from backproptable.basics.errors import Problem, suggestion
from backproptable.examples.keys import GIVEN, PARAMETER, at_place, shown
from backproptable.formulas.names import Address, Layer, name_of
from backproptable.nets.net import LARGEST_GIVEN, SMALLEST_GIVEN, Net

__all__ = ["GivenNumbers", "named", "number_problems", "placed", "said_shape", "samples_of", "shape_given", "steps_of"]


def samples_of(arrays: Mapping[str, Any]) -> int | None:
    """The number of samples, where x (or y, if there is no x) is a list of lists."""
    data = arrays.get("x", arrays.get("y"))
    is_batch = isinstance(data, list) and any(isinstance(row, list) for row in data)
    return len(data) if is_batch else None


def steps_of(arrays: Mapping[str, Any]) -> int | None:
    """The length of a recurrent net's sequence, where x is given."""
    data = arrays.get("x")
    return len(data) if isinstance(data, list) else None


class GivenNumbers:
    """Checks that the numbers given are numbers of this net, and that none is missing."""

    def __init__(self, net: Net, arrays: Mapping[str, Any], doubtful: Set[str]) -> None:
        self.net, self.arrays, self.doubtful = net, arrays, doubtful
        self.wanted = _wanted_shapes(net)

    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong with them."""
        for key, value in self.arrays.items():
            if value is not None:
                yield from number_problems(key, value)
                if not self._cannot_tell(key):
                    yield from self._misfits(key, value)
        if any(map(PARAMETER.fullmatch, self.arrays)):
            wanted = [key for key in self.wanted if PARAMETER.fullmatch(key) and not self._cannot_tell(key)]
            if missing := [key for key in wanted if key not in self.arrays]:
                said = "is missing." if len(missing) == 1 else "are missing."
                yield Problem(f"[givens] {', '.join(missing)}", said, "Give all weights and biases, or none.")

    def _cannot_tell(self, key: str) -> bool:
        """Whether what the key should hold depends on something else that cannot be used."""
        is_parameter = PARAMETER.fullmatch(key) is not None
        if not self.doubtful.isdisjoint(("layers", "kind")):
            return GIVEN.fullmatch(key) is not None
        if key in ("x", "y") and not self.doubtful.isdisjoint(("steps", "loss_at")):
            return True
        if key.startswith("m") and "keep" in self.doubtful:
            return True
        if is_parameter:
            return ("weights" if key[0] == "W" else "bias") in self.doubtful
        return key == "y" and self.arrays.get("x", 0) is None

    def _misfits(self, key: str, value: Any) -> Iterator[Problem]:
        if key not in self.wanted:
            yield self._unknown(key)
        elif (found := shape_given(value)) != (wanted := self.wanted[key]):
            what = f"has {said_shape(found)}, but the net needs {said_shape(wanted)}."
            yield Problem(f"[givens] {key}", what, self._layout(key[0]))
        elif key == "y" and "loss" not in self.doubtful:
            yield from _target_problems(self.net, value)
        elif key[0] == "m":
            yield from _mask_problems(key, value)

    def _unknown(self, key: str) -> Problem:
        net = self.net
        if key == "y":
            return Problem("[givens] y", 'is not used: loss = "output" takes no targets.', "Remove it.")
        if net.bias == "none" and PARAMETER.fullmatch(key) and key[0] == "b":
            return Problem(f"[givens] {key}", 'is not used: bias = "none".', "Remove it, or set another bias.")
        if key.startswith("m") and key[1:].isdigit():
            remedy = "Write the share that is kept as keep below [net], or remove this mask."
            return Problem(f"[givens] {key}", "is not used: this layer has no dropout.", remedy)
        return Problem(f"[givens] {key}", "is not a given of this net.", suggestion(key, self.wanted))

    def _layout(self, family: str) -> str:
        """How the numbers of a family are laid out."""
        match family:
            case "W":
                ends = "comes from", "leads to"
                row, column = ends if self.net.weights == "from_to" else reversed(ends)
                return f'Under weights = "{self.net.weights}" a row is a unit it {row}, a column one it {column}.'
            case "b":
                per_layer = self.net.bias == "shared"
                return f'Under bias = "{self.net.bias}" there is one per {"layer" if per_layer else "unit"}.'
            case "s":
                return "Write one number per state: what the first step finds."
            case "m":
                return "Write a 0 or 1 per hidden unit; a batch has a row of them per sample."
            case "y" if self.net.is_recurrent and self.net.loss_at == "last":
                return 'Under loss_at = "last" there is one target per output, for the last step.'
        unit = "input" if family == "x" else "output"
        if self.net.is_recurrent:
            return f"Write a row for each of the {self.net.steps} steps, with one number per {unit}."
        return f"Write one number per {unit}; a batch has a row of them per sample."


def _wanted_shapes(net: Net) -> dict[str, tuple[int, ...]]:
    def data(size: int, rows: int | None = net.samples) -> tuple[int, ...]:
        return (size,) if rows is None else (rows, size)

    in_time = net.is_recurrent
    shapes = {"x": data(net.layers[0], net.steps) if in_time else data(net.layers[0])}
    if net.loss != "output":
        every = in_time and net.loss_at == "every"
        shapes["y"] = data(net.layers[-1], net.steps) if every else data(net.layers[-1])
    if in_time:
        shapes["s0"] = (len(net.units("s")),)
    shapes |= {f"m{layer}": data(net.layers[layer]) for layer in range(1, net.depth) if net.drops(layer)}
    for layer in net.weight_layers:
        shapes[f"W{layer}"] = net.weight_shape(layer)
        if net.bias_units(layer):
            shapes[f"b{layer}"] = () if net.bias == "shared" else (len(net.units(layer)),)
    return shapes


def shape_given(value: Any) -> tuple[Any, ...]:
    """The shape of a number, a list or a list of lists; the lengths of unequal rows are listed."""
    if not isinstance(value, list):
        return ()
    if not any(isinstance(row, list) for row in value):
        return (len(value),)
    lengths = {len(row) if isinstance(row, list) else 0 for row in value}
    return (len(value), lengths.pop() if len(lengths) == 1 else sorted(lengths))


def said_shape(shape: tuple[Any, ...]) -> str:
    """A shape in words."""
    match shape:
        case ():
            return "one number"
        case (size,):
            return f"{size} number{'s' if size != 1 else ''}"
        case (rows, [0, *_]):
            return f"{rows} entries, some of them lists and some not"
        case (rows, list() as columns):
            return f"{rows} rows of {' or '.join(map(str, columns))} numbers"
        case (rows, columns):
            return f"{rows} row{'s' if rows != 1 else ''} of {columns} number{'s' if columns != 1 else ''}"
        case (count, *rest):
            return f"{count} times {said_shape(tuple(rest))}"
    raise ValueError(shape)


def number_problems(key: str, value: Any) -> Iterator[Problem]:
    """Numbers that are out of reach."""
    for places, number in placed(value):
        remedy = f"Write a number from -{LARGEST_GIVEN:f} to {LARGEST_GIVEN:f}."
        if number.is_finite() and 0 < abs(number) < SMALLEST_GIVEN:
            yield Problem(at_place(f"[givens] {key}", places), f"is {shown(number)}.", "Write 0 for so small a number.")
        elif not number.is_finite() or abs(number) > LARGEST_GIVEN:
            yield Problem(at_place(f"[givens] {key}", places), f"is {shown(number)}.", remedy)


def _mask_problems(key: str, mask: Any) -> Iterator[Problem]:
    for places, number in placed(mask):
        if number not in (0, 1):
            where = at_place(f"[givens] {key}", places)
            yield Problem(where, f"is {shown(number)}.", "Write 1 for a unit that is kept, 0 for one that is not.")


def _target_problems(net: Net, targets: Any) -> Iterator[Problem]:
    """What the logarithmic losses ask of their targets."""
    if net.loss not in ("cross_entropy", "binary_cross_entropy"):
        return
    samples = [((), targets)] if net.samples is None else [((n,), row) for n, row in enumerate(targets, start=1)]
    for sample, row in samples:
        targets_of = list(placed(row, sample))
        if not all(number.is_finite() for _, number in targets_of):
            continue
        outside = [(places, number) for places, number in targets_of if not 0 <= number <= 1]
        for places, number in outside:
            what = f"is {shown(number)}."
            yield Problem(at_place("[givens] y", places), what, f"Targets of {net.loss} lie between 0 and 1.")
        total = sum((number for _, number in targets_of), Decimal(0))
        if net.loss == "cross_entropy" and not outside and abs(total - 1) > _LITTLE:
            yield Problem(at_place("[givens] y", sample), f"sums to {total}.", "The targets of cross_entropy sum to 1.")


_LITTLE: Final = Decimal("1e-9")
"""Thirds do not sum to 1 exactly."""


def named(net: Net, arrays: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    """Every given number under its cell's name."""
    for key, value in arrays.items():
        for places, number in placed(value):
            yield name_of(_address(net, key, places)), number


def _address(net: Net, key: str, places: tuple[int, ...]) -> Address:
    """The cell at a place in what is given under a key."""
    family, rest = key[0], key[1:]
    if key == "s0":
        return Address("a", "s", places, time=0)
    layer: Layer | None = int(rest) if rest.isdigit() else cast("Layer", rest) if rest else None
    if family not in ("x", "y", "m") or (net.samples is None and not net.is_recurrent):
        return Address(family, layer, places)
    if not net.is_recurrent:
        return Address(family, layer, places[1:], places[0])
    if len(places) > 1:
        return Address(family, layer, places[1:], time=places[0])
    return Address(family, layer, places, time=net.steps)  # the target of the last step


def placed(value: Any, before: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Decimal]]:
    """Every number with its places in the lists it stands in, counted from 1."""
    if isinstance(value, list):
        for place, part in enumerate(value, start=1):
            yield from placed(part, (*before, place))
    else:
        yield before, value
