"""Errors reach Sentry, but no more than ten in an hour, however often the process is started."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from monitoring_operator.cli import error_reports
from monitoring_operator.cli.error_reports import Budget


class Received(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """One envelope more."""
        event = envelope.get_event()
        if event is not None:
            self.events.append(dict(event))


@pytest.fixture
def received(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    """Sentry with a transport that goes nowhere; switched off afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    transport = Received()
    yield transport
    sentry_sdk.init()


def life(transport: Received) -> None:
    """A process that starts, meets the outage with every kind of error, and ends."""
    error_reports.set_up(dsn="https://key@sentry.example.com/1", transport=transport)
    for attempt in range(20):
        logging.getLogger("kopf._cogs.clients.watching").error("Request attempt #%d/9 failed", attempt)
        logging.getLogger("monitoring_operator.queue").error("reconciling shop/web failed for the %dth time", attempt)


def test_an_hour_of_outage_costs_ten_events(received: Received) -> None:
    """Over 40 restarts, and none of the ten is one of kopf's single attempts."""
    for _ in range(40):
        life(received)

    assert 10 == len(received.events)
    assert {"monitoring_operator.queue"} == {e["logger"] for e in received.events}


def test_after_the_hour_there_are_ten_more(tmp_path: Path) -> None:
    """A sliding hour: as old ones leave it, new ones may come."""
    now = [0.0]
    budget = Budget(tmp_path / "sent", clock=lambda: now[0])
    passed = []
    for minute in range(240):
        now[0] = minute * 60.0
        if budget.before_send({}, {}) is not None:
            passed.append(minute)

    assert [*range(10), *range(60, 70), *range(120, 130), *range(180, 190)] == passed


def test_a_clock_that_is_set_back_does_not_silence_it(tmp_path: Path) -> None:
    """Times in the future are not counted."""
    later = Budget(tmp_path / "sent", clock=lambda: 1e9)
    while later.before_send({}, {}) is not None:
        pass

    assert {} == Budget(tmp_path / "sent", clock=lambda: 1e6).before_send({}, {})


@pytest.mark.parametrize("text", ["", "no json", '{"a": 1}', '["x", null]'])
def test_a_file_that_makes_no_sense_is_no_reason_to_fail(tmp_path: Path, text: str) -> None:
    """It is begun anew."""
    (tmp_path / "sent").write_text(text)

    assert {} == Budget(tmp_path / "sent").before_send({}, {})


def test_a_file_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """The count then holds for this process."""
    budget = Budget(tmp_path / "no such folder" / "sent", clock=lambda: 1.0)

    assert 10 == sum(budget.before_send({}, {}) is not None for _ in range(20))
