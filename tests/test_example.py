"""Example files: what is given, what is drawn, what a preset lends; and every way to get a file wrong.

The bad files are the larger part: a teacher who has typed forty numbers wants to hear all that is
wrong at once, in words about the file, and nothing that is only a consequence of something else.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from backproptable.basics.errors import InputError
from backproptable.drawing.draw import draw_givens
from backproptable.examples.example import Example, load_example, load_preset, preset_titles
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import solve
from support.finished import PRESETS

TWO_LAYERS = """
[net]
layers = [2, 2, 1]
activations = ["tanh", "sigmoid"]
loss = "half_sse"
"""
"""A net that needs W1 (2 by 2), b1 (2), W2 (2 by 1), b2 (1)."""

PARAMETERS = """
W1 = [[0.1, 0.2], [0.3, 0.4]]
b1 = [0.5, 0.6]
W2 = [[0.7], [0.8]]
b2 = [0.9]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "my net.toml"


def read(file: Path, text: str) -> Example:
    file.write_text(text, encoding="utf-8")
    return load_example(file)


def families(example: Example) -> str:
    """The letters of what is given: x, y, W, b."""
    return "".join(dict.fromkeys(name[0] for name in example.givens))


# --- what is given and what is drawn -----------------------------------------------------------

GIVEN = {
    # text below [givens] -> families given, samples, forward pass only
    "nothing": ("", "", None, False),
    "x": ("x = [1, 2]", "x", None, False),
    "y": ("y = [1]", "y", None, False),
    "x and y": ("x = [1, 2]\ny = [1]", "xy", None, False),
    "weights and y": (f"y = [1]\n{PARAMETERS}", "yWb", None, False),
    "all": (f"x = [1, 2]\ny = [1]\n{PARAMETERS}", "xyWb", None, False),
    "weights without y": (PARAMETERS, "Wb", None, True),
    "weights and x without y": (f"x = [1, 2]\n{PARAMETERS}", "xWb", None, True),
    "batch": ("x = [[1, 2], [3, 4], [5, 6]]\ny = [[1], [0], [1]]", "xy", 3, False),
    "batch of one": ("x = [[1, 2]]", "x", 1, False),
    "batch seen from its targets": ("y = [[1], [0]]", "y", 2, False),
    "forward pass of a batch": (f"x = [[1, 2], [3, 4]]\n{PARAMETERS}", "xWb", 2, True),
}


@pytest.mark.parametrize(("text", "given", "samples", "forward_only"), GIVEN.values(), ids=GIVEN)
def test_what_is_given_is_kept_and_the_rest_is_left_to_be_drawn(
    file: Path, text: str, given: str, samples: int | None, forward_only: bool
) -> None:
    example = read(file, f"{TWO_LAYERS}[givens]\n{text}")
    assert (families(example), example.net.samples, example.net.forward_only) == (given, samples, forward_only)
    plan = derive_plan(example.net)
    givens = draw_givens(plan, 1, given=example.givens)
    assert set(givens) == {cell.name for cell in plan.givens}
    assert {name: givens[name] for name in example.givens} == example.givens


def test_an_empty_file_is_the_default_net_with_all_its_numbers_to_be_drawn(file: Path) -> None:
    example = read(file, "")
    assert example == Example("my net", Net(), {}, {}, {}, source=str(file))


def test_the_output_as_its_own_loss_needs_no_targets_to_learn(file: Path) -> None:
    """Without y it would be a forward pass under any other loss."""
    example = read(file, f"{TWO_LAYERS.replace('half_sse', 'output')}[givens]\nx = [1, 2]\n{PARAMETERS}")
    assert not example.net.forward_only
    assert families(example) == "xWb"


def test_step_functions_in_a_forward_pass(file: Path) -> None:
    example = read(file, f'[net]\nlayers = [2, 2, 1]\nactivations = ["step", "step"]\n[givens]\n{PARAMETERS}')
    assert example.net.forward_only


NAMED = {
    "from_to": ('weights = "from_to"', "W1 = [[1, 2, 3], [4, 5, 6]]\nb1 = [7, 8, 9]", "W1[1,3] 3 W1[2,1] 4 b1[3] 9"),
    "to_from": (
        'weights = "to_from"',
        "W1 = [[1, 2], [3, 4], [5, 6]]\nb1 = [7, 8, 9]",
        "W1[1,2] 2 W1[3,1] 5 b1[1] 7",
    ),
    "shared": ('bias = "shared"', "W1 = [[1, 2, 3], [4, 5, 6]]\nb1 = 0.35", "b1 0.35"),
    "none": ('bias = "none"', "W1 = [[1, 2, 3], [4, 5, 6]]\nx = [0.5, 0.25]", "x[2] 0.25 W1[2,3] 6"),
    "batch": ("", "x = [[1, 2], [3, 4]]\ny = [[0, 0, 1], [1, 0, 0]]", "x[1,2] 2 x[2,1] 3 y[1,3] 1 y[2,3] 0"),
}


@pytest.mark.parametrize(("key", "givens", "named"), NAMED.values(), ids=NAMED)
def test_numbers_get_the_names_of_their_cells(file: Path, key: str, givens: str, named: str) -> None:
    example = read(file, f'[net]\nlayers = [2, 3]\nactivations = ["softmax"]\n{key}\n[givens]\n{givens}')
    words = named.split()
    expected = dict(zip(words[::2], words[1::2], strict=True))
    assert {name: str(example.givens[name]) for name in expected} == expected
    assert set(example.givens) <= {cell.name for cell in derive_plan(example.net).givens}


WRITTEN = {
    # in the file -> on the sheet
    "0.10": "0.10",
    "0.1": "0.1",
    "1": "1",
    "1.0": "1.0",
    "-0.50": "-0.50",
    "+2.5": "2.5",
    "1e-7": "1e-7",
    "0.00001": "1e-5",
    "-4e-5": "-4e-5",
    "1E2": "1e2",
    "1_000.50": "1000.50",
    "0x10": "16",
    "-0.0": "0.0",
    "0.12345678901234567890": "0.12345678901234567890",
}


