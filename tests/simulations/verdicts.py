"""Have simulated students work a hundred thousand drawn sheets, honestly and otherwise, and judge them.

    python tests/simulations/verdicts.py [--sheets 100000] [--recipes]

The students (`tests/support/students.py`) share nothing with the judge but the formulas of the plan and
of the registered mistakes. The tables are Markdown. Ends with exit code 1 where an honest line is marked
wrong, or less is found than is aimed at.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.verdicts import RULES, Mistaken, Results, simulate

OURS = "**backproptable**"


def share(part: int, whole: int) -> str:
    """A percentage, rounded so that nothing looks like all or none."""
    if not whole or part in (0, whole):
        return "-" if not whole else f"{100 * part // whole} %"
    percent = 100 * part / whole
    places = 1 if 0.1 <= percent <= 99.9 else 3
    return f"{percent:.{places}f} %"


def table(heads: list[str], rows: list[list[str]]) -> None:
    click.echo("| " + " | ".join(heads) + " |")
    click.echo("|:--" + "|--:" * (len(heads) - 1) + "|")
    for row in rows:
        click.echo("| " + " | ".join(row) + " |")
    click.echo()


def print_honest(results: Results) -> None:
    rows = [
        [words, *(f"{n:,}" for n in (of.sheets, of.lines, of.wrong, of.too_few, of.above, of.silent, of.hard_to_tell))]
        for words, of in results.honest.items()
    ]
    heads = ["honest students' numbers are", "sheets", "lines", "marked wrong", "wrongly too few digits"]
    heads += [
        "too few digits by short numbers above",
        "W' written as W, and a bare 1",
        "too few lines to tell cut from rounded",
    ]
    table(heads, rows)
    for of in results.honest.values():
        for example in of.examples:
            click.echo(f"    {example}")


def print_mistakes(results: Results) -> None:
    def row(words: str, of: Mistaken) -> list[str]:
        kept = share(of.others - of.lost, of.others)
        shares = [share(of.found, of.sheets), share(of.named, of.places), share(of.alone, of.places)]
        return [words, f"{of.sheets:,}", *shares, kept, share(of.trivial, of.others)]

    heads = ["mistakes on a sheet", "sheets", "found in their lines", "named", "alone", "other lines right or follow"]
    table([*heads, "of them for nothing"], [row("one", results.one), row("two", results.pairs)])
    click.echo("Missed most often: " + ", ".join(f"{what} ({n})" for what, n in results.one.missed.most_common(5)))
    click.echo()


def print_rules(results: Results) -> None:
    honest = [results.honest["rounded"], results.honest["cut off"]]
    compared, changed = sum(of.compared for of in honest), results.changed

    def row(words: str, name: str, rejected: int) -> list[str]:
        accepted = [share(changed.accepted[what][name], changed.compared) for what in ("zero", "sign")]
        return [words, share(rejected, compared), share(results.one.accepted[name], results.one.compared), *accepted]

    rows = [row(name, name, sum(of.rejected[name] for of in honest)) for name in RULES]
    rows.append(row(OURS, "own", sum(of.wrong for of in honest)))
    heads = ["a number is right if", "honest lines rejected", "mistakes accepted", "0 accepted on the way back"]
    table([*heads, "wrong sign accepted there"], rows)


def print_bluffs(results: Results) -> None:
    rows = [
        [
            words,
            f"{of.lines:,}",
            *(share(part, of.lines) for part in (of.lucky, of.handed_on, of.too_few, of.corrected, of.earned)),
        ]
        for words, of in results.bluffs.items()
    ]
    heads = ["written without working", "lines", "is the right number", "taken over by the formula, follows"]
    table([*heads, "too few digits", "right on replaced numbers", "else follows"], rows)


@click.command(help=__doc__)
@click.option("--sheets", default=100_000, show_default=True, type=click.IntRange(100), help="How many honest ones.")
@click.option("--recipes", is_flag=True, help="The shipped recipes in place of nets with layers.")
def main(sheets: int, *, recipes: bool) -> None:
    start = time.monotonic()
    results = simulate(sheets, recipes=recipes)
    for show in (print_honest, print_mistakes, print_rules, print_bluffs):
        show(results)
    missed = list(results.missed_aims())
    for aim in missed:
        click.echo(f"MISSED: {aim}")
    click.echo(f"{time.monotonic() - start:.0f} s")
    if missed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
