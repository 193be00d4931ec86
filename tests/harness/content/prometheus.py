"""A real Prometheus process and what it answers: queries are run, not only read."""

import json
import signal
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from harness import tools
from harness.content.profiles import NAME, NAMESPACE
from harness.controlplane import free_ports
from harness.process import Process
from harness.wait import wait_for

Answer = list[tuple[dict[str, str], list[float]]]
"""Series with their values."""


class QueryError(AssertionError):
    """Prometheus refused a query; the message is its own."""


class Prometheus:
    """A running Prometheus. `window` stands in for Grafana's rate interval; `process` is there if it is one of ours."""

    def __init__(self, url: str, *, window: str, process: Process | None = None) -> None:
        self.url = url
        self._process = process
        self.chosen = {
            "$__rate_interval": window,
            "$namespace": NAMESPACE,
            "$job": NAME,
            "$instance": ".+",
            "$tenant": ".*",
        }

    def reload(self) -> None:
        """Has it read its configuration again; when it has done so it does not say."""
        assert self._process is not None
        self._process.send(signal.SIGHUP)

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer. Raises QueryError."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise QueryError(f"{parameters}: {error.read().decode()}") from error

    def fill(self, expression: str) -> str:
        """The expression as Grafana sends it when a dashboard opens."""
        for variable, value in self.chosen.items():
            expression = expression.replace(variable, value)
        return expression

    def at(self, expression: str, time: float) -> Answer:
        """The expression's values at one time."""
        data = self.ask("query", query=self.fill(expression), time=str(time))
        if data["resultType"] == "scalar":
            return [({}, [float(data["result"][1])])]
        return [(series["metric"], [float(series["value"][1])]) for series in data["result"]]

    def between(self, expression: str, start: float, end: float, step: int) -> Answer:
        """The expression's values every `step` seconds."""
        data = self.ask("query_range", query=self.fill(expression), start=str(start), end=str(end), step=str(step))
        return [(series["metric"], [float(value) for _, value in series["values"]]) for series in data["result"]]


@contextmanager
def running(folder: Path, config: Mapping[str, Any], *, window: str) -> Iterator[Prometheus]:
    """A Prometheus with this configuration, its data in `folder`/data."""
    path = folder / "prometheus.yaml"
    path.write_text(yaml.safe_dump(dict(config)))
    (port,) = free_ports(1)
    command = [
        str(tools.find("prometheus")),
        f"--config.file={path}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)

    with Process(command, log=folder / "prometheus.log") as process:
        wait_for(ready, what="Prometheus is ready", timeout=60)
        assert process.exit_code is None, process.tail()
        yield Prometheus(url, window=window, process=process)
