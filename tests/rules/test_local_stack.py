"""`monitoring-operator stack up` with the example application: targets up, rules loaded, a fault told to whom it concerns, a clean end."""

import functools
import itertools
import os
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import generate, hurry, tools
from harness.content import example
from harness.content.grafana import dashboards, expressions
from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.prometheus import Prometheus
from harness.controlplane import free_ports
from harness.documents import Page
from harness.process import Process
from harness.wait import wait_for

FILE = generate.EXAMPLES / "ga4_app" / "local.yaml"
_LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
"""127.0.0.1 and ::1 as /proc/net/tcp and tcp6 write them."""


@dataclass
class Stack:
    """The stack as a process of its own, with what it has said so far."""

    process: Process
    ports: tuple[int, int]
    temporary: Path

    @property
    def said(self) -> str:
        """Its output."""
        return self.process.log.read_text()

    def says(self, pattern: str, *, timeout: float = 90.0) -> None:
        """Wait until a line of its output matches."""
        wait_for(lambda: re.search(pattern, self.said, re.MULTILINE), what=f"{pattern!r} in {self.process.tail()}", timeout=timeout)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[example.Example]:
    """The example application with visitors."""
    with example.serving(tmp_path_factory.mktemp("app") / "app.log") as app, example.crowd(app):
        yield app


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, app: example.Example) -> Iterator[Stack]:
    """The stack of the example in a hurry, as README has it but for the ports."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / "tmp").mkdir()
    ports = free_ports(2)
    command = [sys.executable, "-m", "monitoring_operator", "stack", "up", str(FILE), f"--target={app.address}"]
    options = [f"--tools={tools.find('prometheus').parent}", f"--prometheus-port={ports[0]}", f"--alertmanager-port={ports[1]}"]
    environment = os.environ | {"TMPDIR": str(folder / "tmp"), "PYTHONUNBUFFERED": "1", "HTTP_PROXY": "http://127.0.0.1:9"}
    with Process([*command, *options], log=folder / "log", env=environment) as process:
        yield Stack(process, (ports[0], ports[1]), folder / "tmp")


def test_it_comes_up_and_says_where_to_look(stack: Stack) -> None:
    """Both programs are ready, the target is scraped, every rule is loaded, and each has its address."""
    for line in (
        rf"^✓ Prometheus is ready: http://localhost:{stack.ports[0]}$",
        rf"^✓ Alertmanager is ready: http://localhost:{stack.ports[1]}$",
        rf"^✓ {NAMESPACE}/{NAME} at 127\.0\.0\.1:\d+: scraped$",
        r"^✓ 21 alerts are loaded$",
    ):
        stack.says(line)

    assert "\033" not in stack.said


def test_targets_carry_the_clusters_labels(stack: Stack) -> None:
    """What the rules and dashboards select by is there, and no `endpoint` of the target's own."""
    prometheus = Prometheus(f"http://127.0.0.1:{stack.ports[0]}", window="10s")
    (target,) = wait_for(lambda: prometheus.ask("targets")["activeTargets"], what="a target")

    assert {"namespace": NAMESPACE, "job": NAME, "service": NAME}.items() <= target["labels"].items()
    assert "endpoint" not in target["labels"]


def test_nothing_listens_beyond_loopback(stack: Stack) -> None:
    """Every listening socket of the stack's processes is on the loopback address."""
    stack.says("Alertmanager is ready")
    pids = descendants(stack.process.pid)
    inodes = {link[8:-1] for pid in pids for link in links(pid) if link.startswith("socket:[")}
    rows = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    listening = {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}

    assert listening
    assert listening <= _LOOPBACK


def test_faults_reach_those_who_are_told(stack: Stack, app: example.Example) -> None:
    """A critical alert pages, a warning writes to the channel, each with its summary; the end of a fault is told too."""
    for fault in hurry.FAULTS:
        app.switch(fault, on=True)
    stack.says(r"^✗ firing: Ga4ApiHighErrorRate")
    stack.says(rf"^→ PagerDuty is told \({NAMESPACE}/{NAME}/critical\):\n    FIRING: GA4 API calls are failing\.")
    stack.says(
        rf"^→ Slack is told \({NAMESPACE}/{NAME}/warning\):\n    in #alerts\n    WARNING: Many server-sent event connections are open"
    )
    app.switch("sse-high", on=False)
    stack.says(r"^✓ over: SseConnectionsHigh")


def test_readme_shows_what_is_printed(stack: Stack, app: example.Example) -> None:
    """The commands are there, and every line that is shown after them is printed, with the fault that they switch on."""
    readme = Page(generate.ROOT / "README.md")
    ((up, fault),) = [(u, c) for u, c in itertools.pairwise(readme.commands()) if u.words[:3] == ("monitoring-operator", "stack", "up")]
    (shown,) = readme.blocks("text")
    assert FILE == generate.ROOT / up.words[3]
    app.switch(str(fault.words[-1]).rpartition("/")[2], on=True)
    ports = {"9090": str(stack.ports[0]), "9093": str(stack.ports[1]), "localhost:8000": app.address}
    for line in shown.text.splitlines():
        stack.says(f"^{re.escape(functools.reduce(lambda text, pair: text.replace(*pair), ports.items(), line))}$")


def test_dashboards_queries_answer(stack: Stack) -> None:
    """Prometheus takes every query of every dashboard, and most have something to show after a few seconds."""
    prometheus = Prometheus(f"http://127.0.0.1:{stack.ports[0]}", window="10s")
    stack.says(r": scraped$")
    now = prometheus.ask("query", query="time()")["result"][0]
    queries = [expression for board in dashboards(profile()).values() for _, expression in expressions(board)]
    filled = [query for query in queries if prometheus.at(query, now)]

    assert len(filled) > 0.7 * len(queries)


def test_it_ends_clean(stack: Stack) -> None:
    """Ctrl-C ends every process, takes the data away and is no failure. (The last test: nothing runs after it.)"""
    pids = descendants(stack.process.pid)
    stack.process.send(signal.SIGINT)

    assert 0 == stack.process.wait(30)
    assert "stopped" == stack.said.splitlines()[-1]
    assert [] == list(stack.temporary.iterdir())
    assert [] == [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def descendants(pid: int) -> list[int]:
    """A process and all that it started."""
    children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return [pid, *(p for child in children for p in descendants(child))]


def links(pid: int) -> list[str]:
    """What a process has open."""
    return [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
