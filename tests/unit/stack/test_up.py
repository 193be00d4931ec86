"""`stack up` where it cannot start: exit codes, the next step, and nothing left running."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness import generate
from monitoring_operator.cli.main import cli
from monitoring_operator.stack.programs import VARIABLE

EXAMPLE = generate.EXAMPLES / "ga4-analytics.yaml"


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A folder with a Prometheus and an Alertmanager that end at once with a complaint."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("prometheus", "alertmanager"):
        (folder / name).write_text("#!/bin/sh\necho no good configuration\nexit 1\n")
        (folder / name).chmod(0o755)
    return folder


def up(*args: str | Path) -> Result:
    """`monitoring-operator stack up ...` in this process."""
    return CliRunner().invoke(cli, ["stack", "up", *map(str, args)])


def test_a_program_that_ends_is_quoted(bin_folder: Path) -> None:
    """Its last words are shown, since its log is gone with the data."""
    result = up(EXAMPLE, "--tools", bin_folder, "--prometheus-port", "29090", "--alertmanager-port", "29093")

    assert 1 == result.exit_code
    assert "has ended:\nno good configuration" in result.stderr


def test_a_port_that_is_taken_is_named(bin_folder: Path) -> None:
    """With the option that gives another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = up(EXAMPLE, "--tools", bin_folder, "--prometheus-port", str(port))

    assert 1 == result.exit_code
    assert f"port {port} is taken; end what listens there, or give another with --prometheus-port" in result.stderr


def test_missing_programs_and_bad_profiles_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 for what is not there, 1 for a profile that is not valid."""
    for variable in (VARIABLE, "XDG_CACHE_HOME", "PATH"):
        monkeypatch.setenv(variable, str(tmp_path))
    missing = up(EXAMPLE)
    invalid = up(generate.ROOT / "kind-config.yaml")

    assert (2, True) == (missing.exit_code, "https://prometheus.io/download/" in missing.stderr)
    assert (1, True) == (invalid.exit_code, "is not valid; nothing was started" in invalid.stderr)


def test_data_is_kept_where_it_is_wanted(bin_folder: Path, tmp_path: Path) -> None:
    """Configuration and logs are in the named folder, even of a start that failed."""
    up(EXAMPLE, "--tools", bin_folder, "--data", tmp_path / "data", "--prometheus-port", "29090", "--alertmanager-port", "29093")

    assert {"prometheus.yml", "alertmanager.yml", "alertmanager.log"} <= {p.name for p in (tmp_path / "data").iterdir()}
