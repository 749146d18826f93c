"""The shipped templates as Python modules, so that a run need not compile them: a wheel has them, a checkout not.

They are found by what the template says and by the version of Jinja: a template that was changed since, or another
Jinja, is compiled from the template as ever.
"""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Final

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

__all__ = ["COMPILED", "CompiledAhead", "compiled_file"]

COMPILED: Final = Path(__file__).with_name("compiled_templates")
"""The folder of these modules; none imports it by its name."""


def compiled_file(checksum: str) -> str:
    """Where in the folder the module of a template stands; `checksum` is Jinja's, of its source."""
    return f"jinja_{jinja2.__version__.replace('.', '_')}/t{checksum}.py"


class CompiledAhead(BytecodeCache):
    """Jinja's cache of compiled templates, filled when the wheel was built and never after."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the module, if there is one; Python keeps its bytecode as that of all modules."""
        path = COMPILED / compiled_file(bucket.checksum)
        if path.is_file():
            bucket.code = SourceFileLoader(path.stem, str(path)).get_code(path.stem)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep nothing: a program that runs writes nothing beside itself."""
