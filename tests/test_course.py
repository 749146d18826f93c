"""Course files: defaults, every key, every slip with all its companions at once; and what `init` writes."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproptable.basics.errors import InputError
from backproptable.basics.shipped import starter_files
from backproptable.courses.course import Course, Points, default_course
from backproptable.courses.course_file import load_course
from backproptable.courses.course_keys import COURSE_KEYS
from backproptable.drawing.draw import Drawing
from backproptable.examples.example import load_preset
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import CHOICES, Net
from backproptable.numbers.evaluate import CARRIES
from backproptable.numbers.grids import DEFAULT_GRIDS, Grid, Grids
from backproptable.rosters.reading import load_roster
from backproptable.sheets.asked import ASKED
from backproptable.sheets.notation import notation_titles
from backproptable.sheets.style import EXPLAIN, LAYOUTS
from support.finished import PRESETS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "course.toml"


def read(file: Path, text: str) -> Course:
    file.write_text(text, encoding="utf-8")
    return load_course(file)


def complaints(file: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_course(file)
    return caught.value


# --- what a course says ------------------------------------------------------------------------

DEFAULTS = {
    "course": {
        "title": "Backpropagation by hand",
        "assignment": "ASSIGNMENT2B",
        "file_name": "{first_name}_BATCH_{batch}_ASSIGNMENT2B.md",
        "due": "",
        "hand_in": "",
        "instructions": "",
        "name_students": False,
    },
    "net": {
        "layers": [3, 3, 3, 3],
        "activations": ["relu", "sigmoid", "softmax"],
        "loss": "cross_entropy",
        "bias": "per_unit",
        "update_biases": False,
        "learning_rate": "0.01",
        "reduction": "sum",
        "updates": 1,
        "weights": "from_to",
        "output_delta": "chain",
        "leaky_slope": "0.01",
        "kind": "feedforward",
        "threshold": "0",
        "steps": None,
        "loss_at": "last",
        "online": False,
        "epochs": 1,
        "keep": [],
        "mask": "inverted",
        "squared_error": False,
        "paths": False,
    },
    "draw": {
        "weights": {"low": "-0.99", "high": "0.99", "grid": "0.01"},
        "biases": {"low": "-0.50", "high": "0.50", "grid": "0.01"},
        "inputs": {"low": "0.05", "high": "0.95", "grid": "0.05"},
        "dead_units": 0,
        "samples": None,
    },
    "sheet": {
        "figures": 4,
        "carry": "paper",
        "layout": "cells",
        "notation": "indexed",
        "explain": "short",
        "input_gradient": False,
        "asked": "all",
    },
    "points": {
        "right": "1",
        "follows": "1",
        "too_few_digits": "0.5",
        "wrong": "0",
        "blank": "0",
        "mistake": "each",
        "steps": {},
    },
    "grades": {"system": "auto", "item": "", "points": None},
}


def test_the_default_course() -> None:
    course = default_course()
    assert course == Course(plan=derive_plan(Net()))
    assert course.as_keys() == DEFAULTS
    assert course.source == ""


def test_an_empty_file_is_the_default_course(file: Path) -> None:
    assert read(file, "") == replace(default_course(), source=str(file))


FULL = '''
[course]
title = "Homework 3: Netze"
assignment = "HW3"
file_name = "{last_name}_{student_id}.md"
due = "next Friday"
hand_in = "by [mail](mailto:me@example.org)"
instructions = """
Work alone.

