"""What has changed since the same sheets were marked before: another policy, a corrected key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from backproptable.marking.marked import MarkedSheet

__all__ = ["changes"]


def changes(before: str, sheets: Sequence[MarkedSheet]) -> list[str]:
    """A line for each sheet and each verdict that is not what the report `before` (its JSON) says; empty if none is.

    A report that cannot be read counts as none: it is about to be replaced.
    """
    try:
        old = {sheet["sheet"]: sheet for sheet in json.loads(before)["sheets"]}
        return [line for sheet in sheets for line in _of_sheet(old.pop(sheet.sheet, None), sheet)] + [
            f"{name}: was marked before and is not there any more" for name in old
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _of_sheet(old: dict[str, Any] | None, sheet: MarkedSheet) -> Iterator[str]:
    if old is None:
        yield f"{sheet.sheet}: is new"
        return
    if old["score"] != float(sheet.points):
        yield f"{sheet.sheet}: {old['score']:g} points before, {float(sheet.points):g} now"
    verdicts = {cell["name"]: cell["verdict"] for cell in old["cells"]}
    for cell in sheet.cells:
        if (was := verdicts.get(cell.name)) != cell.verdict:
            yield f"{sheet.sheet}: {cell.name} {was or 'not there'} before, {cell.verdict} now"
