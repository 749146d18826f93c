"""The finished pieces in `output/gallery/`, for visitors who read the project on the web."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from backproptable.commands.assign import preview
from backproptable.courses.course import default_course
from backproptable.examples.example import load_preset
from backproptable.examples.handout import make_handout
from backproptable.formulas.digits import DEFAULT_FIGURES
from backproptable.marking.marked import Verdict
from backproptable.marking.marker import Answered, Marker
from backproptable.marking.scoring import Policy
from backproptable.nets.derive import derive_plan
from backproptable.numbers.evaluate import solve
from backproptable.render.activations import render_activations
from backproptable.reports.feedback import feedback_md
from backproptable.reports.rulings import render_rulings
from backproptable.returned.files import Written

__all__ = ["PIECES", "Piece", "make_gallery"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One handout of the gallery."""

    file: str
    about: str
    preset: str | None = None
    seed: int | None = None
    view: str = "worked"
    options: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """The finished Markdown."""
        example = load_preset(self.preset) if self.preset else None
        made = make_handout(example, formats=["md"], seed=self.seed, fresh_seed=0, view=self.view, **self.options)
        (text,) = made.files.values()
        return text


_SEED: Final = 7
PIECES: Final = (
    Piece(
        "walkthrough.md",
        "ReLU, sigmoid, softmax and binary cross-entropy, line by line, in the notation of the walkthrough it follows",
        preset="3-3-3-3",
    ),
    Piece(
        "walkthrough-indexed.md",
        "the same numbers with layers in brackets, longer explanations and closing questions",
        preset="3-3-3-3",
        options={"notation": "indexed", "explain": "full"},
    ),
    Piece("sheet.md", f"a blank sheet for a student, drawn from seed {_SEED}", seed=_SEED, view="blank"),
    Piece("sheet-key.md", "its key", seed=_SEED),
    Piece(
        "matrices.md",
        "two sigmoid layers, step by step in matrices",
        preset="2-2-2",
        options={"layout": "matrices", "notation": "indexed"},
    ),
    Piece(
        "steps.md",
        "one hidden layer and a batch of three, in steps 0 to 11 with their pseudo-code",
        preset="one-hidden-layer",
        options={"layout": "steps"},
    ),
    Piece(
        "large.md",
        "a net too large to print (12288-20-7-1 on 209 samples): every product with its shapes, and chosen entries",
        preset="cat-or-not",
        seed=_SEED,
    ),
    Piece(
        "linear-neuron.md", "one linear neuron: pred, delta, weight_delta and three new weights", preset="linear-neuron"
    ),
    Piece(
        "street-lights.md",
        "an online run: four samples in turn, three epochs, and their errors",
        preset="street-lights",
    ),
    Piece("recurrent.md", "a recurrent net on three steps, back through time", preset="three-steps"),
    Piece(
        "word-detector.md", "a recurrent net reads a word; its gradients over all paths, too", preset="word-detector"
    ),
    Piece("lstm.md", "a recipe: an LSTM on two steps, back through its gates", preset="lstm", seed=_SEED),
    Piece("attention.md", "a recipe: one head of self-attention over two tokens", preset="attention", seed=_SEED),
    Piece(
        "attention-matrices.md",
        "the same head, each step as products of matrices",
        preset="attention",
        seed=_SEED,
        options={"layout": "matrices"},
    ),
    Piece("adam.md", "a recipe: three updates by Adam, with all that it keeps", preset="adam", seed=_SEED),
)
_CLASS: Final = {
    "assignment.md": "a student's sheet of a class, which asks for one path through the net and gives the rest",
    "assignment-key.md": "its key, for the teacher",
}
_MARKED: Final = {"feedback.md": "what a student reads of a marked sheet"}
_PAGES: Final = {
    "activations.md": "the activation functions and their derivatives, on one page",
    "numbers.md": "how written numbers are read, example by example",
}


def make_gallery() -> dict[str, str]:
    """Text by file name; the index page is `README.md`."""
    texts = {piece.file: piece.text() for piece in PIECES}
    sheets = preview(
        replace(default_course(), title="One path through a net", asked="one_path", due="Friday, 12:00")
    ).files.values()
    texts |= dict(zip(_CLASS, sheets, strict=True))
    texts |= dict(zip(_MARKED, (_feedback(),), strict=True))
    texts |= dict(zip(_PAGES, (render_activations("md"), render_rulings()), strict=True))
    texts["README.md"] = "\n".join(_index())
    return texts


def _feedback() -> str:
    """The sheet of the preset 2-2-2, filled in with a slip, a slope left out, a copied weight and some gaps, marked."""
    example = load_preset("2-2-2")
    plan = derive_plan(example.net)
    given = {**example.givens, "eta": example.net.learning_rate}
    solution = solve(plan, given)
    answers = {cell.name: solution.text[plan.row[cell.address]] for _, cell in plan.worked}
    answers |= {
        "z1[2]": answers["z1[2]"][:-2] + answers["z1[2]"][:-3:-1],  # its last two digits changed places
        "dL/dz2[1]": answers["dL/da2[1]"],
        "dL/dz2[2]": answers["dL/da2[2]"],
        "l[2]": "0.024",
        "W1'[1,1]": str(example.givens["W1[1,1]"]),
        "L'": "",
    }
    worth = {verdict: Decimal(verdict in (Verdict.RIGHT, Verdict.FOLLOWS)) for verdict in Verdict}
    asked = frozenset(cell.address for _, cell in plan.worked)
    marker = Marker(plan, asked=asked, figures=DEFAULT_FIGURES, carry="paper", policy=Policy(plan, worth))
    givens = {name: str(number) for name, number in given.items()}
    written = {name: (Written(text),) for name, text in answers.items()}
    (sheet,) = marker.mark([Answered("SAMPLE.md", givens, written, student="SAMPLE", name="Sample Student")])
    return feedback_md(sheet, plan, title="Two sigmoid layers by hand")


def _index() -> Iterator[str]:
    yield "# Gallery"
    yield ""
    yield "Finished pieces, made by `backproptable gallery -o output/gallery`. Every line is worked on the"
    yield "numbers as printed above it: take a calculator and try one."
    yield ""
    pieces = {piece.file: piece.about for piece in PIECES}
    for file, about in (pieces | _CLASS | _MARKED | _PAGES).items():
        yield f"- [{file}]({file}): {about}"
    yield ""
