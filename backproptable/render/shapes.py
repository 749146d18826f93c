"""Sheets of nets on shapes alone: every product with its shapes and multiplications, and chosen entries.

The page is that of any sheet. Its steps are those of the sketched plan; what stands in their tables are
the chosen entries of the whole matrices instead of the sketch's cells.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backproptable.formulas.formula import Formula, Ref, Sigma, children, rebuilt, references
from backproptable.formulas.names import Address, name_of
from backproptable.nets.plan import Part
from backproptable.numbers.grids import Grid, is_one_hot
from backproptable.numbers.matrix_givens import GivenMatrix
from backproptable.numbers.matrix_numbers import MatrixSolution
from backproptable.numbers.shapes import Line, Matrix, Shapes, matrix_name
from backproptable.render.document import VALUE, Document, ProductView, Row, StepTable, StepView, lay_out_sections
from backproptable.render.form import Form, slot
from backproptable.render.page import NUMBER_STYLES
from backproptable.render.printers import Place, plain, tex
from backproptable.render.signs import turned_plan, turned_text
from backproptable.render.templates import fill_template
from backproptable.sheets.asked import set_task
from backproptable.sheets.marks import MARKS
from backproptable.sheets.notation import Notation, load_notation
from backproptable.sheets.style import Style

__all__ = ["render_shapes"]


@dataclass(frozen=True, slots=True)
class GivenView:
    """A given matrix: its symbol, shape, and where its numbers come from."""

    name: str
    symbol: str
    shape: tuple[int, ...]
    numbers: str
    is_drawn: bool
    grid: Grid | None
    """What they are drawn from; None for zeros and ones."""
    is_one_hot: bool


@dataclass(frozen=True, slots=True)
class Count:
    """The multiplications of one part of the training step."""

    part: str
    in_products: str
    entry_by_entry: str
    together: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands on a sheet of shapes beside its steps."""

    givens: list[GivenView]
    given_entries: list[Row]
    products: list[tuple[str, ProductView]]
    """With the part of the training step that each belongs to."""
    counts: list[Count]


def render_shapes(
    solution: MatrixSolution,
    *,
    format: str,  # noqa: A002 - the word users know
    view: str,
    style: Style,
    seed: int | None = None,
) -> str:
    """The text of one file: ``md``, ``tex`` or ``json``. A blank view is filled from the givens alone.

    The words have been checked. Raises `InputError` for faults in a teacher's own templates.
    """
    worked = view == "worked"
    if format == "json":
        return _json(solution, worked=worked, seed=seed)
    page = _Page(solution, load_notation(style.notation, solution.shapes.net), worked)
    context = {
        "doc": page.document(),
        "shapes": page.overview(),
        "layout": "matrices",
        "steps": None,
        "explain": style.explain,
        "figures": solution.figures,
        "carry": solution.carry,
        "seed": seed,
        "note": "",
        "diverged": None,
        "listing": "",
        "assignment": None,
        "marks": MARKS,
    }
    text = fill_template(f"{format}/page.{format}.j2", context, style.templates)
    return Form(text, NUMBER_STYLES[format]).fill(page.texts)