@pytest.mark.parametrize(("written", "shown"), WRITTEN.items())
def test_numbers_stay_as_they_are_written(file: Path, written: str, shown: str) -> None:
    """Through binary floating point 0.10 would lose its zero, and 0.1234567890123456789 its end."""
    example = read(
        file,
        '[net]\nlayers = [1, 1]\nactivations = ["identity"]\nloss = "sse"\n'
        f"[givens]\nx = [{written}]\ny = [3]\nW1 = [[0.2]]\nb1 = [0.25]",
    )
    assert example.givens["x[1]"] == Decimal(shown)
    plan = derive_plan(example.net)
    solution = solve(plan, draw_givens(plan, 1, given=example.givens))
    assert dict(zip(plan.by_name, solution.text, strict=True))["x[1]"] == shown


def test_every_key_of_the_net_arrives(file: Path) -> None:
    example = read(
        file,
        """
        about = "all keys"
        [net]
        layers = [3, 2, 4]
        activations = ["leaky_relu", "sigmoid"]
        loss = "binary_cross_entropy"
        bias = "shared"
        update_biases = true
        learning_rate = 0.10
        reduction = "mean"
        updates = 2
        weights = "to_from"
        output_delta = "short"
        leaky_slope = 0.25
        [givens]
        x = [[1, 2, 3], [4, 5, 6]]
        """,
    )
    assert example.net == Net(
        layers=(3, 2, 4),
        activations=("leaky_relu", "sigmoid"),
        loss="binary_cross_entropy",
        bias="shared",
        update_biases=True,
        learning_rate=Decimal("0.10"),
        reduction="mean",
        updates=2,
        weights="to_from",
        output_delta="short",
        leaky_slope=Decimal("0.25"),
        samples=2,
    )
    assert str(example.net.learning_rate) == "0.10"


def test_answers_are_kept_to_the_letter(file: Path) -> None:
    """They are numbers to be checked: what they look like is part of them."""
    example = read(
        file,
        """
        [answers]
        "z1[1]" = " 1,350 "
        "dL/dW2[1,3]" = "0.1*0.2 + 0.3 = 0.32"
        "W1'[1,1]" = "−4.5·10^-3"
        "no such cell" = ""
        """,
    )
    assert example.answers == {
        "z1[1]": " 1,350 ",
        "dL/dW2[1,3]": "0.1*0.2 + 0.3 = 0.32",
        "W1'[1,1]": "−4.5·10^-3",
        "no such cell": "",
    }


def test_settings_of_the_sheet(file: Path) -> None:
    words = {"carry": "full", "layout": "cells", "explain": "short", "notation": "numbered"}
    text = "".join(f'{key} = "{word}"\n' for key, word in words.items())
    assert read(file, f"[sheet]\nfigures = 6\n{text}").sheet == {"figures": 6, **words}
    assert read(file, "[sheet]\nfigures = 3").sheet == {"figures": 3}


def test_without_its_weights_an_example_keeps_its_data_and_settings(file: Path) -> None:
    example = read(
        file,
        f"{TWO_LAYERS}[givens]\nx = [1, 2]\ny = [1]\n{PARAMETERS}[answers]\nL = '1'\n[sheet]\nfigures = 3",
    )
    bare = example.without_weights
    assert dict(bare.givens) == {"x[1]": 1, "x[2]": 2, "y[1]": 1}
    assert replace(bare, givens=example.givens) == example
    assert (bare.answers, bare.sheet) == ({"L": "1"}, {"figures": 3})


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_files_as_editors_save_them(file: Path, mark: bytes, line_end: str) -> None:
    file.write_bytes(mark + line_end.join(TWO_LAYERS.splitlines()).encode())
    assert load_example(file).net.layers == (2, 2, 1)


# --- presets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_worked(name: str) -> None:
    example = load_preset(name)
    assert example.name == example.source == name
    plan = derive_plan(example.net)
    solution = solve(plan, draw_givens(plan, 1, given=example.givens))
    assert len(solution.text) == len(plan.cells)


def test_presets_have_a_title_each() -> None:
    titles = preset_titles()
    assert all(titles.values())
    assert len(set(titles.values())) == len(titles)


def test_a_preset_by_name_and_in_a_file_is_the_same(file: Path) -> None:
    preset, example = load_preset("2-2-2"), read(file, '[net]\npreset = "2-2-2"')
    assert (example.net, example.givens, example.sheet) == (preset.net, preset.givens, preset.sheet)
    assert example.name == "my net"


KEPT = "xyWb"
OVERRIDES = {
    # what a file says beside preset = "2-2-2" -> the families of numbers that are left
    "nothing": ("", KEPT),
    "learning rate": ("learning_rate = 0.1", KEPT),
    "activations": ('activations = ["relu", "tanh"]', KEPT),
    "loss": ('loss = "mse"', KEPT),
    "update_biases": ("update_biases = true", KEPT),
    "reduction": ('reduction = "mean"', KEPT),
    "updates": ("updates = 0", KEPT),
    "output_delta": ('loss = "binary_cross_entropy"\noutput_delta = "short"', KEPT),
    "leaky_slope": ("leaky_slope = 0.2", KEPT),
    "a loss without targets": ('loss = "output"', "xWb"),
    "sheet": ("[sheet]\nfigures = 3", KEPT),
    "answers": ('[answers]\nL = "0.2984"', KEPT),
    "layers": ("layers = [2, 3, 2]", ""),
    "layers, the same": ("layers = [2, 2, 2]", ""),
    "bias": ('bias = "per_unit"', ""),
    "no bias": ('bias = "none"', ""),
    "weights": ('weights = "from_to"', ""),
    "givens": ("[givens]\nx = [0.3, 0.4]", "x"),
    "givens, a batch": ("[givens]\nx = [[0.3, 0.4], [0.5, 0.6]]", "x"),
    "givens, empty": ("[givens]", ""),
}


