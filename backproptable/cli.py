"""The command line. Only this module prints and exits.

Nothing heavy is imported before a command runs: ``--help`` needs neither NumPy nor SymPy.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from backproptable import __version__
from backproptable.errors import BackproptableError, InputError, OutputError, Problem, suggestion

if TYPE_CHECKING:
    from backproptable.example import Example

__all__ = ["main", "run"]


def run() -> NoReturn:
    """The entry point: exit 0 when done, 2 for unusable input, 3 where writing failed or was interrupted."""
    try:
        main.main(standalone_mode=False)
        sys.stdout.flush()
    except SystemExit:  # only for a closed pipe: the reader has seen enough
        sys.exit(0)
    except BrokenPipeError:
        sys.stdout = None  # else Python would try to print the rest once more when it ends
        sys.exit(0)
    except OSError as error:
        sys.stdout = None
        _leave(f"standard output: could not be written ({error.strerror or error})", OutputError.exit_code)
    except BackproptableError as error:
        _leave(str(error), error.exit_code)
    except click.Abort:
        _leave("interrupted", OutputError.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(InputError.exit_code)
    sys.exit(0)


def _leave(message: str, code: int) -> NoReturn:
    for line in message.splitlines():
        click.secho(f"error: {line}", err=True, fg="red")
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="backproptable")
def main() -> None:
    """Worked examples of backpropagation, number by number."""


_output = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("output"),
    show_default=True,
    metavar="DIR",
    help="Folder for the results.",
)


@main.command()
@click.argument("example", required=False, metavar="[EXAMPLE.toml | PRESET]")
@_output
@click.option("--seed", type=click.IntRange(min=0), help="Draw the weights from this seed, also where some are given.")
@click.option("--format", "formats", default="md,tex", show_default=True, metavar="md,tex,json", help="Files to write.")
@click.option("--view", default="worked", show_default=True, metavar="worked|blank")
@click.option("--layout", metavar="NAME", help="cells, matrices or steps.  [default: cells]")
@click.option("--notation", metavar="NAME", help="How symbols are written; see 'notations'.  [default: indexed]")
@click.option("--explain", metavar="full|short|none", help="How much is said about why.  [default: short]")
@click.option("--figures", type=int, metavar="N", help="Significant figures, 2 to 7 (carry full: 10).  [default: 4]")
@click.option("--carry", metavar="paper|full", help="Work on printed numbers, or on all digits.  [default: paper]")
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder with templates of your own, which replace shipped ones of the same name.",
)
def handout(
    example: str | None,
    output: Path,
    seed: int | None,
    formats: str,
    view: str,
    layout: str | None,
    notation: str | None,
    explain: str | None,
    figures: int | None,
    carry: str | None,
    templates: Path | None,
) -> None:
    """Write one worked example: a preset, a file of your own, or a fresh draw of the default net."""
    from backproptable.handout import make_handout  # noqa: PLC0415 - heavy
    from backproptable.writing import write_files  # noqa: PLC0415

    options = {"layout": layout, "notation": notation, "explain": explain, "figures": figures, "carry": carry}
    made = make_handout(
        _example(example),
        formats=[word.strip() for word in formats.split(",")],
        seed=seed,
        fresh_seed=secrets.randbelow(10**6),
        view=view,
        templates=templates,
        **{key: value for key, value in options.items() if value is not None},
    )
    for path in write_files(output, made.files):
        click.echo(path)
    if made.seed is not None:
        click.echo(f"seed {made.seed}", err=True)


@main.command()
@_output
@click.option("--format", "formats", default="md,tex", show_default=True, metavar="md,tex", help="Files to write.")
def activations(output: Path, formats: str) -> None:
    """Write the table of activation functions and their derivatives, on one page."""
    from backproptable.render.activations import render_activations  # noqa: PLC0415 - heavy
    from backproptable.writing import write_files  # noqa: PLC0415

    words = [word.strip() for word in formats.split(",")]
    for path in write_files(output, {f"activations.{word}": render_activations(word) for word in words}):
        click.echo(path)


@main.command()
@_output
def gallery(output: Path) -> None:
    """Write the pieces that stand in the project's gallery."""
    from backproptable.gallery import make_gallery  # noqa: PLC0415 - heavy
    from backproptable.writing import write_files  # noqa: PLC0415

    for path in write_files(output, make_gallery()):
        click.echo(path)


def _example(name: str | None) -> Example | None:
    """The argument as an example: a file where it looks like one or is one, else a preset."""
    from backproptable.example import load_example, load_preset, preset_titles  # noqa: PLC0415 - heavy

    if name is None:
        return None
    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1 or os.path.isfile(name):  # noqa: PTH113 - never raises
        return load_example(path)
    if name not in (known := preset_titles()):
        remedy = f"{suggestion(name, known)} A file of your own ends in .toml."
        raise InputError([Problem("handout", f"there is no preset {name!r}.", remedy)])
    return load_preset(name)


_copies = click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Also copy their files there, as a start."
)


@main.command()
@_copies
def presets(output: Path | None) -> None:
    """List the examples that come with the program."""
    _list("presets", output)


@main.command()
@_copies
def notations(output: Path | None) -> None:
    """List the ways symbols can be written."""
    _list("notations", output)


def _list(kind: str, output: Path | None) -> None:
    from backproptable.shipped import shipped_texts, shipped_titles  # noqa: PLC0415 - reads files

    titles = shipped_titles(kind)
    width = max(map(len, titles))
    for name, title in titles.items():
        click.echo(f"{name:<{width}}  {title}")
    if output is not None:
        from backproptable.writing import write_files  # noqa: PLC0415

        write_files(output, {f"{name}.toml": text for name, text in shipped_texts(kind).items()})
