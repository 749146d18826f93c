"""Have simulated students of many habits fill in drawn sheets, and mark what they wrote, as text.

    python tests/simulations/habits.py [--sheets 40]

`tests/support/habits.py` says how they work; each habit is tried on eight kinds of nets, without a
mistake and with exactly one registered mistake that is carried through. The tables are Markdown. Ends
with exit code 1 where an honest line is called wrong, or more than one in a thousand beside a mistake,
or where a sheet of one number earns 5 % or more.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.habits import CONSTANTS, HABITS, NETS, Outcome, simulate


def share(part: int, whole: int) -> str:
    return "-" if not whole else f"{100 * part / whole:.2f} %"


def mean(of: Outcome) -> float:
    return sum(of.earned) / max(len(of.earned), 1)


def rows(sheets: int) -> Iterator[tuple[str, str]]:
    """A row of the table for each habit, and what it misses."""
    for habit in HABITS:
        alone = simulate(habit, sheets, with_mistake=False)
        beside = simulate(habit, sheets, with_mistake=True)
        cells = [
            habit.words,
            f"{alone.lines:,}",
            str(alone.rejected),
            f"{100 * mean(alone):.1f} %",
            f"{beside.made:,}",
            share(beside.found, beside.made),
            share(beside.named, beside.made),
            f"{beside.rejected} of {beside.lines:,}",
        ]
        missed = ""
        if alone.rejected or beside.rejected >= 0.001 * beside.lines:
            missed = f"{habit.words}: {alone.rejected}, {beside.rejected} honest lines called wrong"
        yield f"| {' | '.join(cells)} |", missed
        for example in (*alone.examples, *beside.examples):
            click.echo(f"    {habit.words}: {example}", err=True)


@click.command(help=__doc__)
@click.option("--sheets", default=40, show_default=True, type=click.IntRange(1), help="Of each habit and net.")
def main(sheets: int) -> None:
    start, missed = time.monotonic(), []
    click.echo(f"{sheets} sheets of each of {len(NETS)} nets.\n")
    heads = ["students", "lines", "called wrong", "earn", "one mistake", "found", "named", "other lines called wrong"]
    click.echo(f"| {' | '.join(heads)} |\n|:--{'|--:' * (len(heads) - 1)}|")
    for row, miss in rows(sheets):
        click.echo(row)
        missed += [miss] * bool(miss)
    click.echo("\n| little work | sheets | earn | need a person |\n|:--|--:|--:|--:|")
    for habit in CONSTANTS:
        of = simulate(habit, sheets, with_mistake=False)
        click.echo(f"| {habit.words} | {of.sheets} | {100 * mean(of):.1f} % | {of.persons} |")
        if "everywhere" in habit.words and mean(of) >= 0.05:
            missed.append(f"{habit.words} earns {mean(of):.1%}")
    click.echo("".join(f"\nMISSED: {miss}" for miss in missed))
    click.echo(f"\n{time.monotonic() - start:.0f} s")
    if missed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