* Show your working.
"""
[net]
layers = [2, 3, 2]
activations = ["relu", "relu"]
loss = "mse"
bias = "shared"
update_biases = true
learning_rate = 0.10
reduction = "mean"
updates = 2
weights = "to_from"
output_delta = "chain"
leaky_slope = 0.2
[draw]
weights = { low = -2, high = 2.0, grid = 0.1 }
biases.high = 0.25
dead_units = 3
samples = 2
[draw.inputs]
low = 1
high = 9
grid = 1
[sheet]
figures = 9
carry = "full"
layout = "steps"
notation = "words"
explain = "none"
asked = ["z1", "dL/dW2@2", "z1"]
[points]
right = 2
follows = 1.50
too_few_digits = 1
wrong = -0.25
blank = -0.0
'''


def test_every_key_arrives(file: Path) -> None:
    net = Net(
        layers=(2, 3, 2),
        activations=("relu", "relu"),
        loss="mse",
        bias="shared",
        update_biases=True,
        learning_rate=Decimal("0.10"),
        reduction="mean",
        updates=2,
        weights="to_from",
        leaky_slope=Decimal("0.2"),
        samples=2,
    )
    assert read(file, FULL) == Course(
        title="Homework 3: Netze",
        assignment="HW3",
        file_name="{last_name}_{student_id}.md",
        due="next Friday",
        hand_in="by [mail](mailto:me@example.org)",
        instructions="Work alone.\n\n* Show your working.",
        plan=derive_plan(net),
        grids=Grids(
            weights=Grid(Decimal(-2), Decimal("2.0"), Decimal("0.1")),
            biases=Grid(Decimal("-0.50"), Decimal("0.25"), Decimal("0.01")),
            inputs=Grid(Decimal(1), Decimal(9), Decimal(1)),
            dead_units=3,
        ),
        figures=9,
        carry="full",
        layout="steps",
        notation="words",
        explain="none",
        asked=("z1", "dL/dW2@2"),
        points=Points(Decimal(2), Decimal("1.5"), Decimal(1), Decimal("-0.25"), Decimal(0)),
        source=str(file),
    )


DUE = {
    "2030-01-31": "2030-01-31",
    "2030-01-31T12:00:00": "2030-01-31 12:00",
    "2030-01-31 23:59:59": "2030-01-31 23:59:59",
    "2030-01-31 12:00:00+01:00": "2030-01-31 12:00+01:00",
    "2030-01-31T12:00:00Z": "2030-01-31 12:00+00:00",
    "'31. 1. 2030'": "31. 1. 2030",
    "''": "",
}


@pytest.mark.parametrize(("written", "due"), DUE.items())
def test_due_is_a_date_or_a_text(file: Path, written: str, due: str) -> None:
    assert read(file, f"[course]\ndue = {written}").due == due


def test_texts_are_tidied(file: Path) -> None:
    """What nobody can see does not get onto a sheet; what stands on one line is brought there."""
    course = read(
        file,
        r'''
        [course]
        title = """
          Back\u200bpropagation
          by\thand\u0007 """
        hand_in = """line
        by line"""
        instructions = "\n\n1. First\u0000\r\n\t* inner  \n2. a\u0308 \u200fעברית\n"
        ''',
    )
    assert course.title == "Backpropagation by hand"
    assert course.hand_in == "line by line"
    assert course.instructions == "1. First\n\t* inner  \n2. ä \u200fעברית"


def test_asked_by_word(file: Path) -> None:
    for word in ASKED:
        assert read(file, f"[sheet]\nasked = '{word}'").asked == word


# --- presets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_lends_its_net_and_its_settings_but_no_numbers(file: Path, name: str) -> None:
    preset, course = load_preset(name), read(file, f"[net]\npreset = '{name}'")
    # What is a forward pass for its weights alone is a training step where these are drawn.
    is_pass = course.plan.net.forward_only
    assert course.plan.net == replace(preset.net, forward_only=is_pass)
    assert is_pass == ("step" in preset.net.activations)
    assert course.notation == preset.sheet.get("notation", "indexed")
    assert "givens" not in course.as_keys()


SAMPLES = {
    "as in the preset": ("", "", 2),
    "another number": ("", "samples = 3", 3),
    "a batch of one": ("", "samples = 1", 1),
    "layers of one's own": ("layers = [2, 3, 2, 2]\nbias = 'none'", "", 2),
}


@pytest.mark.parametrize(("net", "draw", "samples"), SAMPLES.values(), ids=SAMPLES)
def test_samples_of_a_batch(file: Path, net: str, draw: str, samples: int) -> None:
    course = read(file, f"[net]\npreset = 'batch-of-two'\n{net}\n[draw]\n{draw}")
    assert course.plan.net.samples == course.as_keys()["draw"]["samples"] == samples
    assert "x[1,1]" in course.plan.by_name


def test_without_samples_there_is_no_batch(file: Path) -> None:
    assert "x[1]" in read(file, "[net]\npreset = '2-2-2'").plan.by_name


def test_what_is_written_beside_a_preset_is_written_over_it(file: Path) -> None:
    course = read(file, "[net]\npreset = '2-2-2'\nloss = 'output'\n[sheet]\nnotation = 'code'")
    assert course.plan.net == replace(load_preset("2-2-2").net, loss="output")
    assert course.notation == "code"


# --- what goes into the manifest ---------------------------------------------------------------


NUMBERS = ("weight", "learning_rate", "leaky_slope", "threshold", "low", "high", "grid")


def as_toml(tables: dict[str, Any]) -> str:
    """A course file from its keys; numbers, which are texts in JSON, as numbers."""

    def value(key: str, what: Any) -> str:
        if isinstance(what, dict):
            parts = (
                f"{json.dumps(inner)} = {value('weight' if key == 'steps' else inner, part)}"
                for inner, part in what.items()
            )
            return f"{{ {', '.join(parts)} }}"
        if key == "keep":
            return f"[{', '.join(what)}]"
        is_number = key in (*NUMBERS, *COURSE_KEYS["points"]) and key not in ("mistake", "steps")
        return what if is_number else json.dumps(what, ensure_ascii=False)

    return "".join(
        f"[{table}]\n" + "".join(f"{key} = {value(key, what)}\n" for key, what in keys.items() if what is not None)
        for table, keys in tables.items()
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        FULL,
        *(f"[net]\npreset = '{name}'" for name in PRESETS),
        "[points]\nright = 1e2\nwrong = -1e-6",
        '[points]\nmistake = "kind"\n[points.steps]\nbackward = 2.50\nloss = 0\n"dL/dW1" = 3',
    ],
)
def test_a_course_says_all_of_itself_in_json(file: Path, text: str) -> None:
    """And what it says is a course file, with nothing left to defaults that may change."""
    course = read(file, text)
    keys = course.as_keys()
    assert json.loads(json.dumps(keys)) == keys
    assert {table: sorted(part) for table, part in keys.items()} == {
        table: sorted(key for key in COURSE_KEYS[table] if key != "preset") for table in keys
    }
    assert read(file, as_toml(keys)) == course


PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=80)
POINTS = st.decimals(-10, 100, places=2)


@settings(deadline=None)
@given(PRINTABLE, PRINTABLE, st.tuples(st.decimals("0.01", 100, places=2), POINTS, POINTS))
def test_whatever_a_teacher_writes(
    tmp_path_factory: pytest.TempPathFactory, title: str, instructions: str, points: tuple[Decimal, ...]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    texts = {"title": f"T{title}", "instructions": instructions}
    numbers = dict(zip(("right", "follows", "blank"), map("{:f}".format, points), strict=True))
    course = read(file, as_toml({"course": texts, "points": numbers}))
    kept = json.loads(json.dumps(course.as_keys()))
    assert read(file, as_toml(kept)) == course
    assert tuple(Decimal(kept["points"][key]) for key in numbers) == points


# --- bad files ---------------------------------------------------------------------------------

BAD = {
    # a file -> one line per problem; " ... " stands for anything
    "misspelt keys": (
        """
        [course]
        titel = "x"
        filename = "x.md"
        [net]
        layer = [2, 2]
        [draw]
        weigths = { low = 1 }
        weights = { lo = 1, high = 0.5 }
        [sheet]
        aksed = "all"
        [points]
        too_few_digit = 1
        [point]
        """,
        """
        [course] titel: is not a known key. Did you mean 'title'?
        [course] filename: is not a known key. Did you mean 'file_name'?
        [net] layer: is not a known key. Did you mean 'layers'?
        [draw] weigths: is not a known key. Did you mean 'weights'?
        [draw] weights.lo: is not a known key. Did you mean 'low'?
        [sheet] aksed: is not a known key. Did you mean 'asked'?
        [points] too_few_digit: is not a known key. Did you mean 'too_few_digits'?
        point: is not a known key. Did you mean 'points'?
        """,
    ),
    "keys below the wrong line": (
        """
        title = "x"
        layers = [2, 2]
        assigment = "x"
        [course]
        loss = "mse"
        figures = 3
        notaton = "words"
        [net]
        samples = 2
        dead_units = 1
        [draw]
        low = -1
        learning_rate = 0.1
        [sheet]
        title = "x"
        weights = "to_from"
        [points]
        asked = "all"
        """,
        """
        title: is not a known key. It belongs below a line [course].
        layers: is not a known key. It belongs below a line [net].
        assigment: is not a known key. Did you mean 'assignment'? It belongs below a line [course].
        [course] loss: is not a known key. It belongs below a line [net].
        [course] figures: is not a known key. It belongs below a line [sheet].
        [course] notaton: is not a known key. Did you mean 'notation'? It belongs below a line [sheet].
        [net] samples: is not a known key. It belongs below a line [draw].
        [net] dead_units: is not a known key. It belongs below a line [draw].
        [draw] low: is not a known key. It belongs below a line [draw.weights] or [draw.biases] or [draw.inputs].
        [draw] learning_rate: is not a known key. It belongs below a line [net].
        [sheet] title: is not a known key. It belongs below a line [course].
        [sheet] weights: is not a known key. It belongs below a line [net] or [draw].
        [points] asked: is not a known key. It belongs below a line [sheet].
        """,
    ),
    "keys like no other": (
        "about = 'x'\n[course]\nQQQ = 1\n[draw.inputs]\nQQQ = 2",
        """
        about: is not a known key. Known: course, net, draw, sheet, points, roster, grades.
        [course] QQQ: is not a known key. Known: title, assignment, file_name, due, ... name_students.
        [draw] inputs.QQQ: is not a known key. Known: low, high, grid.
        """,
    ),
    "numbers that are given": (
        "[net]\nx = [1, 2, 3]\npreset = '2-2-2'\n[givens]\nW1 = [[1]]\n[answers]\nL = '1'",
        """
        [net] x: is not a known key. Remove it: every student's numbers are drawn, and [draw] says from what.
        givens: is for example files. Remove it: every student's numbers are drawn, and [draw] says from what.
        answers: is for example files: the answers of a class come back on its sheets. Remove it.
        """,
    ),
    "wrong types": (
        """
        [course]
        title = 3
        assignment = ["A"]
        file_name = true
        due = 12:00:00
        hand_in = 2030-01-31
        instructions = { a = 1 }
        [net]
        layers = "3, 3"
        [draw]
        weights = 0.5
        biases = { low = "-1", high = 1000, grid = true }
        inputs = [0.1, 0.9]
        dead_units = 0.5
        samples = "2"
        [sheet]
        figures = 4.0
        asked = 3
        [points]
        right = "1"
        follows = true
        wrong = []
        """,
        """
        [course] title: is 3. Write a text, in quotes.
        [course] assignment: is ["A"]. Write a text, in quotes.
        [course] file_name: is true. Write a text, in quotes.
        [course] due: is 12:00:00. Write a text, in quotes, or a date with or without a time, such as 2030-01-31 ...
        [course] hand_in: is 2030-01-31. Write a text, in quotes.
        [course] instructions: is a table. Write a text, in quotes.
        [net] layers: is "3, 3". Write a list, in square brackets.
        [draw] weights: is 0.5. Write a table: a line [draw.weights], and its keys below it.
        [draw] biases.low: is "-1". Write a number, without quotes.
        [draw] biases.grid: is true. Write a number.
        [draw] inputs: is [0.1, 0.9]. Write a table: a line [draw.inputs], and its keys below it.
        [draw] dead_units: is 0.5. Write a whole number.
        [draw] samples: is "2". Write a whole number.
        [sheet] figures: is 4.0. Write a whole number.
        [sheet] asked: is 3. Write a text, in quotes.
        [points] right: is "1". Write a number, without quotes.
        [points] follows: is true. Write a number.
        [points] wrong: is []. Write a number.
        """,
    ),
    "tables that are none": (
        "course = 'x'\nnet = 3\ndraw = [1]\npoints = 1\n[[sheet]]\nfigures = 4",
        """
        course: is "x". Write a table: a line [course], and its keys below it.
        net: is 3. Write a table: a line [net], and its keys below it.
        draw: is [1]. Write a table: a line [draw], and its keys below it.
        sheet: is [a table]. Write a table: a line [sheet], and its keys below it.
        points: is 1. Write a table: a line [points], and its keys below it.
        """,
    ),
    # --- texts
    "texts that say nothing": (
        "[course]\ntitle = '  '\nassignment = ''\nfile_name = ''",
        """
        [course] title: is "". Write a text, or leave this line out.
        [course] assignment: is "". Write a text, or leave this line out.
        [course] file_name: does not end in .md. ...
        [course] file_name: gives all students the same name. ...
        """,
    ),
    "texts that go on and on": (
        f"[course]\ntitle = '{'a' * 101}'\nassignment = '{'b ' * 60}'\nfile_name = '{{batch}}{'c' * 300}.md'\n"
        f"due = '{'d' * 101}'\nhand_in = '{'e' * 301}'\ninstructions = '''\n{'f' * 50}\n{'g' * 5000}'''",
        f"""
        [course] title: is "{"a" * 59}.... It has 101 characters: write at most 100.
        [course] assignment: is "b b ... It has 119 characters: write at most 100.
        [course] file_name: is "{{batch}}ccc ... It has 310 characters: write at most 300.
        [course] due: is "dd ... It has 101 characters: write at most 100.
        [course] hand_in: is "ee ... It has 301 characters: write at most 300.
        [course] instructions: is "{"f" * 50} gggggggg.... It has 5051 characters: write at most 5000.
        """,
    ),
    "a rule for file names": (
        "[course]\nfile_name = 'sheets/{first_name'",
        """
        [course] file_name: does not end in .md. ...
        [course] file_name: has a slash ...
        [course] file_name: has a brace ...
        """,
    ),
    # --- what numbers are drawn from
    "grids": (
        """
        [draw]
        weights = { low = 0.5, high = -0.5 }
        biases.grid = 0
        inputs = { low = -1000, high = nan, grid = 0.0000001 }
        """,
        """
        [draw] weights: goes from 0.5 to -0.5. Make low smaller than high.
        [draw] biases.grid: is 0. Write the distance between two numbers, such as 0.01.
        [draw] inputs.low: is -1000. Write a number from -100 to 100 with at most 6 decimals.
        [draw] inputs.high: is NaN. ...
        [draw] inputs.grid: is 1e-7. ...
        """,
    ),
    "grids without numbers": (
        "[draw]\nweights.grid = 1.98\nbiases = { low = 0, high = 0.01 }\ninputs = { high = 99, grid = 1e-6 }",
        """
        [draw] biases.grid: is 0.01: there is one number to draw. ...
        [draw] inputs.grid: is 0.000001. Write at most 1000000 steps from low to high.
        """,
    ),
    "a grid that a default makes wrong": ("[draw]\nweights.low = 1", "[draw] weights: goes from 1 to 0.99. ..."),
    "a slip in a grid says nothing of the rest of it": (
        "[draw]\nweights = { low = '-5', high = -3 }",
        '[draw] weights.low: is "-5". ...',
    ),
    "more dead units than there can be": (
        "[net]\nlayers = [2, 3, 2, 2]\nactivations = ['relu', 'relu', 'sigmoid']\nloss = 'mse'\n[draw]\ndead_units = 4",
        "[draw] dead_units: is 4, but one unit of each ReLU layer has to stay alive. Write a number up to 3.",
    ),
    "dead units where there are none": (
        "[net]\npreset = '2-2-2'\n[draw]\ndead_units = 1",
        "[draw] dead_units: is 1, but one unit of each ReLU layer has to stay alive. Write 0.",
    ),
    "less than no dead units and no sample": (
        "[draw]\ndead_units = -1\nsamples = 0",
        """
        [draw] dead_units: is -1. Write a number from 0 on.
        [draw] samples: is 0. Write a number from 1 on.
        """,
    ),
    "too many samples": ("[draw]\nsamples = 65", "[draw] samples: is 65. Write a number up to 64."),
    # --- the net
    "a net of too many numbers": (
        "[net]\nupdates = 20\n[draw]\nweights.grid = 0",
        """
        [draw] weights.grid: is 0. ...
        [net] layers: a net of layers [3, 3, 3, 3], 1 samples and 20 updates has more than 2200 numbers to print. ...
        """,
    ),
    "a batch of too many numbers": ("[draw]\nsamples = 64", "[net] layers: a net of layers ... 64 samples ..."),
    "no such preset": (
        "[net]\npreset = '2-2-3'\nlearning_rate = 0",
        """
        [net] preset: '2-2-3' is not known. Did you mean '2-2-2'?
        [net] learning_rate: is 0. ...
        """,
    ),
    "kinds of nets": (
        "[net]\nkind = 'rnn'",
        "[net] kind: 'rnn' is not known. Known: feedforward, recurrent, adam, ...",
    ),
    "a recurrent net without steps": ("[net]\nkind = 'recurrent'", "[net] steps: is missing. Write how many steps ..."),
    "a batch of sequences": (
        "[net]\nkind = 'recurrent'\nsteps = 3\n[draw]\nsamples = 2",
        "[net] kind: is recurrent, which takes one sequence and no batch. Leave samples out.",
    ),
    "an online run of one sample": (
        "[net]\nonline = true\nepochs = 2",
        "[net] online: takes the samples of a batch in turn, and there is one sample. Give x ..., or [draw] samples.",
    ),
    "Steps through time": (
        "[net]\nkind = 'recurrent'\nsteps = 2\n[sheet]\nlayout = 'steps'",
        "[sheet] layout: steps cannot show recurrent nets. Use cells or matrices.",
    ),
    "a slip in layers says nothing of dead units and steps": (
        "[net]\nlyers = [3, 3]\n[draw]\ndead_units = 50\n[sheet]\nasked = ['z9']",
        "[net] lyers: ...",
    ),
    # --- the sheet
    "words of the sheet": (
        "[sheet]\ncarry = 'papr'\nlayout = 'cels'\nnotation = 'indexd'\nexplain = 'ful'\nfigures = 11\nasked = 'al'",
        """
        [sheet] figures: is 11. Write a number up to 10.
        [sheet] carry: is "papr". Did you mean 'paper'?
        [sheet] layout: is "cels". Did you mean 'cells'?
        [sheet] explain: is "ful". Did you mean 'full'?
        [sheet] notation: is "indexd". Did you mean 'indexed'?
        [sheet] asked: is "al". Did you mean 'all'?
        """,
    ),
    "figures on paper, beside a slip that says nothing of them": (
        "[sheet]\nfigures = 8\nasked = ['z1', 2]",
        """
        [sheet] figures: is 8. Write a number from 2 to 7. Up to 10 are possible in full carry, ...
        [sheet] asked[2]: is 2. Write a text, in quotes.
        """,
    ),
    "steps that are not there": (
        "[sheet]\nasked = ['z1', 'z4', 'dL/W1', 'everything', 'z4']",
        """
        [sheet] asked: "z4" is not a step of this net. Known: z1, a1, ...
        [sheet] asked: "dL/W1" is not a step of this net. Did you mean 'dL/dW1'?
        [sheet] asked: "everything" is not a step of this net. Known: z1, a1, ...
        """,
    ),
    "a step that is no list": ("[sheet]\nasked = 'dL/dW1'", '[sheet] asked: is "dL/dW1". Did you mean \'["dL/dW1"]\'?'),
    "no steps": ("[sheet]\nasked = []", "[sheet] asked: is empty. Write names of steps: z1, a1, ..."),
    "nothing to ask for": (
        "[net]\nupdates = 0\n[sheet]\nasked = 'updates'",
        '[sheet] asked: "updates" asks for nothing in this net. ...',
    ),
    "a step's name that goes on and on": (
        f"[sheet]\nasked = ['{'z' * 101}', 'z1']",
        f'[sheet] asked[1]: is "{"z" * 59}.... It has 101 characters: write at most 100.',
    ),
    "a word beside a slip in the net": (
        "[net]\nbias = 'non'\n[sheet]\nasked = 'backwards'",
        """
        [net] bias: 'non' is not known. ...
        [sheet] asked: is "backwards". Did you mean 'backward'?
        """,
    ),
    # --- points
    "points": (
        "[points]\nright = 0\nfollows = 101\ntoo_few_digits = nan\nwrong = -10.5\nblank = 0.3333333",
        """
        [points] right: is 0. Write a number above 0: a right number has to earn something.
        [points] follows: is 101. Write a number from -10 to 100 with at most 6 decimals.
        [points] too_few_digits: is nan. Write a number from -10 to 100 ...
        [points] wrong: is -10.5. Write a number from -10 to 100 ...
        [points] blank: is 0.3333333. Write a number from -10 to 100 with at most 6 decimals.
        """,
    ),
    "points out of reach": (
        "[points]\nright = -1\nfollows = 1e400\nwrong = -inf\nblank = 1e-400",
        """
        [points] right: is -1. Write a number above 0: ...
        [points] follows: is 1e400. ...
        [points] wrong: is -inf. ...
        [points] blank: is 1e-400. ...
        """,
    ),
    "something of everything": (
        """
        [course]
        titel = "x"
        file_name = "all.md"
        [net]
        activations = ["relu", "sigmod", "softmax"]
        updates = -3
        [givens]
        [draw]
        inputs.low = 2
        dead_units = true
        [sheet]
        figures = 8
        layout = "rows"
        asked = "al"
        [points]
        wrong = 200
        """,
        """
        [course] titel: is not a known key. Did you mean 'title'?
        [course] file_name: gives all students the same name. ...
        [net] activations: 'sigmod' is not known. Did you mean 'sigmoid'?
        [net] updates: is -3. ...
        givens: is for example files. ...
        [draw] inputs: goes from 2 to 0.95. ...
        [draw] dead_units: is true. Write a whole number.
        [sheet] figures: is 8. Write a number from 2 to 7. ...
        [sheet] layout: is "rows". Known: cells, matrices, steps.
        [sheet] asked: is "al". Did you mean 'all'?
        [points] wrong: is 200. ...
        """,
    ),
    "no TOML": ("[course]\ntitle = Homework", "TOML: Invalid value (at line 2, column 9). Texts stand in quotes, ..."),
}
NO_WORDS_FOR_A_TEACHER = re.compile(
    r"pydantic|union|function-|Decimal|Traceback|\bTrue\b|\bFalse\b|\bNone\b|Input should|dict|instance|_type|\bstr\b"
)


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
    for problem in error.problems:
        assert problem.what.endswith(".")
        assert problem.remedy.endswith((".", "?"))
        assert NO_WORDS_FOR_A_TEACHER.search(str(problem)) is None
        assert len(str(problem)) < 360


def test_the_words_to_the_letter(file: Path) -> None:
    file.write_text("[course]\ntitel = 'x'\n[draw]\ndead_units = 3\n[points]\nright = 0\n", encoding="utf-8")
    assert str(complaints(file)) == (
        f"{file}: [course] titel: is not a known key. Did you mean 'title'?\n"
        f"{file}: [points] right: is 0. Write a number above 0: a right number has to earn something.\n"
        f"{file}: [draw] dead_units: is 3, but one unit of each ReLU layer has to stay alive. Write a number up to 2."
    )


def test_files_that_are_no_text(file: Path) -> None:
    file.write_bytes("[course]\ntitle = 'für alle'".encode("latin-1"))
    assert str(complaints(file)) == f"{file}: file: is not UTF-8 text. Save it as UTF-8."


def test_a_missing_file(file: Path) -> None:
    assert "file: cannot be read (No such file or directory)." in str(complaints(file))


# --- the files of a teacher who begins ---------------------------------------------------------

STARTER = starter_files()["course.toml"]
TURNED_OFF = re.compile(r"^#(?=\w+ = )", re.M)
"""The mark of a line that can be turned on; remarks have a space behind it."""
EXAMPLES = {"due", "hand_in", "instructions", "item", "keep", "points", "preset", "samples", "steps"} | {
    *("student_id", "first_name", "last_name", "name", "email", "batch")
}
"""Keys without a default, so that the starter has something to show."""


TURNED_ON = {
    "everything": TURNED_OFF.sub("", STARTER),
    **{
        STARTER[mark.end() :].split()[0]: STARTER[: mark.start()] + STARTER[mark.end() :]
        for mark in TURNED_OFF.finditer(STARTER)
    },
}
"""The starter with one more line each, and with all of them."""


STARTS_WITH = DEFAULTS | {
    "course": DEFAULTS["course"] | {"file_name": "{first_name}[?_{last_name}][_BATCH_{batch}]_ASSIGNMENT2B.md"},
    "draw": DEFAULTS["draw"] | {"dead_units": 1},
    "sheet": DEFAULTS["sheet"] | {"asked": "evening"},
}
"""The default net has ReLU units to spare: with one of them at 0, every mistake of ReLU changes a number. Files of
classes without batches need no X for them, and an evening is no weekend."""


def test_the_starter_is_the_default_course_for_an_evening(file: Path) -> None:
    assert read(file, STARTER).as_keys() == STARTS_WITH


@pytest.mark.parametrize("key", TURNED_ON)
def test_lines_of_the_starter_can_be_turned_on(file: Path, key: str) -> None:
    """Those that are no examples say what holds anyway."""
    course = read(file, TURNED_ON[key])
    tables = course.as_keys()
    changed = {key for table, keys in tables.items() for key in keys if keys[key] != STARTS_WITH[table][key]}
    changed |= set(course.roster)
    if key == "preset":  # it decides about what no other line does
        assert changed == {"bias", "weights", "notation"}
    else:
        assert changed == EXAMPLES & (set(TURNED_ON) if key == "everything" else {key}) - {"preset"}


def test_the_starter_has_every_key_and_calls_examples_what_they_are() -> None:
    everything = tomllib.loads(TURNED_OFF.sub("", STARTER))
    assert {table: set(keys) for table, keys in everything.items()} == {
        table: set(COURSE_KEYS[table]) - ({"steps"} if table == "net" else set())  # that one is said beside `kind`
        for table in (*DEFAULTS, "roster")
    }
    assert re.search(r"^#kind = .*\bsteps = ", STARTER, re.M)
    assert set(re.findall(r"^#(\w+) = .*# example\b", STARTER, re.M)) == EXAMPLES


def test_every_line_of_the_starter_has_a_remark_and_fits_a_screen() -> None:
    for line in STARTER.splitlines():
        assert len(line) <= 120
        assert not re.match(r"#?\w+ = ", line) or re.search(r"  ?# \S", line), line


def test_the_starter_names_every_choice() -> None:
    words = set(re.findall(r"[\w-]+", STARTER))
    choices = {word for known in CHOICES.values() for word in known} - {"step"}  # there is nothing to learn
    assert choices | {*CARRIES, *LAYOUTS, *EXPLAIN, *ASKED, *notation_titles()} <= words


def test_the_sample_class_list(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(starter_files()["roster.csv"], encoding="utf-8")
    students = load_roster(path)
    assert len(students) == len({student.columns["email"] for student in students}) == 6
    assert {tuple(student.columns) for student in students} == {
        ("student_id", "first_name", "last_name", "email", "batch")
    }
    assert all(student.columns["email"].endswith("@example.org") for student in students)
    assert {student.batch for student in students} == {"A", "B"}
    assert "Łukasz Wójcik" in [student.name for student in students]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "else spreadsheets take it for something older than UTF-8"


def test_sheets_can_be_drawn_for_the_starter(file: Path) -> None:
    course = read(file, STARTER)
    drawn = Drawing(course.plan, grids=course.grids, figures=course.figures, carry=course.carry).draw([b"k"])
    assert drawn.units.shape == (len(course.plan.givens), 1)


def test_grids_are_the_defaults_unless_they_are_set(file: Path) -> None:
    assert read(file, "[draw]\n[draw.weights]").grids == DEFAULT_GRIDS
    assert read(file, "[draw]\ndead_units = 2").grids == replace(DEFAULT_GRIDS, dead_units=2)