@pytest.mark.parametrize(("beside", "left"), OVERRIDES.values(), ids=OVERRIDES)
def test_what_a_preset_lends(file: Path, beside: str, left: str) -> None:
    """Where layers, bias or the layout of the weights change, the preset's numbers have no places any more."""
    preset, example = load_preset("2-2-2"), read(file, f'[net]\npreset = "2-2-2"\n{beside}')
    assert families(example) == left
    assert not example.net.forward_only
    if len(left) > 1:
        assert example.givens.items() <= preset.givens.items()


def test_what_is_not_overridden_is_the_presets(file: Path) -> None:
    example = read(file, '[net]\npreset = "2-2-2"\nlayers = [2, 2]\nactivations = ["sigmoid"]\n[sheet]\nfigures = 6')
    net = load_preset("2-2-2").net
    assert example.net == Net(
        layers=(2, 2),
        activations=("sigmoid",),
        loss=net.loss,
        bias=net.bias,
        learning_rate=net.learning_rate,
        weights=net.weights,
    )
    assert example.sheet == {"notation": "numbered", "figures": 6}


def test_an_unknown_preset() -> None:
    with pytest.raises(InputError, match=r"preset: '2-2-3' is not known\. Did you mean '2-2-2'\?"):
        load_preset("2-2-3")


# --- bad files ---------------------------------------------------------------------------------

HUGE = "1" + "0" * 400
DEEP = "[" * 3000 + "]" * 3000
ALL_3333 = "".join(
    f"W{n} = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nb{n} = [1, 2, 3]\n" for n in (1, 2, 3)
)  # fits the default net

