"""A stack as processes of this machine: Prometheus, Alertmanager and stand-ins for those who are told, on the loopback address."""

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from monitoring_operator import yaml_output
from monitoring_operator.alertmanager.document import load
from monitoring_operator.stack import prometheus
from monitoring_operator.stack.parts import PLACEHOLDER, Parts
from monitoring_operator.stack.process import Process
from monitoring_operator.stack.stand_ins import Notification, listening, redirected


class CannotRun(Exception):
    """The stack cannot be started, or part of it has ended; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a stack of processes is started with: programs, ports, a folder for data, and real credentials' folder if there is one."""

    prometheus: Path
    alertmanager: Path
    folder: Path
    prometheus_port: int = 9090
    alertmanager_port: int = 9093
    secrets: Path | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that runs: where it is."""

    prometheus: str
    alertmanager: str
    processes: tuple[Process, ...]

    def check(self) -> None:
        """Raises CannotRun if one of the processes has ended."""
        for process in self.processes:
            if process.exit_code is not None:
                raise CannotRun(f"{process.name} has ended:\n{process.tail(20)}")


@contextlib.contextmanager
def running(
    parts: Parts, targets: Mapping[str, Sequence[str]], setting: Setting, told: Callable[[Notification], None]
) -> Iterator[Running]:
    """The stack of `parts` for the length of a `with`; `told` hears, from another thread, what would be sent. Raises CannotRun, OSError."""
    for name, port in (("prometheus", setting.prometheus_port), ("alertmanager", setting.alertmanager_port)):
        _must_be_free(name, port)
    with contextlib.ExitStack() as stack:
        stand_ins = stack.enter_context(listening(told))
        alertmanager = stack.enter_context(_alertmanager(parts, setting, stand_ins))
        server = stack.enter_context(_prometheus(parts, targets, setting))
        yield Running(
            f"http://localhost:{setting.prometheus_port}", f"http://localhost:{setting.alertmanager_port}", (alertmanager, server)
        )


def _alertmanager(parts: Parts, setting: Setting, stand_ins: str) -> Process:
    folder = setting.secrets.absolute() / "alertmanager" if setting.secrets else Path()
    given = [key for key in parts.notifications.files if setting.secrets and _filled_in(folder / key)]
    config = setting.folder / "alertmanager.yml"
    config.write_text(yaml_output.document(redirected(load(parts.notifications.config), stand_ins, str(folder), given)), encoding="utf-8")
    command: list[str | Path] = [
        setting.alertmanager,
        f"--config.file={config}",
        f"--storage.path={setting.folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{setting.alertmanager_port}",
        f"--web.external-url=http://localhost:{setting.alertmanager_port}",
        "--cluster.listen-address=",
    ]
    return Process(command, log=setting.folder / "alertmanager.log")


def _prometheus(parts: Parts, targets: Mapping[str, Sequence[str]], setting: Setting) -> Process:
    rules = setting.folder / "rules"
    rules.mkdir(exist_ok=True)
    for name, content in prometheus.rule_files(parts.rules).items():
        (rules / name).write_text(yaml_output.document(content), encoding="utf-8")
    secrets = PurePosixPath(setting.secrets.absolute() / "prometheus") if setting.secrets else None
    config = setting.folder / "prometheus.yml"
    content = prometheus.configuration(
        parts, targets, alertmanager=f"127.0.0.1:{setting.alertmanager_port}", rules=PurePosixPath(rules), secrets=secrets
    )
    config.write_text(yaml_output.document(content), encoding="utf-8")
    command: list[str | Path] = [
        setting.prometheus,
        f"--config.file={config}",
        f"--storage.tsdb.path={setting.folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{setting.prometheus_port}",
        f"--web.external-url=http://localhost:{setting.prometheus_port}",
    ]
    return Process(command, log=setting.folder / "prometheus.log")


def _filled_in(file: Path) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8").strip() not in ("", PLACEHOLDER)


def _must_be_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotRun(f"port {port} is taken; end what listens there, or give another with --{name}-port") from error
