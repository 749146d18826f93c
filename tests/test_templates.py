"""A teacher's own templates: they replace shipped files one by one, run in a sandbox, and fail with a place."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from backproptable.basics.errors import InputError
from backproptable.examples.example import load_preset
from backproptable.examples.handout import make_handout
from backproptable.render.templates import template_folder, template_names

README = Path(__file__).parents[1] / "README.md"


def handout(templates: Path | None, view: str = "worked", format_name: str = "md") -> str:
    made = make_handout(
        load_preset("2-2-2"), formats=[format_name], seed=None, fresh_seed=0, view=view, templates=templates
    )
    return next(iter(made.files.values()))


def own(folder: Path, **files: str) -> Path:
    """A folder with templates of one's own; `md__heading` stands for md/heading.md.j2."""
    for name, text in files.items():
        kind, stem = name.split("__")
        path = folder / kind / f"{stem}.{kind}.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_the_readme_example_changes_heading_and_instructions_and_nothing_else(tmp_path):
    script = next(block for block in re.findall(r"```sh\n(.*?)```", README.read_text(), re.S) if "mine/md" in block)
    without_handout = "\n".join(line for line in script.splitlines() if not line.startswith("backproptable"))
    subprocess.run(["bash", "-euc", without_handout], cwd=tmp_path, check=True)
    shipped, mine = handout(None), handout(tmp_path / "mine")
    assert mine.startswith("# Homework 3")
    assert "2-2-2" in mine.splitlines()[0]
    assert "Hand in by Friday" in mine
    table = "| layers | 2 → 2 → 2 |"
    assert mine[mine.index("## Given") :] == shipped[shipped.index("## Given") :]
    assert table in mine
    assert table in shipped


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("# fine\n((= pupil =))\n", 2, "'pupil' is undefined"),
        ("# fine\n\n((= doc.secret =))\n", 3, "has no attribute 'secret'"),
        ("((* if net.layers *))\n", 1, "end of template"),
        ("# one\n((= 1 + =))\n", 2, "unexpected"),
        ("((* nonsense *))", 1, "unknown tag 'nonsense'"),
        ('((* include "md/absent.md.j2" *))', 1, "there is no template md/absent.md.j2"),
        ("((= net.layers.__class__.__mro__ =))", 1, "unsafe"),
        ("((* for _ in range(300000000) *))x((* endfor *))", 1, "Range too big"),
        ("((= 1 / 0 =))", 1, "division by zero"),
        ("((= net.layers + 1 =))", 1, "can only concatenate tuple"),
        ("((= words.no_such_words() =))", 1, "no_such_words"),
    ],
)
def test_a_fault_is_told_with_template_line_and_name(tmp_path, text, line, said):
    folder = own(tmp_path / "mine", md__heading=text)
    with pytest.raises(InputError) as caught:
        handout(folder)
    message = str(caught.value)
    assert said in message
    assert f"heading.md.j2, line {line}:" in message
    assert str(folder) in message


@pytest.mark.parametrize("text", ["((= words.loss(doc) =))", '((* set step = 3 *))((* include "md/reason.md.j2" *))'])
def test_a_fault_in_a_shipped_file_is_told_of_the_own_template_that_led_there(tmp_path, text):
    folder = own(tmp_path / "mine", md__heading=f"# fine\n{text}\n")
    with pytest.raises(InputError) as caught:
        handout(folder)
    assert f"{folder / 'md' / 'heading.md.j2'}, line 2: " in str(caught.value)
    assert "has no attribute" in str(caught.value)


def test_a_fault_without_an_own_template_on_the_way_names_the_shipped_one(tmp_path):
    (tmp_path / "why.j2").write_text("", encoding="utf-8")
    (tmp_path / "words.j2").write_text("no words", encoding="utf-8")
    with pytest.raises(InputError, match=r"md/heading\.md\.j2, line \d+: .*has no attribute 'heading'"):
        handout(tmp_path)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("md/headin.md.j2", "md/heading.md.j2"),
        ("md/heading.j2", "md/heading.md.j2"),
        ("heading.md.j2", "md/heading.md.j2"),
        ("tex/Questions.tex.j2", "tex/questions.tex.j2"),
        ("word.j2", "words.j2"),
    ],
)
def test_a_misspelt_name_is_refused(tmp_path, name, meant):
    folder = own(tmp_path, md__heading="# Mine\n")
    (folder / "tex").mkdir()
    (folder / name).write_text("Mine\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        handout(folder)
    assert str(caught.value) == f"templates in {folder}: {name}: replaces no shipped template. Did you mean {meant!r}?"


def test_an_own_template_may_include_another_whatever_its_name(tmp_path):
    folder = own(tmp_path, md__heading='((* include "md/headings.md.j2" *))', md__headings="# Mine\n")
    own(folder, md__letterhead="nobody asks for it")
    (folder / "md" / "headin.md").write_text("no template", encoding="utf-8")
    assert handout(folder).startswith("# Mine")


def test_a_template_cannot_get_at_a_computed_number_of_a_blank_sheet(tmp_path):
    everything = "((* for s in doc.sections *))((* for t in s.steps *))((= t =))((* endfor *))((* endfor *))((= doc =))"
    text = handout(own(tmp_path, md__heading=everything), view="blank")
    for number in ("0.3775", "0.5933", "0.7514", "0.2984", "0.1385"):
        assert number not in text
        assert number in handout(None)


def test_latex_templates_are_replaced_too_and_markdown_is_left_alone(tmp_path):
    folder = own(tmp_path, tex__heading="\\section*{Mine}\n")
    assert "\\section*{Mine}" in handout(folder, format_name="tex")
    assert handout(folder) == handout(None)


def test_every_shipped_template_is_found_by_its_name():
    names = template_names()
    assert "md/heading.md.j2" in names
    assert "words.j2" in names
    assert all((template_folder() / name).is_file() for name in names)
