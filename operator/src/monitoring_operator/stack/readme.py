"""The README.md of a stack's folder: how it is started, where to look, and which credentials are still to be given."""

from monitoring_operator.stack import compose
from monitoring_operator.stack.parts import PLACEHOLDER, Parts, applications, credentials


def text(parts: Parts, *, runs_application: bool) -> str:
    """The page, in Markdown."""
    return "\n".join([*_start(parts), *_look(), *_application(runs=runs_application), *_credentials(parts), *_change()])


def _start(parts: Parts) -> list[str]:
    return [
        "# Monitoring on one machine",
        "",
        f"Prometheus, Alertmanager and Grafana for {', '.join(applications(parts))}: the same rules, labels, routes and dashboards as in",
        "the cluster. Everything listens on 127.0.0.1 alone.",
        "",
        "```sh",
        "docker compose up --detach",
        "docker compose down",
        "```",
        "",
        f"The containers run as the user in `.env` (`{compose.USER_VARIABLE}`), who owns `data/` and `secrets/`. Where the engine is",
        "rootless, write `0:0` there: inside, root is you.",
        "",
    ]


def _look() -> list[str]:
    return [
        "| look at | address |",
        "| --- | --- |",
        f"| what is scraped | <http://localhost:{compose.PROMETHEUS_PORT}/targets> |",
        f"| alerts | <http://localhost:{compose.PROMETHEUS_PORT}/alerts> |",
        f"| who is told | <http://localhost:{compose.ALERTMANAGER_PORT}> |",
        f"| dashboards | <http://localhost:{compose.GRAFANA_PORT}> (admin, admin; it asks for a new password) |",
        "",
    ]


def _application(*, runs: bool) -> list[str]:
    if runs:
        return ["The application is the service `app` in `compose.yaml`.", ""]
    return [
        f"The application runs outside, and Prometheus reaches this machine as `{compose.HOST}`. On Linux an application that listens on",
        "127.0.0.1 alone is not reached from a container: let it listen on 0.0.0.0 behind a firewall, or run it in the stack",
        "(`--image` or `--build`).",
        "",
    ]


def _credentials(parts: Parts) -> list[str]:
    files = [f"secrets/{path}" for path in credentials(parts)]
    if not files:
        return ["No credential is needed.", ""]
    return [
        "## Credentials",
        "",
        f"Each is a file of its own that only you can read, ignored by git, and holds `{PLACEHOLDER}` until you write the real one",
        "into it. They are read whenever they are needed: nothing has to be restarted. Until then nobody is told, and Alertmanager's",
        "log says so.",
        "",
        *(f"- `{file}`" for file in files),
        "",
    ]


def _change() -> list[str]:
    return [
        "## When the profile changes",
        "",
        "Run `monitoring-operator stack` again with the same folder: credentials and data stay, everything else is written anew. Then",
        "`docker compose up --detach --force-recreate`.",
        "",
    ]
