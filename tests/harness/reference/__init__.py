"""Pages of the documentation that are made from what they describe."""

from collections.abc import Mapping
from pathlib import Path

from harness.reference import commands, fields, names, runbooks

FOLDER = Path(__file__).parents[3] / "docs"


def pages() -> Mapping[Path, str]:
    """Every page by its path."""
    made = {
        "reference/profile.md": fields.page,
        "reference/command-line.md": commands.page,
        "reference/conditions.md": names.page,
        "runbooks.md": runbooks.page,
    }
    return {FOLDER / name: page() for name, page in made.items()}
