"""The command line. Only this module prints and exits.

Nothing heavy is imported before a command runs: ``--help`` needs neither NumPy nor SymPy.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click
from click.shell_completion import CompletionItem

from backproptable import __version__
from backproptable.basics.errors import BackproptableError, InputError, OutputError, Problem, suggestion

if TYPE_CHECKING:
    from backproptable.courses.course import Course
    from backproptable.examples.example import Example

__all__ = ["main", "run"]

OUTPUT: Final = Path("output")
"""The folder for results, where nobody names another."""
_KEYS: Final = "keys"
_MANIFEST: Final = "manifest.json"
FOUND: Final = 1
"""The exit code of a command that has done its work and found something."""

First = TypeVar("First")
Second = TypeVar("Second")


def run() -> NoReturn:
    """The entry point: exit 0 when done, 1 if something was found, 2 for unusable input, 3 where writing failed."""
    code = None
    try:
        code = main.main(standalone_mode=False)
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
    sys.exit(code or 0)


def _leave(message: str, code: int) -> NoReturn:
    for line in message.splitlines():
        click.secho(f"error: {line}", err=True, fg="red")
    sys.exit(code)


Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _words(*words: str) -> Complete:
    """Completes one of these words."""
    return lambda _context, _parameter, begun: [word for word in words if word.startswith(begun)]


def _listed(*words: str) -> Complete:
    """Completes the last word of a list with commas, by those that are not in it yet."""

    def complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        before, comma, last = begun.rpartition(",")
        there = before.split(",")
        return [f"{before}{comma}{word}" for word in words if word.startswith(last) and word not in there]

    return complete


def _shipped(kind: str) -> Complete:
    """Completes the name of a preset or of a notation."""

    def complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        from backproptable.basics.shipped import shipped_texts  # noqa: PLC0415 - reads files

        kinds = (kind, "recipes") if kind == "presets" else (kind,)
        return [name for each in kinds for name in shipped_texts(each) if name.startswith(begun)]

    return complete


def _example_or_preset(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Completes a preset's name, or the path of a file."""
    items = [CompletionItem(name) for name in _shipped("presets")(context, parameter, begun)]
    return [*items, CompletionItem(begun, type="file")]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="backproptable")
def main() -> None:
    """Worked examples of backpropagation, number by number."""


_output = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=OUTPUT,
    show_default=True,
    metavar="DIR",
    help="Folder for the results.",
)


_templates = click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder with templates of your own, which replace shipped ones of the same name.",
)


@main.command()
@click.argument("example", required=False, metavar="[EXAMPLE.toml | PRESET]", shell_complete=_example_or_preset)
@_output
@click.option("--seed", type=click.IntRange(min=0), help="Draw the weights from this seed, also where some are given.")
@click.option(
    "--format",
    "formats",
    default="md,tex",
    show_default=True,
    metavar="md,tex,json",
    help="Files to write.",
    shell_complete=_listed("md", "tex", "json"),
)
@click.option(
    "--view", default="worked", show_default=True, metavar="worked|blank", shell_complete=_words("worked", "blank")
)
@click.option(
    "--layout",
    metavar="NAME",
    help="cells, matrices or steps.  [default: cells]",
    shell_complete=_words("cells", "matrices", "steps"),
)
@click.option(
    "--notation",
    metavar="NAME",
    help="How symbols are written; see 'notations'.  [default: indexed]",
    shell_complete=_shipped("notations"),
)
@click.option(
    "--explain",
    metavar="full|short|none",
    help="How much is said about why.  [default: short]",
    shell_complete=_words("full", "short", "none"),
)
@click.option("--figures", type=int, metavar="N", help="Significant figures, 2 to 7 (carry full: 10).  [default: 4]")
@click.option(
    "--carry",
    metavar="paper|full",
    help="Work on printed numbers, or on all digits.  [default: paper]",
    shell_complete=_words("paper", "full"),
)
@click.option("--paths", is_flag=True, help="Also give early gradients as sums over all their paths.")
@click.option("--input-gradient", is_flag=True, help="Also give dL/dx, the gradient of the inputs.")
@_templates
def handout(
    example: str | None,
    output: Path,
    seed: int | None,
    formats: str,
    view: str,
    paths: bool,
    input_gradient: bool,
    templates: Path | None,
    **of_the_sheet: str | int | None,
) -> None:
    """Write one worked example: a preset, a file of your own, or a fresh draw of the default net."""
    from backproptable.basics.writing import write_files  # noqa: PLC0415
    from backproptable.examples.handout import make_handout  # noqa: PLC0415 - heavy

    options: dict[str, Any] = {**of_the_sheet, "input_gradient": input_gradient or None}  # a file may ask for it, too
    made = make_handout(
        _example(example),
        formats=[word.strip() for word in formats.split(",")],
        seed=seed,
        fresh_seed=secrets.randbelow(10**6),
        view=view,
        paths=paths,
        templates=templates,
        **{key: value for key, value in options.items() if value is not None},
    )
    for path in write_files(output, made.files):
        click.echo(path)
    if made.seed is not None:
        click.echo(f"seed {made.seed}", err=True)
    if made.solution.diverged:
        click.secho(f"found: {made.solution.diverged}", err=True, fg="yellow")
        click.get_current_context().exit(FOUND)


