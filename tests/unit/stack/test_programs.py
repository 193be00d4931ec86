"""Programs are looked for where somebody says first, and whoever has none is told where to get them."""

from pathlib import Path

import pytest

from monitoring_operator.stack.programs import VARIABLE, ProgramMissing, find


def program(folder: Path) -> Path:
    """An executable `prometheus` in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "prometheus"
    path.touch(mode=0o755)
    return path


def test_the_named_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--tools, then the variable, then what `make tools` has compiled, then PATH."""
    places = [tmp_path / name for name in ("tools", "variable", "cache/monitoring-operator/tools/bin", "path")]
    monkeypatch.setenv(VARIABLE, str(places[1]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(places[3]))
    programs = [program(place) for place in places]
    for expected in programs:
        assert expected == find("prometheus", places[0])
        expected.unlink()


def test_what_is_missing_is_said_with_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next step stands in the message; a file that cannot be executed is no program."""
    for variable in (VARIABLE, "XDG_CACHE_HOME", "PATH"):
        monkeypatch.setenv(variable, str(tmp_path))
    program(tmp_path).chmod(0o644)
    with pytest.raises(ProgramMissing, match=r"prometheus is neither where --tools .* https://prometheus.io/download/"):
        find("prometheus", None)
