"""Draw ten thousand sheets over many kinds of nets and judge every one of them.

    python tests/simulations/drawn_sheets.py [--sheets 10000]

The judge (`tests/support/good_sheet.py`) works from the texts on the sheets and shares nothing with
the drawing. Ends with exit code 1 where a sheet is not a good one, or two are alike.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.drawn import KINDS, simulate

COLUMNS = "{:<26}{:>7}{:>7}{:>12}{:>8}{:>8}{:>8}{:>8}{:>11}"
RULES = {"units": "units", "dead_units": "dead", "corner": "corner", "loss_falls_by": "loss"}
"""Rules that get a word of their own in the last column; the others have a column."""

LEGEND = """All rules were judged on every sheet, mistakes included.
lines: numbers worked with a mistake, per sheet. let go: those that are not asked to show.
Redraws: hides: a mistake would hide; 1 %: a printed gradient is further off; tie: a rounding tie is near."""


@click.command(help=__doc__)
@click.option("--sheets", default=10_000, show_default=True, type=click.IntRange(1), help="How many, over all nets.")
def main(sheets: int) -> None:
    start = time.monotonic()
    share, more = divmod(sheets, len(KINDS))
    click.echo(
        COLUMNS.format("net", "sheets", "lines", "draws each", "hides", "1 %", "tie", "let go", "violations")
        + "   other redraws"
    )
    total, violations = 0, 0
    for place, (name, kind) in enumerate(KINDS.items()):
        students = [str(number) for number in range(share + (place < more))]
        if not students:
            continue
        outcome = simulate(kind, students)
        found = len(outcome.faults) + outcome.alike
        total, violations = total + outcome.sheets, violations + found
        redraws = outcome.redraws
        others = {code: count for code, count in redraws.items() if code not in ("confused", "paper_gap", "tie")}
        click.echo(
            COLUMNS.format(
                name,
                outcome.sheets,
                len(kind.judge.lines),
                f"{outcome.attempts / outcome.sheets:.1f}",
                redraws["confused"],
                redraws["paper_gap"],
                redraws["tie"],
                len(kind.drawing.let_go),
                found,
            )
            + "   "
            + ", ".join(f"{RULES.get(code, code)} {count}" for code, count in others.items())
        )
        for (rule, where), count in Counter((fault.rule, fault.where) for fault in outcome.faults).most_common(5):
            click.echo(f"    {rule}: {where} on {count} sheets")
        if outcome.alike:
            click.echo(f"    {outcome.alike} sheets are like another")
    click.echo(f"{total} sheets, {violations} violations, {time.monotonic() - start:.0f} s. {LEGEND}")
    if violations:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
