"""How findings are printed: for people at a terminal, for files, and for programs."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from monitoring_operator.cli.report import as_data, print_document, print_findings
from monitoring_operator.doctor import Finding, Level

FINDINGS = [
    Finding(Level.GOOD, "Kubernetes", "is 1.34."),
    Finding(Level.WARNING, "Grafana", "reads no folder.", "helm upgrade ... --set a=b"),
    Finding(Level.BAD, "CRD", "is not installed.", "first\nsecond"),
]


class Screen(io.TextIOWrapper):
    """Standard output as a terminal with an encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)

    def isatty(self) -> bool:
        return True

    def shown(self) -> str:
        """What was printed."""
        buffer: Any = self.buffer
        return str(buffer.getvalue().decode(self.encoding))


def shown(monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> str:
    """The findings on a terminal."""
    screen = Screen(encoding)
    monkeypatch.setattr("sys.stdout", screen)
    print_findings(FINDINGS)
    return screen.shown()


def test_in_a_file_it_is_plain_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    """A word instead of a sign, aligned, each mend below its line, no colour."""
    print_findings(FINDINGS)

    assert [
        "ok   Kubernetes: is 1.34.",
        "warn Grafana: reads no folder.",
        "       helm upgrade ... --set a=b",
        "FAIL CRD: is not installed.",
        "       first",
        "       second",
    ] == capsys.readouterr().out.splitlines()


def test_on_a_terminal_there_are_signs_and_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Green, yellow and red."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = shown(monkeypatch)

    assert ["\x1b[32m\u2713\x1b[0m Kubernetes: is 1.34.", "\x1b[33m!\x1b[0m Grafana: reads no folder."] == text.splitlines()[:2]
    assert "\x1b[31m\u2717\x1b[0m CRD" in text


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://no-color.org: the signs stay, the colours go."""
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(monkeypatch)

    assert "\u2713 Kubernetes" in text
    assert "\x1b" not in text


def test_a_terminal_without_unicode_gets_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be encoded must not end the command."""
    monkeypatch.setenv("NO_COLOR", "1")

    assert shown(monkeypatch, "ascii").startswith("ok   Kubernetes")


@pytest.mark.parametrize(("output", "load"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_programs_get_the_same(capsys: pytest.CaptureFixture[str], output: str, load: Callable[[str], Any]) -> None:
    """Level, subject, message and mend of each."""
    print_document({"findings": as_data(FINDINGS)}, output)
    found = load(capsys.readouterr().out)["findings"]

    assert {"level": "warning", "subject": "Grafana", "message": "reads no folder.", "mend": "helm upgrade ... --set a=b"} == found[1]
    assert ["good", "warning", "bad"] == [f["level"] for f in found]
