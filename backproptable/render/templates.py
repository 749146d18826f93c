"""Jinja templates: those that ship with the product, and a teacher's own in their place.

Shipped templates are found in a wheel, in an editable install and in a checkout alike. A folder of
a teacher's own overrides them file by file. All run in a sandbox: a template can lay out what it is
given and nothing else.

The delimiters ``((* *))``, ``((= =))`` and ``((# #))`` occur in neither TeX nor Markdown. An
unknown name is an error, not an empty string. Templates lay out and choose words; they never
compute.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from traceback import extract_tb
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backproptable.errors import InputError, PlanError, Problem

__all__ = ["fill_template", "template_folder", "template_names"]

Source = tuple[str, str, Callable[[], bool]]


def template_folder() -> Traversable:
    """`templates/` inside the installed package, or beside it in a checkout."""
    package = files("backproptable")
    for folder in (package / "templates", Path(str(package)).parent / "templates"):
        if folder.is_dir():
            return folder
    raise PlanError(f"the templates are neither in {package} nor beside it: the installation is incomplete")


def template_names() -> list[str]:
    """The shipped templates, as a folder of one's own would name them."""

    def walk(folder: Traversable, prefix: str) -> list[str]:
        return [
            name
            for entry in folder.iterdir()
            for name in (walk(entry, f"{prefix}{entry.name}/") if entry.is_dir() else [prefix + entry.name])
        ]

    return sorted(name for name in walk(template_folder(), "") if name.endswith(".j2"))


def fill_template(name: str, context: dict[str, Any], own: Path | None = None) -> str:
    """The template `name` filled from `context`; files in the folder `own` replace shipped ones.

    Raises `InputError`, naming template, line and what is wrong, if one of the teacher's own fails.
    """
    try:
        environment = _shipped_environment() if own is None else _environment(own)
        return environment.get_template(name).render(context)
    except TemplateSyntaxError as error:
        raise _error(own, error.filename or error.name or name, error.lineno, error.message or "") from None
    except (TemplateError, OverflowError, ValueError, TypeError, ArithmeticError, LookupError) as error:
        frames = [frame for frame in extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
        place = frames[-1] if frames else None
        missing = f"there is no template {error}" if isinstance(error, TemplateNotFound) else str(error)
        if own is None or place is None:
            raise PlanError(f"template {name}: {missing}") from error
        raise _error(own, place.filename, place.lineno or 0, missing) from None


def _error(own: Path | None, filename: str, line: int, message: str) -> InputError:
    problem = Problem(
        f"{filename}, line {line}",
        f"{message.rstrip('.')}.",
        "Templates know: doc, net, figures, carry, seed, layout, steps, explain, listing, words.",
    )
    return InputError([problem], f"templates in {own}" if own else "templates")


@lru_cache(maxsize=1)
def _shipped_environment() -> ImmutableSandboxedEnvironment:
    return _environment(None)


def _environment(own: Path | None) -> ImmutableSandboxedEnvironment:
    shipped = template_folder()

    def load(name: str) -> Source | None:
        for folder in (own, shipped):
            if folder is not None and (source := folder.joinpath(*name.split("/"))).is_file():
                return source.read_text(encoding="utf-8"), str(source), lambda: True
        return None

    return ImmutableSandboxedEnvironment(
        loader=FunctionLoader(load),
        block_start_string="((*",
        block_end_string="*))",
        variable_start_string="((=",
        variable_end_string="=))",
        comment_start_string="((#",
        comment_end_string="#))",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # the output is Markdown or TeX, and nothing a student wrote is in it
    )
