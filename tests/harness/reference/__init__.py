"""Pages of the documentation, and a picture, that are made from what they describe."""

from collections.abc import Mapping
from pathlib import Path

from harness.reference import commands, fields, names, picture, runbooks

FOLDER = Path(__file__).parents[3] / "docs"


def pages() -> Mapping[Path, str]:
    """Every page by its path."""
    made = {
        "reference/profile.md": fields.page,
        "reference/command-line.md": commands.page,
        "reference/conditions.md": names.page,
        "runbooks.md": runbooks.page,
        "images/get-mprof.svg": picture.picture,
    }
    return {FOLDER / name: page() for name, page in made.items()}