BAD = {
    # a file -> one line per problem; " ... " stands for anything
    "misspelt keys": (
        """
        [net]
        lyers = [2, 2]
        activation = ["tanh"]
        learning_rte = 0.1
        updateBiases = true
        [givens]
        X1 = [1]
        [sheet]
        figurs = 4
        [answer]
        """,
        """
        [net] lyers: is not a known key. Did you mean 'layers'?
        [net] activation: is not a known key. Did you mean 'activations'?
        [net] learning_rte: is not a known key. Did you mean 'learning_rate'?
        [net] updateBiases: is not a known key. Did you mean 'update_biases'?
        [sheet] figurs: is not a known key. Did you mean 'figures'?
        answer: is not a known key. Did you mean 'answers'?
        [givens] X1: is not a given of this net. ... x, y, W1, b1, ...
        """,
    ),
    "a misspelt table": ("[nett]\nlayers = [2, 2]\n[givens]\nx = [1, 2]", "nett: ... Did you mean 'net'?"),
    "keys without their table": (
        """
        layers = [2, 2]
        activations = ["softmax"]
        x = [1, 2]
        figures = 4
        """,
        """
        layers: is not a known key. It belongs below a line [net].
        activations: is not a known key. It belongs below a line [net].
        x: is not a known key. It belongs below a line [givens].
        figures: is not a known key. It belongs below a line [sheet].
        """,
    ),
    "one key without its table": (
        f"layers = [2, 2, 1]\n{TWO_LAYERS}[givens]\nx = [1, 2]\n{PARAMETERS}".replace("\nlayers = [2, 2, 1]", ""),
        "layers: is not a known key. It belongs below a line [net].",
    ),
    "misspelt keys without their table": (
        """
        lyers = [2, 2, 1]
        [net]
        activations = ["tanh", "sigmoid"]
        loss = "half_sse"
        [sheet]
        figures = 9
        learning_rte = 0.1
        """,
        """
        lyers: is not a known key. Did you mean 'layers'? It belongs below a line [net].
        [sheet] learning_rte: is not a known key. Did you mean 'learning_rate'? It belongs below a line [net].
        [sheet] figures: is 9. Write a number from 2 to 7. ...
        """,
    ),
    "givens under the wrong table": (
        "[net]\nx = [1, 2, 3]\nW1 = [[1]]\n[sheet]\nlearning_rate = 1",
        """
        [net] x: ... It belongs below a line [givens].
        [net] W1: ... It belongs below a line [givens].
        [sheet] learning_rate: ... It belongs below a line [net].
        """,
    ),
    "an unknown key like no other": (
        "[net]\nQQQ = 1\n'odd [key]' = 2",
        """
        [net] QQQ: is not a known key. Known: preset, kind, layers, activations, ...
        [net] odd [key]: is not a known key. Known: preset, kind, layers, activations, ...
        """,
    ),
    "keys of other kinds of nets": (
        "[net]\nsteps = 3\nloss_at = 'every'\nonline = true\nepochs = 0\nkeep = 0\nmask = [1, 0]\nthreshold = 2",
        """
        [net] mask: is [1, 0]. Write "inverted" or "plain". The numbers of a mask are givens: m1 = [1, 0, 1] below ...
        [net] steps: is for recurrent nets. Remove it, or write kind = "recurrent".
        [net] loss_at: is for recurrent nets. Remove it, or write kind = "recurrent".
        [net] online: takes the samples of a batch in turn, and there is one sample. Give x as a list of lists, ...
        [net] epochs: is 0. Write a whole number above 0; ...
        [net] keep: is 0: no unit would be left. Write the share of units that is kept, above 0 and up to 1.
        [net] threshold: is for the step function. Remove it, or make an activation step.
        """,
    ),
    "keys that recurrent nets have no use for": (
        """
        [net]
        kind = "recurrent"
        layers = [2, 2, 1, 1]
        activations = ["softmax"]
        steps = 2
        reduction = "mean"
        keep = 0.5
        online = true
        """,
        """
        [net] layers: is [2, 2, 1, 1]. Write three numbers for a recurrent net: inputs, states, outputs.
        [net] activations: softmax cannot make the state of a recurrent net. Write one of tanh, sigmoid, relu, ...
        [net] reduction: is mean, but an online update sees one sample. Remove it, or online.
        [net] reduction: is not for recurrent nets. Remove it.
        [net] online: is not for recurrent nets. Remove it.
        [net] keep: is not for recurrent nets. Remove it.
        """,
    ),
    "sequences that do not match": (
        """
        [net]
        kind = "recurrent"
        layers = [1, 2, 1]
        steps = 4
        loss_at = "every"
        [givens]
        x = [[1], [2], [3]]
        y = [[1], [2]]
        s0 = [0]
        """,
        """
        [givens] x: has 3 rows of 1 number, but the net needs 4 rows of 1 number. Write a row for each ...
        [givens] y: has 2 rows of 1 number, but the net needs 4 rows of 1 number. Write a row for each ...
        [givens] s0: has 1 number, but the net needs 2 numbers. Write one number per state: what the first step finds.
        """,
    ),
    "a target for every step, and a loss at the last": (
        "[net]\nkind = 'recurrent'\nlayers = [1, 1, 1]\n[givens]\nx = [[1], [2]]\ny = [[1], [2]]",
        '[givens] y: has 2 rows of 1 number, but the net needs 1 number. Under loss_at = "last" there is ...',
    ),
    "masks": (
        """
        [net]
        layers = [2, 3, 2, 1]
        activations = ["relu", "relu", "identity"]
        loss = "half_sse"
        keep = [0.5, 1]
        [givens]
        m1 = [1, 0]
        m2 = [1, 0]
        m3 = [1]
        """,
        """
        [givens] m1: has 2 numbers, but the net needs 3 numbers. Write a 0 or 1 per hidden unit; ...
        [givens] m2: is not used: this layer has no dropout. Write the share that is kept as keep below [net], or ...
        [givens] m3: is not used: this layer has no dropout. Write the share that is kept as keep below [net], or ...
        """,
    ),
    "what is no mask": (
        """
        [net]
        layers = [1, 2, 1]
        activations = ["relu", "identity"]
        loss = "mse"
        keep = 0.5
        [givens]
        m1 = [1, 0.5]
        """,
        "[givens] m1[2]: is 0.5. Write 1 for a unit that is kept, 0 for one that is not.",
    ),
    "shares for layers that are not there": (
        "[net]\nlayers = [1, 2, 1]\nactivations = ['relu', 'identity']\nloss = 'mse'\nkeep = [0.5, 0.5]",
        "[net] keep: has 2 numbers, and the net 1 hidden layer. Write a number for each hidden layer, or one for all.",
    ),
    "paths without a hidden layer, an error without squares": (
        """
        [net]
        layers = [1, 1]
        activations = ["sigmoid"]
        loss = "binary_cross_entropy"
        paths = true
        squared_error = true
        """,
        """
        [net] squared_error: does not go with binary_cross_entropy. Make loss one of half_sse, sse, mse.
        [net] paths: is for nets with a hidden layer: here each weight has one path. Remove it.
        """,
    ),
    "wrong types of the net": (
        """
        about = 3
        [net]
        layers = "3, 3"
        activations = "relu"
        loss = ["mse"]
        bias = false
        update_biases = "yes"
        learning_rate = "0.1"
        reduction = 1
        updates = 1.5
        weights = 1979-05-27
        output_delta = {a = 1}
        leaky_slope = true
        preset = 222
        """,
        """
        about: is 3. Write a text, in quotes.
        [net] layers: is "3, 3". Write a list, in square brackets.
        [net] activations: is "relu". Write a list, in square brackets.
        [net] loss: is ["mse"]. Write a text, in quotes.
        [net] bias: is false. Write a text, in quotes.
        [net] update_biases: is "yes". Write true or false.
        [net] learning_rate: is "0.1". Write a number, without quotes.
        [net] reduction: is 1. Write a text, in quotes.
        [net] updates: is 1.5. Write a whole number.
        [net] weights: is 1979-05-27. Write a text, in quotes.
        [net] output_delta: is a table. Write a text, in quotes.
        [net] leaky_slope: is true. Write a number.
        [net] preset: is 222. Write a text, in quotes.
        """,
    ),
    "true and false are no numbers": (
        "[net]\nlayers = [3, true, 2]\nupdates = true\n[givens]\nx = [true, 1, false]\n[sheet]\nfigures = true",
        """
        [net] layers[2]: is true. Write a whole number.
        [net] updates: is true. Write a whole number.
        [givens] x[1]: is true. Write a number.
        [givens] x[3]: is false. Write a number.
        [sheet] figures: is true. Write a whole number.
        """,
    ),
    "units are counted": ("[net]\nlayers = [3, 2.0, 2]", "[net] layers[2]: is 2.0. Write a whole number."),
    "numbers as texts": (
        """
        [givens]
        x = ["0.1", 0.2, "0,7"]
        W1 = [[0.1, "a", 0.3], [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]]
        b1 = "1"
        """,
        """
        [givens] x[1]: is "0.1". Write a number, without quotes.
        [givens] x[3]: is "0,7". Write a number, without quotes.
        [givens] W1[1,2]: is "a". Write a number, without quotes.
        [givens] b1: is "1". Write numbers without quotes ...
        [givens] W2, b2, W3, b3: are missing. Give all weights and biases, or none.
        """,
    ),
    "lists in lists in lists": (
        "[givens]\nx = [[[1, 2, 3]]]\ny = {k = 1}",
        """
        [givens] x[1,1]: is [1, 2, 3]. Write a number.
        [givens] y: is a table. Write numbers ...
        """,
    ),
    "tables that are none": (
        "net = 3\ngivens = [1, 2]\nanswers = 'x'\n[[sheet]]\nfigures = 4",
        """
        net: is 3. Write a table: a line [net], and its keys below it.
        givens: is [1, 2]. Write a table: a line [givens], and its keys below it.
        answers: is "x". Write a table: a line [answers], and its keys below it.
        sheet: is [a table]. Write a table: a line [sheet], and its keys below it.
        """,
    ),
    "a long value": (
        f"[net]\nlayers = '{'very ' * 100}long'",
        '[net] layers: is "very very very ... .... Write a list, in square brackets.',
    ),
    # --- the net as a whole
    "unknown words": (
        """
        [net]
        activations = ["relu", "sigmod", "sofmax"]
        loss = "mean"
        bias = "perunit"
        reduction = "average"
        weights = "fromto"
        output_delta = "shrt"
        """,
        """
        [net] activations: 'sigmod' is not known. Did you mean 'sigmoid'?
        [net] activations: 'sofmax' is not known. Did you mean 'softmax'?
        [net] loss: 'mean' is not known. ...
        [net] bias: 'perunit' is not known. Did you mean 'per_unit'?
        [net] reduction: 'average' is not known. Known: sum, mean.
        [net] weights: 'fromto' is not known. Did you mean 'from_to'?
        [net] output_delta: 'shrt' is not known. Did you mean 'short'?
        """,
    ),
    "unknown preset": (
        "[net]\npreset = '2-2-3'\nlearning_rate = 0\n[givens]\nW1 = [[1, 2], [nan, 4]]",
        """
        [net] preset: '2-2-3' is not known. Did you mean '2-2-2'?
        [net] learning_rate: is 0. Write a number above 0 and below 1000.
        [givens] W1[2,1]: is nan. ...
        """,
    ),
    "no layers": ("[net]\nlayers = []", "[net] layers: is []. Write at least two whole numbers above 0: ..."),
    "one layer": ("[net]\nlayers = [3]", "[net] layers: is [3]. Write at least two whole numbers above 0: ..."),
    "a layer of no unit": ("[net]\nlayers = [3, 0, 2, 3]", "[net] layers: is [3, 0, 2, 3]. Write at least two ..."),
    "a layer of less than no unit": ("[net]\nlayers = [3, -2, 2, 3]", "[net] layers: is [3, -2, 2, 3]. ..."),
    "layers out of reach": (
        f"[net]\nlayers = [10000000, {HUGE}, 2]\nupdates = {HUGE}",
        """
        [net] layers[1]: is 10000000. Write a number up to 1000000.
        [net] layers[2]: is 1.000e400. Write a number up to 1000000.
        [net] updates: is 1.000e400. Write a number up to 1000000.
        """,
    ),
    "too few activations": (
        "[net]\nactivations = ['relu', 'softmax']",
        "[net] activations: has 2 entries, but 4 layers need 3. Write one activation per weight layer.",
    ),
    "too many activations": (
        "[net]\nlayers = [2, 2]\n[givens]\nx = [1]",
        """
        [net] activations: has 3 entries, but 2 layers need 1. ...
        [givens] x: has 1 number, but the net needs 2 numbers. ...
        """,
    ),
    "no activations": ("[net]\nactivations = []", "[net] activations: has 0 entries, but 4 layers need 3. ..."),
    "softmax inside": (
        "[net]\nactivations = ['softmax', 'sigmoid', 'softmax']",
        "[net] activations: softmax stands at place 1 of 3. It can only be the last one.",
    ),
    "step with learning": (
        f"[net]\nactivations = ['step', 'sigmoid', 'softmax']\n[givens]\ny = [1, 0, 0]\n{ALL_3333}",
        "[net] activations: step stands at place 1; ... forward pass only: give all weights and biases ... no y.",
    ),
    "short where it does not hold": (
        "[net]\noutput_delta = 'short'\nloss = 'mse'",
        "[net] output_delta: dL/dz = a - y does not hold for softmax with mse, only for softmax with ...",
    ),
    "a logarithm of what can be negative": (
        "[net]\nactivations = ['relu', 'sigmoid', 'tanh']",
        "[net] loss: cross_entropy takes the logarithm of the outputs, and tanh can give 0 or less. Make ...",
    ),
    "numbers of the net out of range": (
        "[net]\nlearning_rate = -0.5\nleaky_slope = 1.5\nupdates = -1",
        """
        [net] learning_rate: is -0.5. Write a number above 0 and below 1000.
        [net] leaky_slope: is 1.5. Write a number above 0 and below 1.
        [net] updates: is -1. Write a whole number from 0 to 1000.
        """,
    ),
    "numbers of the net that are none": (
        "[net]\nlearning_rate = nan\nleaky_slope = -inf",
        """
        [net] learning_rate: is NaN. Write a number above 0 and below 1000.
        [net] leaky_slope: is -Infinity. Write a number above 0 and below 1.
        """,
    ),
    "a huge learning rate": ("[net]\nlearning_rate = 1e400", "[net] learning_rate: is 1e+400. Write a number ..."),
    # --- shapes
    "shapes": (
        """
        [net]
        layers = [2, 3]
        activations = ["softmax"]
        [givens]
        x = [0.1, 0.2, 0.7]
        y = [1, 0]
        W1 = [[1, 2], [3, 4], [5, 6]]
        b1 = [1, 2]
        """,
        """
        [givens] x: has 3 numbers, but the net needs 2 numbers. Write one number per input; ...
        [givens] y: has 2 numbers, but the net needs 3 numbers. Write one number per output; ...
        [givens] W1: has 3 rows of 2 numbers, but the net needs 2 rows of 3 numbers. Under weights = "from_to" ...
        [givens] b1: has 2 numbers, but the net needs 3 numbers. Under bias = "per_unit" there is one per unit.
        """,
    ),
    "shapes under to_from": (
        "[net]\nlayers = [2, 3]\nactivations = ['softmax']\nweights = 'to_from'\nbias = 'shared'\n"
        "[givens]\nW1 = [[1, 2, 3], [4, 5, 6]]\nb1 = [1]",
        """
        [givens] W1: has 2 rows of 3 numbers, but the net needs 3 rows of 2 numbers. Under weights = "to_from" ...
        [givens] b1: has 1 number, but the net needs one number. Under bias = "shared" there is one per layer.
        """,
    ),
    "ragged rows": (
        f"{TWO_LAYERS}[givens]\nx = [[1, 2], [1], [1, 2]]\n{PARAMETERS}".replace("[0.3, 0.4]", "[0.3]"),
        """
        [givens] x: has 3 rows of 1 or 2 numbers, but the net needs 3 rows of 2 numbers. ...
        [givens] W1: has 2 rows of 1 or 2 numbers, but the net needs 2 rows of 2 numbers. ...
        """,
    ),
    "rows and numbers mixed": (
        "[givens]\nx = [0.1, [0.2, 0.7]]",
        "[givens] x: has 2 entries, some of them lists and some not, but the net needs 2 rows of 3 numbers. ...",
    ),
    "empty lists": (
        "[givens]\nx = []\ny = [[]]",
        """
        [givens] x: has 0 numbers, but the net needs 3 numbers. ...
        [givens] y: has 1 row of 0 numbers, but the net needs 3 numbers. ...
        """,
    ),
    "an empty row": ("[givens]\nx = [[]]", "[givens] x: has 1 row of 0 numbers, but the net needs 1 row of 3 ..."),
    "a number for a matrix": (
        f"{TWO_LAYERS}[givens]\n{PARAMETERS}".replace("[[0.7], [0.8]]", "7"),
        "[givens] W2: has one number, but the net needs 2 rows of 1 number. ...",
    ),
    "samples of x and y": (
        "[givens]\nx = [[1, 2, 3], [4, 5, 6]]\ny = [[1, 0, 0]]",
        "[givens] y: has 1 row of 3 numbers, but the net needs 2 rows of 3 numbers. ... a row of them per sample.",
    ),
    "a batch in y only": (
        "[givens]\nx = [1, 2, 3]\ny = [[1, 0, 0]]",
        "[givens] y: has 1 row of 3 numbers, but the net needs 3 numbers. ...",
    ),
    "a batch in x only": (
        "[givens]\nx = [[1, 2, 3], [4, 5, 6]]\ny = [1, 0, 0]",
        "[givens] y: has 3 numbers, but the net needs 2 rows of 3 numbers. ...",
    ),
    "a weight layer too many": (
        f"[givens]\n{ALL_3333}W4 = [[1]]\nb4 = [1]",
        """
        [givens] W4: is not a given of this net. ... W1, b1, W2, b2, W3, b3.
        [givens] b4: is not a given of this net. ... W1, b1, W2, b2, W3, b3.
        """,
    ),
    "odd names": (
        "[givens]\nW = [[1]]\nW01 = [[1]]\nbias = 1\neta = 0.1\n'' = 1",
        """
        [givens] W: is not a given of this net. ...
        [givens] W01: is not a given of this net. Did you mean 'W1'?
        [givens] bias: is not a given of this net. ...
        [givens] eta: is not a given of this net. ...
        [givens] : is not a given of this net. ...
        """,
    ),
    "missing weights and biases": (
        "[givens]\nW1 = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nb2 = [1, 2, 3]",
        "[givens] b1, W2, W3, b3: are missing. Give all weights and biases, or none.",
    ),
    "one bias missing": (
        f"[givens]\n{ALL_3333}".replace("b2 = [1, 2, 3]", ""),
        "[givens] b2: is missing. Give all weights and biases, or none.",
    ),
    "a bias under none": (
        f"[net]\nbias = 'none'\n[givens]\n{ALL_3333}",
        """
        [givens] b1: is not used: bias = "none". Remove it, or set another bias.
        [givens] b2: is not used: bias = "none". ...
        [givens] b3: is not used: bias = "none". ...
        """,
    ),
    "targets of the output itself": (
        "[net]\nloss = 'output'\n[givens]\ny = [1, 0, 0]",
        '[givens] y: is not used: loss = "output" takes no targets. Remove it.',
    ),
    # --- values
    "numbers that are none": (
        "[givens]\nx = [nan, inf, -inf]\nb1 = [1, 2, nan]",
        """
        [givens] x[1]: is nan. Write a number from -1000000000 to 1000000000.
        [givens] x[2]: is inf. Write a number ...
        [givens] x[3]: is -inf. Write a number ...
        [givens] b1[3]: is nan. Write a number ...
        [givens] W1, W2, b2, W3, b3: are missing. ...
        """,
    ),
    "huge numbers": (
        f"[givens]\nx = [1e400, {HUGE}, -1e10]\ny = [1e400, 0, 0]",
        """
        [givens] x[1]: is 1e400. Write a number from -1000000000 to 1000000000.
        [givens] x[2]: is 1.000e400. Write a number ...
        [givens] x[3]: is -1e10. Write a number ...
        [givens] y[1]: is 1e400. Write a number ...
        [givens] y[1]: is 1e400. Targets of cross_entropy lie between 0 and 1.
        """,
    ),
    "huge numbers in a batch": (
        "[givens]\nx = [[0.1, 0.2, 0.3], [0.4, 2e9, 0.6]]",
        "[givens] x[2,2]: is 2e9. Write a number ...",
    ),
    "a number beyond any exponent": ("[givens]\nx = [1e99999999999999999999]", "TOML: a number is out of reach. ..."),
    "a number beyond any digits": (f"[givens]\nx = [{HUGE * 20}]", "TOML: a number is out of reach. Write numbers ..."),
    "targets below 0 and above 1": (
        "[net]\nloss = 'binary_cross_entropy'\n[givens]\ny = [1.5, 1, -0.01]",
        """
        [givens] y[1]: is 1.5. Targets of binary_cross_entropy lie between 0 and 1.
        [givens] y[3]: is -0.01. Targets of binary_cross_entropy lie between 0 and 1.
        """,
    ),
    "targets that do not sum to 1": ("[givens]\ny = [1, 1, 0]", "[givens] y: sums to 2. ... sum to 1."),
    "targets of a batch that do not sum to 1": (
        "[givens]\nx = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\ny = [[1, 0, 0], [0.25, 0.3, 0.4], [2, 0, 0]]",
        """
        [givens] y[2]: sums to 0.95. The targets of cross_entropy sum to 1.
        [givens] y[3,1]: is 2. Targets of cross_entropy lie between 0 and 1.
        """,
    ),
    "a preset's targets under another loss": (
        "[net]\npreset = 'one-hidden-layer'\nactivations = ['sigmoid', 'softmax']\nloss = 'cross_entropy'",
        "[givens] y[3] of the preset one-hidden-layer: sums to 0. ... sum to 1. Give [givens] of your own.",
    ),
    # --- sheet and answers
    "settings of the sheet": (
        "[sheet]\nfigures = 1\ncarry = 'papr'\nlayout = 3\nexplain = 'ful'\nnotation = 'indexd'",
        """
        [sheet] figures: is 1. Write a number from 2 on.
        [sheet] carry: is "papr". Did you mean 'paper'?
        [sheet] layout: is 3. Write a text, in quotes.
        [sheet] explain: is "ful". Did you mean 'full'?
        [sheet] notation: is "indexd". Did you mean 'indexed'?
        """,
    ),
    "too many figures": ("[sheet]\nfigures = 99", "[sheet] figures: is 99. Write a number up to ..."),
    "words of the sheet beside a slip in the net": (
        "[net]\nbias = 'non'\n[sheet]\nlayout = 'cels'\nexplain = 'much'",
        """
        [sheet] layout: is "cels". Did you mean 'cells'?
        [sheet] explain: is "much". Known: full, short, none.
        [net] bias: 'non' is not known. ...
        """,
    ),
    "more figures than paper takes": (
        "[net]\nupdates = -1\n[sheet]\nfigures = 9\ncarry = 'paper'",
        """
        [sheet] figures: is 9. Write a number from 2 to 7. Up to 10 are possible in full carry, ...
        [net] updates: is -1. ...
        """,
    ),
    "figures that the usual carry does not take": ("[sheet]\nfigures = 9", "[sheet] figures: is 9. ..."),
    "a slip in carry says nothing of figures": ("[sheet]\nfigures = 9\ncary = 'full'", "[sheet] cary: ..."),
    "answers that are no texts": (
        "[answers]\n'z1[1]' = 1.350\nL = ['1']",
        """
        [answers] z1[1]: is 1.350. Write a text, in quotes.
        [answers] L: is ["1"]. Write a text, in quotes.
        """,
    ),
    "something of everything": (
        """
        [net]
        layers = [2, 2]
        activations = ["sigmod"]
        bias = "none"
        updates = -3
        [givens]
        x = [0.1, 0.2, 0.3]
        y = [0.5, 0.6]
        W1 = [[1, 2, 3], [4, 5, nan]]
        b1 = [1, 1]
        q = 3
        [sheet]
        figurs = 4
        [answers]
        L = 1
        """,
        """
        [sheet] figurs: ... Did you mean 'figures'?
        [answers] L: is 1. Write a text, in quotes.
        [net] activations: 'sigmod' is not known. Did you mean 'sigmoid'?
        [net] updates: is -3. ...
        [givens] x: has 3 numbers, but the net needs 2 numbers. ...
        [givens] y: sums to 1.1. ...
        [givens] W1[2,3]: is nan. ...
        [givens] W1: has 2 rows of 3 numbers, but the net needs 2 rows of 2 numbers. ...
        [givens] b1: is not used: bias = "none". ...
        [givens] q: is not a given of this net. ...
        """,
    ),
    # --- what hangs on a slip is not said on top of it
    "a slip in layers says nothing of the rest": (
        f"{TWO_LAYERS}[givens]\nx = [1, 2]\ny = [1]\n{PARAMETERS}".replace("layers", "lyers"),
        "[net] lyers: ...",
    ),
    "a slip in layers says nothing of activations and loss": (
        '[net]\nlayers = 2\nactivations = ["softmax"]\nloss = "binary_cross_entropy"',
        "[net] layers: is 2. ...",
    ),
    "a slip in activations says nothing of loss and delta": (
        '[net]\nlayers = [2, 2, 1]\nactivations = "sigmoid"\nloss = "binary_cross_entropy"\noutput_delta = "short"',
        "[net] activations: is ...",
    ),
    "a slip in loss says nothing of delta and targets": (
        '[net]\nloss = 3\noutput_delta = "short"\n[givens]\ny = [1, 1, 1]',
        "[net] loss: is 3. ...",
    ),
    "a slip in bias says nothing of b": (f"[net]\nbias = 'non'\n[givens]\n{ALL_3333}b4 = 1", "[net] bias: 'non' ..."),
    "a slip in weights says nothing of W": (
        "[net]\nlayers = [2, 3]\nactivations = ['softmax']\nweights = 'to'\n"
        "[givens]\nW1 = [[1, 2], [3, 4], [5, 6]]\nb1 = [1, 2, 3]",
        "[net] weights: 'to' is not known. ...",
    ),
    "a slip in x says nothing of y": (
        "[givens]\nx = [['a', 2, 3], [4, 5, 6]]\ny = [[1, 0, 0], [0, 1, 0]]",
        '[givens] x[1,1]: is "a". ...',
    ),
    "a slip in y makes no forward pass": (
        f"[net]\nactivations = ['relu', 'relu', 'relu']\n[givens]\ny = ['1', 0, 0]\n{ALL_3333}",
        """
        [givens] y[1]: is "1". ...
        [net] loss: cross_entropy takes the logarithm ...
        """,
    ),
    # --- no TOML
    "a decimal comma": ("[net]\nleaky_slope = 0.01\nlearning_rate = 0,5\n", "TOML: ... (at line 3, column 18). ..."),
    "no quotes": ("[net]\nloss = mse\n", "TOML: Invalid value (at line 2, column 8). Texts stand in quotes, ..."),
    "no closing bracket": ("[net]\nlayers = [2, 2\nloss = 'mse'\n", "TOML: Unclosed array (at line 3, column 1). ..."),
    "a key twice": ("[net]\nupdates = 1\nupdates = 2\n", "TOML: Cannot overwrite a value (at line 3, column 12). ..."),
    "a typographic minus": ("[net]\n\nupdates = −1\n", "TOML: Invalid value (at line 3, column 11). ..."),
    "too deep": (f"[givens]\nx = {DEEP}", "TOML: brackets stand too deep in one another. ..."),
}