class _Page:
    """One sheet on its way to its template; numbers stand in slots until the text is there."""

    def __init__(self, solution: MatrixSolution, notation: Notation, worked: bool) -> None:
        self.solution, self.notation, self.worked = solution, notation, worked
        self.plan = solution.shapes.plan
        self.shapes = Shapes(turned_plan(self.plan, notation.opposite))
        self.texts: list[str | None] = []
        self._places: dict[Address, int] = {}

    def document(self) -> Document:
        """The sections of the sketch with the chosen entries in their steps, and the losses at the end."""
        computed = [address for address in self.solution.chosen if self.shapes.matrix(address).step is not None]
        sections = lay_out_sections(self.plan, self.notation, set_task(self.plan, ()))
        net = self.plan.net
        layers = range(1, net.depth + 1) if self.worked and not net.forward_only else ()
        losses = [Address("L"), Address("L", primed=True)] if self.worked else []
        return Document(
            net=net,
            worked=self.worked,
            givens=[],
            eta=self.number(Address("eta"), VALUE) if "eta" in self.shapes.matrices else None,
            sections=[
                replace(section, steps=[self._step(step, computed) for step in section.steps]) for section in sections
            ],
            weights=[],
            changes=[],
            losses=[
                (self.notation.symbol(address), self.number(address, VALUE))
                for address in losses
                if name_of(address) in self.shapes.matrices
            ],
            looks_back="L'" in self.shapes.matrices,
            norms=[
                (str(layer), self.notation.symbol(Address("norm", layer)), self.number(Address("norm", layer), VALUE))
                for layer in layers
            ],
            asked=0 if self.worked else len(computed),
            partly=False,
            left_out=False,
            notation_note="" if net.forward_only else self.notation.note,
            opposite=bool(self.notation.opposite) and not net.forward_only,
        )

    def overview(self) -> Overview:
        """Givens, products and multiplications."""
        givens = [
            self._given(matrix, self.solution.givens[matrix.name])
            for matrix in self.shapes.matrices.values()
            if matrix.step is None and matrix.name != "eta"
        ]
        shown = [
            address
            for address in self.solution.chosen
            if self.shapes.matrix(address).step is None and address.family != "eta"
        ]
        products = [(line.step.part.value, product) for line in self.shapes.lines if (product := self._product(line))]
        return Overview(givens, [self._row(address) for address in shown], products, _counts(self.shapes))

    # --- what stands in a step

    def _step(self, step: StepView, computed: Sequence[Address]) -> StepView:
        lines = [line for line in self.shapes.lines if line.step.name == step.name]
        of_step = [address for address in computed if self.shapes.matrix(address).step == lines[0].step]
        rows = [self._row(address) for address in of_step]
        return replace(
            step,
            worked=self.worked,
            tables=[StepTable(not self.worked, rows, [rows])] if rows else [],
            product=next(filter(None, map(self._product, lines)), None),
            multiplications=f"{sum(map(self.shapes.multiplications, lines)):,}",
        )

    def _row(self, address: Address) -> Row:
        matrix = self.shapes.matrix(address)
        name, symbol = name_of(address), self.notation.symbol(address)
        if matrix.step is None:
            return Row(name, symbol, "", "", self.number(address, VALUE))
        formula = self.shapes.entry_formula(address)
        in_symbols = tex(formula, self._symbol, _Sums(self.notation, _lengths(self.shapes, formula)))
        if not self.worked:
            return Row(name, symbol, in_symbols, "", "", asked=True)
        numbers = "" if _has_sums(formula) else tex(formula, lambda ref, place: self.number(ref.address, place.value))
        return Row(name, symbol, in_symbols, numbers, self.number(address, VALUE))

    def number(self, address: Address, style: str) -> str:
        """A slot for the number of a cell; on a blank sheet only givens have a text to fill it with."""
        if address not in self._places:
            self._places[address] = len(self.texts)
            visible = self.worked or self.shapes.matrix(address).step is None
            text = self.solution.text(address) if visible else None
            self.texts.append(turned_text(text) if text and address.family in self.notation.opposite else text)
        return slot(self._places[address], style)

    def _symbol(self, ref: Ref, place: Place) -> str:
        symbol = self.notation.symbol(ref.address)
        if place is not Place.BASE:
            return symbol
        return rf"\Bigl({symbol}\Bigr)" if "frac" in symbol else f"({symbol})"

    # --- products

    def _product(self, line: Line) -> ProductView | None:
        product = self.shapes.product(line)
        if product is None:
            return None
        left = self._factor(product.left, turned=product.left_turned)
        right = self._factor(product.right, turned=product.right_turned)
        plus = "" if product.plus is None else f" + {self.notation.matrix(product.plus)}"
        result = self.notation.matrix(line.result)
        return ProductView(
            matrix_name(line.result),
            rf"{result} = {left} \cdot {right}{plus}",
            product.left_shape,
            product.right_shape,
            product.shape,
            product.times,
            f"{product.multiplications:,}",
        )

    def _factor(self, address: Address, *, turned: bool) -> str:
        symbol = self.notation.matrix(address)
        if not turned:
            return symbol
        return rf"\Bigl({symbol}\Bigr)^{{\top}}" if "frac" in symbol else rf"{{{symbol}}}^{{\top}}"

    def _given(self, matrix: Matrix, given: GivenMatrix) -> GivenView:
        symbol, shape = self.notation.matrix(matrix.address), self.shapes.shape(matrix)
        return GivenView(
            name=matrix.name,
            symbol=symbol,
            shape=shape,
            numbers=f"{matrix.numbers:,}",
            is_drawn=given.is_drawn,
            grid=given.grid,
            is_one_hot=is_one_hot(self.plan.net),
        )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Prints sums over a letter with their bounds, which rules for any net do not have."""

    notation: Notation
    lengths: Mapping[str, int]

    def partial(self, of: Ref, by: Ref) -> str:
        return self.notation.partial(of.address, by.address)

    def summed(self, index: str) -> str:
        return rf"_ {{{self.notation.letter(index)}=1}}^{{{self.lengths[index]}}}"


def _lengths(shapes: Shapes, formula: Formula) -> dict[str, int]:
    return shapes.lengths(*(to for to in references(formula) if isinstance(to, Address)))


def _has_sums(formula: Formula) -> bool:
    """Whether a sum is left that is too long to be written out."""
    return isinstance(formula, Sigma) or any(map(_has_sums, children(formula)))


def _counts(shapes: Shapes) -> list[Count]:
    """The multiplications of each part, and of all parts together."""
    counts: dict[Part, tuple[int, int]] = {}
    for line in shapes.lines:
        product = shapes.product(line)
        inside = product.multiplications if product else 0
        before, beside = counts.get(line.step.part, (0, 0))
        counts[line.step.part] = before + inside, beside + shapes.multiplications(line) - inside
    totals = sum(one for one, _ in counts.values()), sum(other for _, other in counts.values())
    return [
        Count(name, f"{one:,}", f"{other:,}", f"{one + other:,}")
        for name, (one, other) in (*((part.value, both) for part, both in counts.items()), ("all", totals))
    ]


# --- JSON --------------------------------------------------------------------------------------


def _json(solution: MatrixSolution, *, worked: bool, seed: int | None) -> str:
    """The lines with their shapes and multiplications, and the chosen entries, in plan order."""
    shapes = solution.shapes
    lines = [_line_content(shapes, line) for line in shapes.lines]
    content = {
        "net": shapes.net.as_keys(),
        "samples": shapes.net.samples,
        "seed": seed,
        "givens": [
            {"name": matrix.name, "shape": shapes.shape(matrix), "drawn": solution.givens[matrix.name].is_drawn}
            for matrix in shapes.matrices.values()
            if matrix.step is None
        ],
        "products": [line for line in lines if line["left"]],
        "lines": lines,
        "multiplications": {count.part: int(count.together.replace(",", "")) for count in _counts(shapes)},
        "entries": [_entry_content(solution, address, worked=worked) for address in solution.chosen],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, default=float) + "\n"


def _line_content(shapes: Shapes, line: Line) -> dict[str, Any]:
    product, matrix = shapes.product(line), shapes.matrix(line.result)
    return {
        "name": matrix.name,
        "part": line.step.part.value,
        "reason": line.step.reason.value,
        "formula": f"{name_of(line.result)} = {_plain(shapes, line.formula)}",
        "left": product and product.left_shape,
        "right": product and product.right_shape,
        "times": product and product.times,
        "shape": shapes.shape(matrix),
        "multiplications": shapes.multiplications(line),
    }


def _entry_content(solution: MatrixSolution, address: Address, *, worked: bool) -> dict[str, Any]:
    shapes = solution.shapes
    matrix = shapes.matrix(address)
    entry: dict[str, Any] = {"name": name_of(address), "step": None, "reason": None, "formula": None}
    entry |= dict.fromkeys(("substituted", "shown", "value"))

    def number(ref: Ref, place: Place) -> str:
        text = solution.text(ref.address)
        return f"({text})" if text.startswith("-") and place is not Place.OPEN else text

    if matrix.step is not None:
        formula = shapes.entry_formula(address)
        entry |= {"step": matrix.step.name, "reason": matrix.step.reason.value, "formula": _plain(shapes, formula)}
        if worked and not _has_sums(formula):
            entry["substituted"] = plain(formula, number)
    if worked or matrix.step is None:
        entry |= {"shown": solution.text(address), "value": solution.value(address)}
    return entry


def _plain(shapes: Shapes, formula: Formula) -> str:
    """Plain text over names of cells; a sum over a letter is written ``sum(i = 1..4, x[i] * W1[i,2])``."""
    lengths = _lengths(shapes, formula)

    def without_sums(node: Formula) -> Formula:
        if isinstance(node, Sigma):
            return Ref(f"sum({node.index} = 1..{lengths[node.index]}, {written(without_sums(node.body))})")
        return rebuilt(node, without_sums)

    def written(node: Formula) -> str:
        return plain(node, lambda ref, _: ref.to if isinstance(ref.to, str) else name_of(ref.to))

    return written(without_sums(formula))