@main.command()
@_output
@click.option(
    "--format",
    "formats",
    default="md,tex",
    show_default=True,
    metavar="md,tex",
    help="Files to write.",
    shell_complete=_listed("md", "tex"),
)
def activations(output: Path, formats: str) -> None:
    """Write the table of activation functions and their derivatives, on one page."""
    from backproptable.basics.writing import write_files  # noqa: PLC0415
    from backproptable.render.activations import render_activations  # noqa: PLC0415 - heavy

    words = [word.strip() for word in formats.split(",")]
    for path in write_files(output, {f"activations.{word}": render_activations(word) for word in words}):
        click.echo(path)


@main.command(hidden=True)
@_output
def gallery(output: Path) -> None:
    """Write the pieces that stand in the project's gallery."""
    from backproptable.basics.writing import write_files  # noqa: PLC0415
    from backproptable.commands.gallery import make_gallery  # noqa: PLC0415 - heavy

    for path in write_files(output, make_gallery()):
        click.echo(path)


@main.command()
@_output
def init(output: Path) -> None:
    """Write a commented course.toml and a sample roster.csv to start from."""
    from backproptable.basics.shipped import starter_files  # noqa: PLC0415 - reads files
    from backproptable.basics.writing import write_files  # noqa: PLC0415

    files = starter_files()
    if there := [output / name for name in files if (output / name).exists()]:
        remedy = "Remove it, or choose another folder (-o)."
        raise InputError([Problem(str(path), "is there already.", remedy) for path in there])
    paths = dict(zip(files, write_files(output, files), strict=True))
    for path in paths.values():
        click.echo(path)
    click.echo(f"Next: backproptable assign {paths['roster.csv']} --course {paths['course.toml']} --preview", err=True)


@main.command()
@click.argument("roster", type=click.Path(path_type=Path), required=False, metavar="ROSTER")
@click.option(
    "--course", type=click.Path(path_type=Path), metavar="COURSE.toml", help="What the sheets have in common."
)
@_output
@click.option("--keys", type=click.Path(path_type=Path), metavar="DIR", help="Folder of keys.  [default: OUTPUT/keys]")
@click.option(
    "--format",
    "formats",
    default="md",
    show_default=True,
    metavar="md,tex,csv,...",
    help="Sheets to write: md, tex, csv. Quizzes for course systems: moodle, qti21, canvas.",
    shell_complete=_listed("md", "tex", "csv", "moodle", "qti21", "canvas"),
)
@click.option("--pool", type=click.IntRange(1, 999), metavar="N", help="N variants for nobody in place of a roster.")
@click.option(
    "--zip",
    "zip_by",
    type=click.Choice(["student", "batch"]),
    help="Also pack the sheets: one zip per student, or one per batch.",
)
@click.option("--preview", "only_preview", is_flag=True, help="Make one sheet and its key, of nobody's numbers.")
@click.option("--newcomers", is_flag=True, help="Those who look like students with a sheet are new all the same.")
@click.option("--processes", type=click.IntRange(min=1), metavar="N", help="Processes to use.  [default: one a core]")
@click.option("-v", "--verbose", is_flag=True, help="Also say how the drawing went, and how hard the sheets are.")
@_templates
def assign(
    roster: Path | None,
    course: Path | None,
    output: Path,
    keys: Path | None,
    formats: str,
    pool: int | None,
    zip_by: str | None,
    only_preview: bool,
    newcomers: bool,
    processes: int | None,
    verbose: bool,
    templates: Path | None,
) -> None:
    """Give every student of a roster a sheet of their own, and the teacher a key for each.

    The roster is a class list as course systems export it: CSV, .xlsx or .ods. Formats of quizzes give files that
    a course system imports, with their answers: OUTPUT/quizzes is for the teacher only.

    A rerun adds newcomers and writes what is missing. Nobody's sheet is drawn again or replaced.
    """
    from backproptable.commands.assign import assign_class, preview  # noqa: PLC0415 - heavy
    from backproptable.commands.summary import next_steps, summary, untested_lines  # noqa: PLC0415
    from backproptable.quizzes.variants import VARIANT_FILES, variants  # noqa: PLC0415
    from backproptable.rosters.reading import read_roster  # noqa: PLC0415

    if (roster is None) == (pool is None):
        what = "are both given." if roster else "are both missing."
        raise InputError([Problem("ROSTER and --pool", what, "Name a class list, or ask for a pool of variants.")])
    if roster is None:
        loaded = replace(_course(course, output), file_name=VARIANT_FILES)
        students = variants(pool or 0)
    else:
        loaded, listed = _both(
            lambda: _course(course, output),
            lambda known: read_roster(_started(roster, output), known.roster if known else {}),
        )
        if not listed.is_plain:
            click.echo(listed.said, err=True)
        students = listed.students
    words = [word.strip() for word in formats.split(",")]
    if only_preview:
        from backproptable.basics.writing import write_files  # noqa: PLC0415

        made = preview(loaded, students, formats=words, templates=templates, pool=pool is not None)
        for name, text in made.files.items():
            (path,) = write_files(output / "preview", {name: text}, private="_KEY." in name)
            click.echo(path)
        for path in write_files(output / "preview", made.quizzes, private=True) if made.quizzes else ():
            click.echo(path)
        for line in untested_lines(dict.fromkeys(made.not_tested, 1), 1):
            click.echo(line, err=True)
        return
    try:
        report = assign_class(
            loaded,
            students,
            output,
            keys=keys,
            formats=words,
            templates=templates,
            zip_by=zip_by,
            processes=processes,
            progress=_progress,
            newcomers_are_new=newcomers,
            pool=pool is not None,
        )
    except KeyboardInterrupt:
        click.echo("Run the same command again to finish: nobody's sheet will change.", err=True)
        raise
    for line in (*summary(report, verbose=verbose), *next_steps(report, output, usual=output == OUTPUT)):
        click.echo(line)
    for warning in report.warnings:
        click.secho(f"warning: {warning}", err=True, fg="yellow")