NO_WORDS_FOR_A_TEACHER = re.compile(
    r"pydantic|union|function-|Decimal|Traceback|\bTrue\b|\bFalse\b|\bNone\b|Input should|dict|instance|_type|\bstr\b"
)


def complaints(file: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_example(file)
    return caught.value


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_all_that_is_wrong_is_said_at_once_and_nothing_else(file: Path, text: str, expected: str) -> None:
    file.write_text(text, encoding="utf-8")
    error = complaints(file)
    lines = [str(problem) for problem in error.problems]
    patterns = [re.escape(line.strip()).replace(r"\ \.\.\.", ".*") for line in expected.strip().splitlines()]
    assert [line for line in lines if not any(re.fullmatch(pattern, line) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(re.fullmatch(pattern, line) for line in lines)] == []
    assert len(lines) == len(patterns)
    assert str(error).splitlines() == [f"{file}: {line}" for line in lines]


@pytest.mark.parametrize("text", [text for text, _ in BAD.values()], ids=BAD)
def test_problems_are_told_to_a_teacher(file: Path, text: str) -> None:
    """A whole sentence on what was found, another on what to do, and no word of the machinery."""
    file.write_text(text, encoding="utf-8")
    for problem in complaints(file).problems:
        assert problem.what.endswith(".")
        assert problem.remedy.endswith((".", "?"))
        assert NO_WORDS_FOR_A_TEACHER.search(str(problem)) is None
        assert len(str(problem)) < 300


NET_KEYS = {
    "layers": "[2, 3, 1]",
    "activations": '["tanh", "sigmoid"]',
    "loss": '"binary_cross_entropy"',
    "bias": '"shared"',
    "update_biases": "true",
    "learning_rate": "0.1",
    "reduction": '"mean"',
    "updates": "2",
    "weights": '"to_from"',
    "output_delta": '"short"',
    "leaky_slope": "0.1",
}
GIVEN_KEYS = {
    "x": "[[1, 2], [3, 4]]",
    "y": "[[1], [0]]",
    "W1": "[[1, 2], [3, 4], [5, 6]]",
    "b1": "0.5",
    "W2": "[[7, 8, 9]]",
    "b2": "0.25",
}
"""A file in which every key but `updates` and the last few matters to what the others may hold."""


def written(net: dict[str, str], givens: dict[str, str]) -> str:
    return "".join(
        f"[{table}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
        for table, keys in (("net", net), ("givens", givens))
    )


@pytest.mark.parametrize("key", NET_KEYS)
def test_one_slip_in_the_net_is_one_line(file: Path, key: str) -> None:
    misspelt = {f"{name[:-2]}_{name[-1]}" if name == key else name: value for name, value in NET_KEYS.items()}
    for net in (NET_KEYS | {key: "{}"}, misspelt):
        file.write_text(written(net, GIVEN_KEYS), encoding="utf-8")
        assert len(complaints(file).problems) == 1


@pytest.mark.parametrize("key", GIVEN_KEYS)
@pytest.mark.parametrize("value", ["{}", "'1'", "[[[1]]]"])
def test_one_slip_in_the_givens_is_about_that_key(file: Path, key: str, value: str) -> None:
    file.write_text(written(NET_KEYS, GIVEN_KEYS | {key: value}), encoding="utf-8")
    assert all(problem.where.startswith(f"[givens] {key}") for problem in complaints(file).problems)


def test_the_file_without_slips_is_fine(file: Path) -> None:
    assert len(read(file, written(NET_KEYS, GIVEN_KEYS)).givens) == 17


NO_TEXT = {
    "UTF-16": ("[net]\nupdates = 1".encode("utf-16"), "file: is not UTF-8 text. Save it as UTF-8."),
    "Latin-1": ("about = 'für alle'".encode("latin-1"), "file: is not UTF-8 text. Save it as UTF-8."),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0", "file: is not UTF-8 text. Save it as UTF-8."),
    "zeros": (b"\0" * 10, "TOML: "),
}


@pytest.mark.parametrize(("content", "said"), NO_TEXT.values(), ids=NO_TEXT)
def test_files_that_are_no_text(file: Path, content: bytes, said: str) -> None:
    file.write_bytes(content)
    assert str(complaints(file)).startswith(f"{file}: {said}")


def test_a_folder_for_a_file(tmp_path: Path) -> None:
    assert (
        str(complaints(tmp_path))
        == f"{tmp_path}: file: cannot be read (Is a directory). Name a TOML file that is there."
    )


def test_a_missing_file(file: Path) -> None:
    assert "file: cannot be read (No such file or directory)." in str(complaints(file))
