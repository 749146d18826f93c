"""Jinja templates: those that ship with the product, and a teacher's own in their place.

Shipped templates are found in a wheel, in an editable install and in a checkout alike. A folder of
a teacher's own overrides them file by file. All run in a sandbox: a template can lay out what it is
given and nothing else.

The delimiters ``((* *))``, ``((= =))`` and ``((# #))`` occur in neither TeX nor Markdown. An
unknown name is an error, not an empty string. Templates lay out and choose words; they never
compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from traceback import FrameSummary, extract_tb
from typing import Any, Final

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backproptable.basics.errors import InputError, PlanError, Problem
from backproptable.render.compiled import CompiledAhead, compiled_file

__all__ = ["compile_templates", "fill_template", "template_folder", "template_names"]

Source = tuple[str, str, Callable[[], bool]]

_AS_GOOD_AS_THE_SAME: Final = 0.8
"""A name so close to a shipped one (1 is equal) is a slip, unless another template asks for it."""


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


def compile_templates() -> Iterator[tuple[str, str]]:
    """Every shipped template as a Python module: its file in the folder `compiled.COMPILED`, and what it says."""
    environment, cache, folder = _environment(None), CompiledAhead(), template_folder()
    for name in template_names():
        source = folder.joinpath(*name.split("/")).read_text(encoding="utf-8")
        yield compiled_file(cache.get_source_checksum(source)), environment.compile(source, name, raw=True)


def fill_template(name: str, context: dict[str, Any], own: Path | None = None) -> str:
    """The template `name` filled from `context`; files in the folder `own` replace shipped ones.

    Raises `InputError`, naming template, line and what is wrong, if one of the teacher's own fails or
    has a name by which nothing will look for it.
    """
    try:
        environment = _shipped_environment() if own is None else _environment(own)
        return environment.get_template(name).render(context)
    except TemplateSyntaxError as error:
        raise _error(own, error.filename or error.name or name, error.lineno, error.message or "") from None
    except (TemplateError, OverflowError, ValueError, TypeError, ArithmeticError, LookupError) as error:
        place = _place(error, own)
        missing = f"there is no template {error}" if isinstance(error, TemplateNotFound) else str(error)
        if own is None or place is None:
            raise PlanError(f"template {name}: {missing}") from error
        raise _error(own, place.filename, place.lineno or 0, missing) from None


def _place(error: Exception, own: Path | None) -> FrameSummary | None:
    """Where in the templates it happened: in a teacher's own, if the way there led through one."""
    frames = [frame for frame in extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    owned = [frame for frame in frames if own is not None and Path(frame.filename).is_relative_to(own)]
    return next(reversed(owned or frames), None)


def _error(own: Path | None, filename: str, line: int, message: str) -> InputError:
    problem = Problem(
        f"{filename}, line {line}",
        f"{message.rstrip('.')}.",
        "Templates know: doc, net, figures, carry, seed, layout, shapes, steps, explain, listing, words.",
    )
    return InputError([problem], f"templates in {own}" if own else "templates")


@lru_cache(maxsize=1)
def _shipped_environment() -> ImmutableSandboxedEnvironment:
    return _environment(None)


def _refuse_misspelt(own: Path) -> None:
    """Raise `InputError` for files that replace no shipped one, but look as if they should."""
    paths = [path for pattern in ("*.j2", "*/*.j2") for path in sorted(own.glob(pattern)) if path.is_file()]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    shipped, problems = template_names(), []
    for name in (path.relative_to(own).as_posix() for path in paths):
        close = get_close_matches(name, shipped, n=1, cutoff=_AS_GOOD_AS_THE_SAME)
        if close and name not in shipped and not any(name in text for text in texts):
            problems.append(Problem(name, "replaces no shipped template.", f"Did you mean {close[0]!r}?"))
    if problems:
        raise InputError(problems, f"templates in {own}")


def _environment(own: Path | None) -> ImmutableSandboxedEnvironment:
    if own is not None:
        _refuse_misspelt(own)
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
        bytecode_cache=CompiledAhead() if own is None else None,
        autoescape=False,  # the output is Markdown or TeX, and nothing a student wrote is in it
    )
