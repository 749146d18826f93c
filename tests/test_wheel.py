"""The wheel holds all that the checkout holds, and works where there is no checkout.

It is built from the files as they are, installed into an empty folder and used from another one;
only the libraries come from the environment that runs the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

import backproptable
from backproptable.render.compiled import COMPILED
from backproptable.render.templates import compile_templates, template_names

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGE = CHECKOUT / "backproptable"

COMPILED_IN_WHEEL = f"backproptable/{COMPILED.relative_to(PACKAGE).as_posix()}"

DATA = {
    # folder in the wheel -> folder in the checkout
    "backproptable/templates": CHECKOUT / "templates",
    "backproptable/shipped": PACKAGE / "shipped",
}


def run(*words: object, folder: Path = CHECKOUT, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path, **environment: str) -> Path:
    """The wheel, built with the hatchling that is installed, else with one fetched for it."""
    here = ["--no-build-isolation"] if find_spec("hatchling") else []
    pip_wheel = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-cache-dir")
    run(*pip_wheel, *here, "--wheel-dir", folder, CHECKOUT, **environment)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed in it, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", folder, wheel)
    return folder


def below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_name_says_that_any_python_3_will_do(wheel: Path) -> None:
    assert wheel.name == f"backproptable-{backproptable.__version__}-py3-none-any.whl"


@pytest.mark.parametrize(("inside", "outside"), DATA.items(), ids=DATA)
def test_data_are_those_of_the_checkout(wheel: Path, inside: str, outside: Path) -> None:
    with ZipFile(wheel) as archive:
        packed = {
            name.removeprefix(f"{inside}/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith(f"{inside}/") and not name.endswith("/")
        }
    assert packed == {name: content for name, content in below(outside).items() if not name.endswith(".py")}
    assert packed


def test_modules_are_those_of_the_checkout(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name and not name.endswith("/")}
    package = {f"backproptable/{name}" for name in below(PACKAGE)}
    templates = {f"backproptable/templates/{name}" for name in template_names()}
    compiled = {f"{COMPILED_IN_WHEEL}/{name}" for name, _ in compile_templates()}
    assert len(compiled) == len(templates)
    assert names == package | templates | compiled
    assert "backproptable/py.typed" in names


def test_the_licence_and_the_command_come_along(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        about = {Path(name).name: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name}
    assert about["LICENSE"] == (CHECKOUT / "LICENSE").read_text(encoding="utf-8")
    assert "backproptable = backproptable.cli:run" in about["entry_points.txt"]
    assert "Requires-Python: >=3.11" in about["METADATA"]


def test_two_builds_are_the_same_to_the_byte(wheel: Path, tmp_path: Path) -> None:
    """And no file in it bears the time of the build, which two quick builds could share."""
    again = build(tmp_path, PYTHONHASHSEED="3", TZ="Pacific/Auckland", LC_ALL="C")
    assert again.read_bytes() == wheel.read_bytes()
    with ZipFile(wheel) as archive:
        assert len({info.date_time for info in archive.infolist()}) == 1


def test_templates_are_compiled_as_they_would_be_now(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        for name, python in compile_templates():
            assert archive.read(f"{COMPILED_IN_WHEEL}/{name}").decode() == python


WITHOUT_A_COMPILER = """
import jinja2, sys
{before}
def refuse(*given, **named): raise SystemExit("it compiles")
jinja2.Environment.compile = refuse
sys.argv = ["backproptable", "handout", "2-2-2", "--format", "md,tex,json"]
from backproptable.cli import main
main()
"""


def handout_of(installed: Path, folder: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    folder.mkdir(parents=True)
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_A_COMPILER.format(before=before)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_installed_program_compiles_no_template(installed: Path, tmp_path: Path) -> None:
    done = handout_of(installed, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert below(tmp_path / "run" / "output").keys() == {"2-2-2.md", "2-2-2.tex", "2-2-2.json"}


def test_it_does_for_another_jinja_and_a_template_that_was_changed(installed: Path, tmp_path: Path) -> None:
    other = handout_of(installed, tmp_path / "run", before="jinja2.__version__ = '3.999'")
    assert "it compiles" in other.stderr
    changed = tmp_path / "changed"
    shutil.copytree(installed, changed)
    page = changed / "backproptable/templates/md/page.md.j2"
    page.write_text(page.read_text(encoding="utf-8") + "changed\n", encoding="utf-8")
    assert "it compiles" in handout_of(changed, tmp_path / "again").stderr


ARGUMENTS = {
    "a fresh draw": ("handout", "--seed", "7", "--format", "md,tex,json"),
    "a preset": ("handout", "3-3-3-3", "--format", "md,tex,json"),
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
def test_it_writes_what_the_checkout_writes(installed: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    made = []
    for source in (installed, CHECKOUT):
        folder = tmp_path / source.name
        folder.mkdir()
        used = run("-c", "import backproptable as b; print(b.__file__)", folder=folder, PYTHONPATH=str(source))
        assert Path(used.strip()) == source / "backproptable/__init__.py"
        run("-m", "backproptable", *arguments, folder=folder, PYTHONPATH=str(source))
        made.append(below(folder))
    assert made[0] == made[1]
    assert len(made[0]) == 3


@pytest.mark.parametrize("command", ["presets", "notations"])
def test_it_lists_what_the_checkout_lists(installed: Path, tmp_path: Path, command: str) -> None:
    lists = [
        run("-m", "backproptable", command, folder=tmp_path, PYTHONPATH=str(source)) for source in (installed, CHECKOUT)
    ]
    assert lists[0] == lists[1]
