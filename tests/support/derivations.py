"""Writes the derivatives that SymPy finds into the package: for maintainers, after a change of `calculus`."""

from __future__ import annotations

import re
from pathlib import Path

from backproptable.nets.by_sympy import all_forms

__all__ = ["derived_source"]

HEAD = '''"""The derivatives of the tables in `calculus`, as SymPy has found them.

Made by ``tests/support/derivations.py``, and kept, so that SymPy need not be loaded for them; a test compares them
with what SymPy finds.
"""

from __future__ import annotations

from typing import Final

from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Power, Product, Quotient, Ref, Sum

__all__ = ["DERIVED"]

'''


_FIELDS = "text|to|arg|terms|factors|top|bottom|base|exponent|function|args|then|otherwise|above"


def derived_source() -> str:
    """The module, not yet formatted."""
    lines = "\n".join(f"    {name!r}: {forms!r}," for name, forms in all_forms().items())
    table = f"DERIVED: Final[dict[str, tuple[Formula, ...]]] = {{\n{lines}\n}}"
    words = '"""By what they are of and its name, each in its forms, the printed one last."""'
    bare = re.sub(rf"\b(?:{_FIELDS})=", "", table)
    return f"{HEAD}{bare}\n{words}\n"


if __name__ == "__main__":
    (Path(__file__).parents[2] / "backproptable" / "derived.py").write_text(derived_source(), encoding="utf-8")
