"""Jinja templates, found in a wheel, in an editable install and in a checkout alike.

The delimiters ``((* *))``, ``((= =))`` and ``((# #))`` occur in neither TeX nor Markdown. An
unknown name is an error, not an empty string. Templates lay out and choose words; they never
compute.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backproptable.errors import PlanError

__all__ = ["environment", "template_folder"]


def template_folder() -> Traversable:
    """`templates/` inside the installed package, or beside it in a checkout."""
    package = files("backproptable")
    for folder in (package / "templates", Path(str(package)).parent / "templates"):
        if folder.is_dir():
            return folder
    raise PlanError(f"the templates are neither in {package} nor beside it: the installation is incomplete")


@lru_cache
def environment() -> ImmutableSandboxedEnvironment:
    """The one Jinja environment of all text formats."""
    folder = template_folder()

    def load(name: str) -> str | None:
        source = folder.joinpath(*name.split("/"))
        return source.read_text(encoding="utf-8") if source.is_file() else None

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
        autoescape=False,
    )
