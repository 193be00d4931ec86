"""The example application under load, its faults switched on and off by a script, scraped every second by a real Prometheus."""

import http.client
import itertools
import math
import random
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.prometheus import Prometheus, running
from harness.controlplane import free_ports
from harness.process import Process
from harness.wait import wait_for
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules

FOLDER = Path(__file__).parents[3] / "examples" / "ga4_app"
INSTANCE = "10.244.0.17:8000"
"""The address as it would be in a cluster, whatever port of this machine it is."""
TENANTS = {"acme": "1001", "globex": "2001"}


class Example:
    """A running example application with visitors; `base` is its address."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.pause = 0.0
        """Seconds that the visitors wait after each request."""

    @property
    def address(self) -> str:
        """Host and port."""
        return self.base.removeprefix("http://")

    def switch(self, fault: str, *, on: bool) -> None:
        """Switch a fault on or off."""
        request = urllib.request.Request(f"{self.base}/faults/{fault}", method="PUT" if on else "DELETE")
        urllib.request.urlopen(request, timeout=10).close()

    def ask(self, path: str) -> None:
        """One request, which may fail: faults are switched on, and a busy machine may answer too late."""
        with suppress(OSError, http.client.HTTPException), urllib.request.urlopen(f"{self.base}{path}", timeout=10) as answer:
            answer.read()

    def visit(self, stop: threading.Event) -> None:
        """Ask for everything the application offers, over and over."""
        for number in itertools.count():
            for tenant, prop in TENANTS.items():
                report = f"properties/{prop}/report?days={number % 80 + 1}"
                for path in (report, "search?q=sessions", f"search?q=zz{number}", "stream?events=3&pause=0.01"):
                    if stop.wait(self.pause):
                        return
                    self.ask(f"/v1/tenants/{tenant}/{path}")


@contextmanager
def visited(folder: Path, *, visitors: int = 1, rules: Mapping[str, Any] | None = None) -> Iterator[tuple[Example, Prometheus]]:
    """The application with its visitors, and a Prometheus that scrapes it each second with the profile's rules loaded.

    `rules` is the profile's word on its alerts.
    """
    (manifest,) = render_prometheus_rules(profile(scrape={"interval": "1s"}, alerts={"rules": dict(rules or {})}), Inputs())
    (folder / "rules.yaml").write_text(yaml.safe_dump(manifest.body["spec"]))
    with serving(folder / "app.log") as example, crowd(example, visitors):
        target = {"targets": [example.address], "labels": {"namespace": NAMESPACE, "job": NAME, "instance": INSTANCE}}
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(folder / "rules.yaml")],
            "scrape_configs": [{"job_name": NAME, "static_configs": [target]}],
        }
        with running(folder, config, window="10s") as prometheus:
            yield example, prometheus


@contextmanager
def serving(log: Path) -> Iterator[Example]:
    """The application on a free port, once it answers."""
    (port,) = free_ports(1)
    example = Example(f"http://127.0.0.1:{port}")
    server = [sys.executable, "-m", "uvicorn", "ga4_app.main:app", f"--app-dir={FOLDER}", f"--port={port}", "--log-level=warning"]
    with Process(server, log=log) as app:

        def answers() -> bool:
            assert app.exit_code is None, app.tail()
            with urllib.request.urlopen(f"{example.base}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)

        wait_for(answers, what="the application answers", timeout=60)
        yield example


@contextmanager
def crowd(example: Example, visitors: int = 1) -> Iterator[None]:
    """Visitors for the length of a `with`."""
    stop = threading.Event()
    threads = [threading.Thread(target=example.visit, args=(stop,)) for _ in range(visitors)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def play(example: Example, seconds: float, faults: Sequence[tuple[float, float, str]]) -> None:
    """`seconds` of traffic that comes in waves, with `faults` as (from, to, name) in seconds from the beginning."""
    started = time.monotonic()
    dice, on = random.Random(7), set[str]()
    while (now := time.monotonic() - started) < seconds:
        wave = 1 + math.sin(now / 40) * 0.5 + dice.random() * 0.3
        example.pause = 0.12 / max(0.2, wave)
        wanted = {name for begin, end, name in faults if begin <= now < end}
        for name in on ^ wanted:
            example.switch(name, on=name in wanted)
        on = wanted
        time.sleep(1)