def _course(path: Path | None, output: Path) -> Course:
    """The course in the file, or the default course, for which nothing is loaded that reads files."""
    if path is None:
        from backproptable.courses.course import default_course  # noqa: PLC0415 - heavy

        return default_course()
    from backproptable.courses.course_file import load_course  # noqa: PLC0415 - heavy

    return load_course(_started(path, output))


def _started(path: Path, output: Path) -> Path:
    """The file, or the one of that name that `init` has written into the output folder."""
    started = output / path
    return started if not path.exists() and started.is_file() else path


def _both(first: Callable[[], First], second: Callable[[First | None], Second]) -> tuple[First, Second]:
    """The results of both; the second is told that of the first. Raises the problems of both at once."""
    try:
        one = first()
    except InputError as error:
        try:
            second(None)
        except InputError as other:
            raise BackproptableError(f"{error}\n{other}") from None
        raise
    return one, second(one)


@contextmanager
def _progress(stage: str, total: int) -> Iterator[Callable[[int], object]]:
    """A bar on a terminal; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    with click.progressbar(length=total, label=stage, file=sys.stderr) as bar:
        yield bar.update


_also = click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Also write it into a file there."
)


@main.command()
@click.argument("sheets", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="SHEET...")
@_also
def check(sheets: tuple[Path, ...], output: Path | None) -> None:
    """Say what can be read of filled-in sheets, and what not. No key is needed."""
    from backproptable.marking.check import check_sheet  # noqa: PLC0415 - heavy

    reports = [check_sheet(path) for path in sheets]
    _say([line for report in reports for line in report.lines()], output, "check.txt")
    if not all(report.clean for report in reports):
        click.get_current_context().exit(FOUND)


@main.command()
@click.argument("paths", type=click.Path(path_type=Path), nargs=-1, metavar="PATH...")
@click.option(
    "--keys",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of keys.  [default: OUTPUT/keys, else output/keys]",
)
@click.option(
    "--course",
    type=click.Path(path_type=Path),
    metavar="COURSE.toml",
    help="Take points and grades from this file.",
)
@click.option("--ask", is_flag=True, help="Type the answers in from paper; PATH is the sheet's code.")
@_output
def verify(paths: tuple[Path, ...], keys: Path | None, course: Path | None, ask: bool, output: Path) -> None:
    """Mark returned sheets (files, folders, zips), or the [answers] of an example file.

    Writes report.json and, for a class, grades.csv, grades for Moodle or Canvas, class.md and feedback for
    every student, also as the zip that the course system takes back.
    """
    from backproptable.basics.writing import write_files  # noqa: PLC0415
    from backproptable.commands.marking import REPORT, mark_class, mark_example  # noqa: PLC0415

    examples = [path for path in paths if path.suffix == ".toml"]
    if not examples and (paths or ask):
        keys = keys or _keys_of(output)
    if ask and keys:
        paths = (_typed_in(str(paths[0]) if paths else click.prompt("Code of the sheet"), keys, output),)
    if not paths or (examples and len(paths) > 1):
        raise InputError([Problem("verify", "needs one example file, or returned sheets.", "Name files or folders.")])
    if examples or keys is None:
        marked = mark_example(examples[0])
    else:
        report = output / REPORT
        before = report.read_text(encoding="utf-8", errors="replace") if report.is_file() and not ask else None
        settings = _course(course, output) if course else None
        marked = mark_class(paths, keys, course=settings, before=before, output=None if ask else output)
    for style, line in marked.lines:
        click.secho(line, **_STYLES[style])
    for folder, files in marked.files.items():
        if ask and not folder:  # the reports are about all sheets of a class, and this is one
            continue
        for path in write_files(output / folder, files, private=True):  # marks are nobody else's business
            if not folder or ask:
                click.echo(path)
    if ask:
        click.echo(f"Verify {paths[0]} together with the sheets that were returned as files.")
    if marked.found:
        click.get_current_context().exit(FOUND)


def _keys_of(output: Path) -> Path:
    """The folder of keys that goes with an output folder: its own, or else the usual one.

    Raises `InputError` where there is neither, naming those that lie near.
    """
    for folder in (output, OUTPUT):
        if (folder / _KEYS / _MANIFEST).is_file():
            return folder / _KEYS
    near = sorted(path.parent for path in Path().glob(f"*/{_KEYS}/{_MANIFEST}"))
    remedy = f"Is it {' or '.join(map(str, near[:5]))}? Name it (--keys)." if near else "Name it (--keys)."
    raise InputError(
        [Problem(str(output / _KEYS), "holds no manifest.json: it is no folder of keys that assign has made.", remedy)]
    )


def _typed_in(word: str, keys: Path, output: Path) -> Path:
    """Ask for the answers of one sheet. Each is told at once and kept, so that one can stop and go on later."""
    from backproptable.basics.writing import write_files  # noqa: PLC0415
    from backproptable.commands.asking import Asking  # noqa: PLC0415 - heavy
    from backproptable.marking.key_folder import open_keys  # noqa: PLC0415
    from backproptable.reports.feedback import cell_line  # noqa: PLC0415

    folder = open_keys(keys)
    entry = folder.entry(word)
    asking = Asking(folder, entry)
    name = f"{entry['file']}.csv"
    asking.load(output / "typed" / name)
    click.echo(f"{entry['name']}, {entry['code']}. Enter leaves a cell blank, < takes the last one back, Ctrl-D stops.")
    while (cell := asking.next) is not None:
        try:
            text = click.prompt(cell, default="", show_default=False)
        except (click.Abort, EOFError):
            click.echo()
            break
        if text.strip() == "<":
            asking.take_back()
        else:
            style, line = cell_line(asking.answer(cell, text))
            click.secho(line, **_STYLES[style])
        write_files(output / "typed", {name: asking.as_csv()}, private=True)
    (path,) = write_files(output / "typed", {name: asking.as_csv()}, private=True)
    return path


_STYLES: Final[dict[str, dict[str, Any]]] = {
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "plain": {},
    "dim": {"dim": True},
}
"""How lines stand on a terminal; elsewhere click leaves colours out."""


@main.command()
@_also
def mistakes(output: Path | None) -> None:
    """List the typical mistakes that drawing and verifying know."""
    from backproptable.mistakes.registry import MISTAKES  # noqa: PLC0415 - heavy

    width = max(len(mistake.code) for mistake in MISTAKES)
    _say([f"{mistake.code:<{width}}  {mistake.title}" for mistake in MISTAKES], output, "mistakes.txt")


def _say(lines: list[str], output: Path | None, name: str) -> None:
    """Print the lines; write them into the file of that name, too, where a folder is given."""
    for line in lines:
        click.echo(line)
    if output is not None:
        from backproptable.basics.writing import write_files  # noqa: PLC0415

        write_files(output, {name: "".join(f"{line}\n" for line in lines)})


def _example(name: str | None) -> Example | None:
    """The argument as an example: a file where it looks like one or is one, else a preset."""
    from backproptable.examples.example import load_example, load_preset, preset_titles  # noqa: PLC0415 - heavy

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
    _list(("presets", "recipes"), output)


@main.command()
@_copies
def notations(output: Path | None) -> None:
    """List the ways symbols can be written."""
    _list(("notations",), output)


def _list(kinds: tuple[str, ...], output: Path | None) -> None:
    from backproptable.basics.shipped import shipped_texts, shipped_titles  # noqa: PLC0415 - reads files

    titles = {name: title for kind in kinds for name, title in shipped_titles(kind).items()}
    width = max(map(len, titles))
    for name, title in titles.items():
        click.echo(f"{name:<{width}}  {title}")
    if output is not None:
        from backproptable.basics.writing import write_files  # noqa: PLC0415

        texts = {name: text for kind in kinds for name, text in shipped_texts(kind).items()}
        write_files(output, {f"{name}.toml": text for name, text in texts.items()})
