"""Wrong formulas of dropout: what goes through a mask, forward or back, with another mask or share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backproptable.formulas.formula import Formula, Num, Product, Quotient, Ref
from backproptable.formulas.names import Address
from backproptable.mistakes.wrong_formulas import Line

__all__ = ["times_share", "without_mask", "without_share"]


def without_mask(line: Line) -> Iterator[Formula]:
    """Every unit kept."""
    yield from _through_mask(line, lambda _: None, lambda share: share)


def without_share(line: Line) -> Iterator[Formula]:
    """What is kept is not divided by the share that is kept."""
    yield from _through_mask(line, lambda mask: mask, lambda _: None)


def times_share(line: Line) -> Iterator[Formula]:
    """What is kept is multiplied by the share that is kept, where it is to be divided."""
    for formula in without_share(line):
        if formula != line.formula:
            yield Product((formula, Num(f"{line.net.kept_share(line.layer):f}")))


def _through_mask(
    line: Line, mask_of: Callable[[Formula], Formula | None], share_of: Callable[[Formula], Formula | None]
) -> Iterator[Formula]:
    """What goes through a mask, forward or back, with another mask or share or none: times mask, divided by share."""
    match line.formula:
        case Quotient(Product((through, Ref(Address("m")) as mask)), share):
            found: tuple[Formula, Formula, Formula | None] = through, mask, share
        case Product((through, Quotient(Ref(Address("m")) as mask, share))):
            found = through, mask, share
        case Product((through, Ref(Address("m")) as mask)):
            found = through, mask, None
        case _:
            return
    through, old_mask, old_share = found
    new_mask, new_share = mask_of(old_mask), None if old_share is None else share_of(old_share)
    top = through if new_mask is None else Product((through, new_mask))
    yield top if new_share is None else Quotient(top, new_share)
