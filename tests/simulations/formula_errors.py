"""Have lines of whole sheets worked by wrong formulas, written wrongly, or not worked at all, and see what is said.

    python tests/simulations/formula_errors.py [--sheets 600]

One line is wrong on each sheet; what comes after it is worked on its number. The changes of formulas
(`tests/support/formula_errors.py`) know nothing of what can be named. The tables are Markdown. Ends with exit
code 1 where less is named than is aimed at.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.naming import KINDS, NAMED, SAID, WAYS, Said, missed_aims, together, total

HEADS = ["", "lines", "named", "or a set-up", *SAID, "that is true", "not flagged", "other lines flagged"]


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def row(words: str, said: Said) -> list[str]:
    told = said.flagged - said.lines["nothing"]
    true = percent(said.true.total() / told) if told else "-"
    named = [percent(said.share(*NAMED)), percent(said.share(*NAMED, "set-up"))]
    each = [percent(said.share(word)) for word in SAID]
    return [words, f"{said.flagged:,}", *named, *each, true, str(said.agreed), f"{said.lost} of {said.others:,}"]


@click.command(help=__doc__)
@click.option("--sheets", default=600, show_default=True, type=click.IntRange(6), help="How many for each net.")
def main(sheets: int) -> None:
    start, totals = time.monotonic(), {}
    for words, way in WAYS.items():
        table = together(way(of, sheets, topic) for topic, of in KINDS.items())
        totals[words] = whole = total(table)
        lines = [row(kind, table[kind]) for kind in sorted(table)] if len(table) > 1 else []
        click.echo("| " + " | ".join([words, *HEADS[1:]]) + " |")
        click.echo("|:--" + "|--:" * (len(HEADS) - 1) + "|")
        for cells in (*lines, row("all", whole)):
            click.echo("| " + " | ".join(cells) + " |")
        most = ", ".join(f"{code} ({count})" for code, count in whole.codes.most_common(12))
        click.echo(f"\nSaid most often: {most}\n")
    missed = list(missed_aims(totals))
    for aim in missed:
        click.echo(f"MISSED: {aim}")
    click.echo(f"{time.monotonic() - start:.0f} s")
    if missed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
