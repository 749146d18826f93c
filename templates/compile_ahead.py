"""What building a wheel does with the templates: they go into the package, and compiled ones beside them."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TemplatesAhead(BuildHookInterface[Any]):
    """A build hook of Hatch. An editable install has the templates where they are, and compiles them as it runs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Tell the builder which files go where; the compiled ones lie in a temporary folder until it has them."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from backproptable.render.compiled import COMPILED  # noqa: PLC0415 - of this checkout
        from backproptable.render.templates import compile_templates, template_folder, template_names  # noqa: PLC0415

        include, package = build_data["force_include"], Path(self.root, "backproptable")
        self._folder = TemporaryDirectory()
        for name in template_names():
            include[str(template_folder().joinpath(name))] = f"backproptable/templates/{name}"
        for name, python in compile_templates():
            path = Path(self._folder.name, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(python, encoding="utf-8", newline="\n")
            include[str(path)] = f"backproptable/{COMPILED.relative_to(package).as_posix()}/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Clear the temporary folder away."""
        if version != "editable":
            self._folder.cleanup()
