"""Writes a stack's folder: credentials that were filled in and data stay, files of ours that are no longer needed go."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from monitoring_operator.stack.folder import DATA, MARK, File


class NotOurs(Exception):
    """The folder holds something else; the message says what to do."""


def write(folder: Path, files: Mapping[PurePosixPath, File]) -> list[PurePosixPath]:
    """Brings `folder` up to date; returns the credentials that are still to be filled in. Raises NotOurs and OSError."""
    _look_at(folder)
    (folder / "secrets").mkdir(parents=True, exist_ok=True, mode=0o700)
    # A container engine would make what is missing, as root.
    for name in (*(f"data/{name}" for name in DATA), "secrets/alertmanager", "secrets/prometheus", "rules", "grafana/dashboards"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path, file in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not file.secret:
            target.write_text(file.text, encoding="utf-8")
        elif not target.exists():
            target.touch(mode=0o600)
            target.write_text(file.text, encoding="utf-8")
    _prune(folder, files)
    return [path for path, file in files.items() if file.secret and (folder / path).read_text(encoding="utf-8") == file.text]


def _look_at(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        mark = folder / "compose.yaml"
        if not mark.is_file() or not mark.read_text(encoding="utf-8").startswith(MARK):
            raise NotOurs(f"{folder} holds something else; name an empty folder, or one that this command has written")


def _prune(folder: Path, files: Mapping[PurePosixPath, File]) -> None:
    wanted = {folder / path for path in files}
    for room in ("rules", "grafana"):
        for path in (folder / room).rglob("*"):
            if path.is_file() and path not in wanted:
                path.unlink()
