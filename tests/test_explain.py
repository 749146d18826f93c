"""Reasons in full, in short or none; the closing questions; the table of activations."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sympy

from backproptable.examples.example import load_preset
from backproptable.examples.handout import make_handout
from backproptable.nets.calculus import ACTIVATIONS
from backproptable.nets.plan import Reason
from backproptable.numbers.evaluate import Solution
from backproptable.render.activations import TABLE_FORMATS, activation_rows, render_activations
from support.tools import compiled, faults

PRESETS = ("3-3-3-3", "one-hidden-layer", "no-bias", "batch-of-two")


def made(preset: str, explain: str, format_name: str = "md", **options: str) -> tuple[str, Solution]:
    handout = make_handout(
        load_preset(preset), formats=[format_name], seed=None, fresh_seed=5, explain=explain, **options
    )
    return next(iter(handout.files.values())), handout.solution


def lines_with_numbers(text: str) -> list[str]:
    return [line for line in text.splitlines() if re.match(r"\| `", line)]


@pytest.mark.parametrize("preset", PRESETS)
def test_explanations_change_words_and_never_a_number(preset):
    full, short, none = (made(preset, level)[0] for level in ("full", "short", "none"))
    assert lines_with_numbers(full) == lines_with_numbers(short) == lines_with_numbers(none)
    assert len(full) > len(short) > len(none)
    assert "The chain rule starts at the loss." in short or preset == "batch-of-two"
    assert "The chain rule starts at the loss." not in none
    assert "Questions at the end" in full
    assert "Questions at the end" not in short


def test_every_reason_has_a_short_and_a_long_why():
    """A step without a word in the templates would leave an empty line where its reason should be."""
    seen = set()
    for preset in PRESETS:
        text, solution = made(preset, "full")
        steps = [step for step in solution.plan.steps if "'" not in step.name or step.reason is Reason.UPDATE]
        paragraphs = re.findall(r"^### \d+\. (\S.*)\n\n(\S.*)$", text, re.M)
        explained = [words for _, words in paragraphs if words.count(".") >= 2 and not words.startswith(("$", "|"))]
        assert len(explained) == len(steps)
        seen |= {step.reason for step in steps}
    assert seen == set(Reason)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("carry", ["paper", "full"])
def test_with_equal_weights_all_units_of_a_layer_are_the_same(preset, carry):
    text, _ = made(preset, "full", carry=carry)
    table = text[text.index("What if all weights were equal?") :].split("\n\n")[1].splitlines()[2:]
    assert len(table) == 3
    for line in table:
        _, _, *numbers, _ = (part.strip() for part in line.split("|"))
        assert len(numbers) >= 2
        assert len(set(numbers)) == 1


def test_the_questions_are_answered_with_the_numbers_of_the_sheet():
    text, solution = made("one-hidden-layer", "full")
    number = dict(zip(solution.plan.by_name, solution.text, strict=True))
    answers = text[text.index("## Questions") : text.index("## What the update")]
    before, after = number["b1[1]"], number["b1'[1]"]
    assert f"from ${before}$ to ${after}$" in answers
    for layer in (1, 2):
        assert number[f"norm(dL/dW{layer})"] in answers
    text, _ = made("3-3-3-3", "full")
    assert r"would become $1 - 0.01 \cdot 0.01017$" in text


def test_a_turned_notation_turns_the_answers_too():
    text, _ = made("3-3-3-3", "full", notation="eip")
    assert r"would become $1 + 0.01 \cdot (-0.01017)$" in text


@pytest.mark.parametrize("format_name", ["md", "tex"])
@pytest.mark.parametrize(
    ("preset", "net", "blame", "softmax"),
    [
        ("one-hidden-layer", {}, True, False),
        ("3-3-3-3", {}, False, True),
        ("3-3-3-3", {"loss": "cross_entropy", "output_delta": "short"}, False, True),
        ("3-3-3-3", {"activations": ("relu", "sigmoid", "sigmoid")}, True, False),
    ],
)
def test_equal_weights_hear_the_same_blame_or_none(preset, net, blame, softmax, format_name):
    example = load_preset(preset)
    example = replace(example, net=replace(example.net, **net))
    made = make_handout(example, formats=[format_name], seed=None, fresh_seed=0, explain="full")
    text = made.files[f"{preset}.{format_name}"]
    answer = text[text.index("What if all weights were equal?") :]
    table, words = answer[: answer.index("Every unit of the layer")], answer[answer.index("Every unit of the layer") :]
    last = [line for line in table.splitlines() if "partial" in line or "delta" in line][-1]
    numbers = re.findall(r"(?<=[|&]) *\$?([-\d.]+)\$?(?= )", last)
    assert len(numbers) == 3
    assert blame == (set(numbers) != {"0"})
    assert ("hears the same blame and would be changed" in words) == blame
    assert ("no blame arrives at all" in words) == (not blame)
    assert ("softmax outputs send back" in words) == softmax


def explained(updates: int, format_name: str, **options: str) -> str:
    example = load_preset("2-2-2")
    example = replace(example, net=replace(example.net, updates=updates))
    made = make_handout(example, formats=[format_name], seed=None, fresh_seed=0, explain="full", **options)
    return made.files[f"2-2-2.{format_name}"]


@pytest.mark.parametrize("format_name", ["md", "tex"])
def test_sizes_of_gradients_say_of_which_update_they_are(format_name):
    one, three = (explained(updates, format_name) for updates in (1, 3))
    assert "size of the gradient (first update)" in three
    assert "to the last, in the first update:" in three
    assert "size of the gradient" in one
    assert "first update)" not in one
    assert "to the last:" in one


@pytest.mark.parametrize("format_name", ["md", "tex"])
@pytest.mark.parametrize("view", ["worked", "blank"])
def test_only_what_is_updated_keeps_every_decimal(format_name, view):
    said = "Updated weights keep every decimal."
    assert said in explained(1, format_name, view=view)
    assert said not in explained(0, format_name, view=view)
    example = load_preset("2-2-2")
    forward = replace(
        example,
        net=replace(example.net, forward_only=True),
        givens={name: number for name, number in example.givens.items() if name[0] != "y"},
    )
    made = make_handout(forward, formats=[format_name], seed=None, fresh_seed=0, view=view)
    assert said not in made.files[f"2-2-2.{format_name}"]


# --- the table of activations ------------------------------------------------------------------


def test_the_table_has_every_activation_and_softmax_twice():
    assert [row.name for row in activation_rows()] == [*ACTIVATIONS, "softmax", "softmax"]


def test_the_derivatives_of_the_table_are_derivatives():
    """Written out here once more by hand, for SymPy to compare: the table must say the same."""
    z, a = sympy.symbols("z a")
    rows = {row.name: row for row in activation_rows()}
    assert rows["sigmoid"].derivative == r"\dfrac{e^{-z}}{(1 + e^{-z})^{2}}"
    assert sympy.simplify(sympy.exp(-z) / (1 + sympy.exp(-z)) ** 2 - sympy.diff(1 / (1 + sympy.exp(-z)), z)) == 0
    assert rows["sigmoid"].over_output == r"a \cdot (1 - a)"
    sigmoid = 1 / (1 + sympy.exp(-z))
    assert sympy.simplify((a * (1 - a)).subs(a, sigmoid) - sympy.diff(sigmoid, z)) == 0
    assert rows["tanh"].over_output == "1 - a^{2}"
    assert rows["relu"].derivative == r"1 \text{ if } z \gt 0 \text{ else } 0"
    assert rows["leaky_relu"].derivative == r"1 \text{ if } z \gt 0 \text{ else } s"
    assert rows["step"].derivative == "0"


@pytest.mark.parametrize("format_name", TABLE_FORMATS)
def test_the_table_is_one_page(format_name, tmp_path):
    text = render_activations(format_name)
    assert text.count("softmax") >= 2
    if format_name == "tex":
        log = compiled(text, tmp_path)
        assert faults(log) == []
        assert "(1 page," in log
