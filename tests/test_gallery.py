"""The pieces that visitors read are those that the program makes."""

from __future__ import annotations

import re
from pathlib import Path

from backproptable.commands.gallery import make_gallery

GALLERY = Path(__file__).parents[1] / "output" / "gallery"


def test_the_gallery_is_what_the_command_makes():
    made = make_gallery()
    kept = {path.name: path.read_text(encoding="utf-8") for path in GALLERY.iterdir()}
    assert sorted(kept) == sorted(made), "remake it: backproptable gallery -o output/gallery"
    for name, text in made.items():
        assert kept[name] == text, f"{name} has changed; remake it: backproptable gallery -o output/gallery"


def test_the_index_leads_to_every_piece_and_the_readme_to_the_index():
    links = re.findall(r"\]\((.+?)\)", make_gallery()["README.md"])
    assert sorted([*links, "README.md"]) == sorted(make_gallery())
    readme = (GALLERY.parents[1] / "README.md").read_text(encoding="utf-8")
    assert "(output/gallery/README.md)" in readme
