"""The command line as its users meet it: output, exit codes, help, and nothing loaded that is not needed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from harness import generate
from monitoring_operator.cli import run as operator_run
from monitoring_operator.cli.main import cli
from monitoring_operator.crd import document

EXAMPLE = generate.EXAMPLES / "ga4-analytics.yaml"
MINIMAL = generate.EXAMPLES / "minimal.yaml"
HEAVY = ("aiohttp", "kopf", "kubernetes", "sentry_sdk", "prometheus_client")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[operator_run.Settings]:
    """The settings with which an operator was started; none is."""
    settings: list[operator_run.Settings] = []

    def start(given: operator_run.Settings) -> int:
        settings.append(given)
        return 0

    monkeypatch.setattr(operator_run, "run_operator", start)
    return settings


def call(*args: str | Path, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    """The command in this process."""
    return CliRunner().invoke(cli, [*map(str, args)], input=stdin, env=env, prog_name="monitoring-operator")


def run(*args: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "monitoring_operator", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=os.environ | environment)


def rendered(result: Result) -> list[dict[str, Any]]:
    """The objects that were printed."""
    assert 0 == result.exit_code, result.output
    return list(yaml.safe_load_all(result.stdout))


def order(body: dict[str, Any]) -> tuple[str, ...]:
    """What a stream of objects is sorted by: API, kind, namespace, name."""
    return (body["apiVersion"] if "/" in body["apiVersion"] else "", body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])


@pytest.mark.parametrize(
    "command", ["", "render", "validate", "test", "preview", "diff", "doctor", "verify", "route", "notify-test", "crd", "run"]
)
def test_every_command_explains_itself_by_example(command: str) -> None:
    """--help and -h give purpose, options and an example that begins with the command's own name."""
    for option in ("--help", "-h"):
        result = call(*([command] if command else []), option)

        assert 0 == result.exit_code
        assert f"monitoring-operator {command}".strip() in result.stdout.partition("Example")[2]


def test_version() -> None:
    """--version says which one it is, in one line."""
    assert "monitoring-operator, version 0.1.0\n" == call("--version").stdout


def test_validate_takes_the_examples() -> None:
    """What we show is valid, and valid files are named."""
    result = call("validate", EXAMPLE, MINIMAL)

    assert (0, "") == (result.exit_code, result.stderr)
    assert [f"{EXAMPLE}: analytics/ga4-analytics is valid", f"{MINIMAL}: default/hello is valid"] == result.stdout.splitlines()


def test_validate_reads_standard_input() -> None:
    """`-` is what a pipe brings."""
    assert "<stdin>: default/hello is valid\n" == call("validate", "-", stdin=MINIMAL.read_text()).stdout


def test_validate_prints_problems_and_fails(tmp_path: Path) -> None:
    """One line a problem, on standard output, for people and for editors; other profiles are judged all the same."""
    bad = tmp_path / "bad.yaml"
    bad.write_text(f"{MINIMAL.read_text().replace('port: http', 'port: 8000')}---\nkind: Service\n")
    result = call("validate", bad, EXAMPLE)

    assert 1 == result.exit_code
    assert [
        f"{bad}:12: spec.scrape.port: must be the NAME of a port of the Service, such as http, not 8000",
        f"{EXAMPLE}: analytics/ga4-analytics is valid",
    ] == result.stdout.splitlines()
    assert f"{bad}:14: skipped: Service is not a MonitoringProfile\n" == result.stderr


@pytest.mark.parametrize("command", ["validate", "render", "diff"])
def test_a_file_that_is_not_there_is_an_error_of_usage(command: str) -> None:
    """Exit code 2 tells it from a profile with problems; there is no traceback."""
    result = run(command, "no-such-file.yaml")

    assert (2, "") == (result.returncode, result.stdout)
    assert "monitoring-operator: cannot read no-such-file.yaml: No such file or directory\n" == result.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["render"], "Missing argument 'FILE...'"),
        (["render", MINIMAL, "--prometheus-label", "release"], "'release' is not a Kubernetes label, such as release="),
        (["render", MINIMAL, "--prometheus-label", "a=b", "--prometheus-label", "a=c"], "gives a two values: b and c"),
        (["render", MINIMAL, "--alertmanager", "main"], "'main' is not NAMESPACE/NAME or NAMESPACE/NAME:SECRET"),
        (["render", MINIMAL, "--grafana-url", "grafana"], "'grafana' is not a URL that begins with http:// or https://"),
        (["run", "--resync-interval", "10"], "'10' is not a duration, such as 10m or 1h30m"),
        (["run", "--resync-interval", "0s"], "must be at least 1s"),
        (["run", "--http-port", "70000"], "70000 is not in the range"),
        (["verify", "hello"], "'hello' is not NAMESPACE/NAME, such as analytics/ga4-analytics"),
        (["diff", MINIMAL, "--kubeconfig", "no-such-file"], "'no-such-file' does not exist"),
    ],
)
def test_wrong_options_are_errors_of_usage(args: list[str | Path], words: str) -> None:
    """Exit code 2, the option's name, and what would have been right."""
    result = call(*args)

    assert 2 == result.exit_code
    assert words in " ".join(result.stderr.split())


def test_render_prints_every_object_sorted() -> None:
    """The children of all profiles, and one configuration Secret for each of their Alertmanagers."""
    objects = rendered(call("render", MINIMAL, EXAMPLE))
    names = [(o["kind"], o["metadata"]["namespace"], o["metadata"]["name"]) for o in objects]

    assert sorted(objects, key=order) == objects
    assert ("ServiceMonitor", "analytics", "ga4-analytics") in names
    assert ("PrometheusRule", "default", "hello-alerts") in names
    assert [("Secret", "monitoring", "alertmanager-main")] == [n for n in names if n[0] == "Secret"]


def test_render_takes_what_the_cluster_would_say() -> None:
    """Labels for Prometheus, Grafana's address, the runbooks' and the Alertmanager of those who name none come by options."""
    profile = (
        f"{MINIMAL.read_text()}  notifications:\n    warning: [{{slack: {{apiUrl: {{secretKeyRef: {{name: s, key: k}}}}, channel: a}}}}]\n"
    )
    options = ("--prometheus-label", "release=kps", "--grafana-url", "https://grafana.example.com", "--alertmanager", "obs/am:routes")
    objects = rendered(call("render", "-", *options, "--runbook-base-url", "https://runbooks.example.com/x", stdin=profile))
    by_kind = {o["kind"]: o for o in objects}
    alert = by_kind["PrometheusRule"]["spec"]["groups"][0]["rules"][0]["annotations"]

    assert "kps" == by_kind["ServiceMonitor"]["metadata"]["labels"]["release"] == by_kind["PrometheusRule"]["metadata"]["labels"]["release"]
    assert alert["runbook_url"].startswith("https://runbooks.example.com/x/")
    assert alert["dashboard_url"].startswith("https://grafana.example.com/")
    assert ("obs", "routes") == (by_kind["Secret"]["metadata"]["namespace"], by_kind["Secret"]["metadata"]["name"])


def test_render_merges_profiles_of_one_alertmanager() -> None:
    """Two profiles, one naming the Alertmanager and one leaving it to the option, share one Secret under its own name."""
    second = (
        EXAMPLE.read_text()
        .replace("name: ga4-analytics\n", "name: second\n")
        .replace("    alertmanager:\n      namespace: monitoring\n      name: main\n", "")
    )
    objects = rendered(call("render", EXAMPLE, "-", "--alertmanager", "monitoring/main:routes", stdin=second))
    (secret,) = (o for o in objects if o["kind"] == "Secret")
    routes = yaml.safe_load(secret["stringData"]["alertmanager.yaml"])["route"]["routes"]

    assert "routes" == secret["metadata"]["name"]
    assert ['profile="ga4-analytics"', 'profile="second"'] == [m for r in routes for m in r["matchers"] if m.startswith("profile")]


def test_render_refuses_a_bad_profile(tmp_path: Path) -> None:
    """Half a set of objects is worse than none: nothing is printed but what is wrong."""
    result = call("render", "-", stdin=MINIMAL.read_text().replace("port: http", "prot: http"))

    assert (1, "") == (result.exit_code, result.stdout)
    assert "<stdin>:12: spec.scrape.prot: is not a field of a MonitoringProfile; did you mean port?" in result.stderr


def test_render_writes_one_file_per_object(tmp_path: Path) -> None:
    """The same objects under stable names; a folder that is not there is made."""
    result = call("render", EXAMPLE, "-o", tmp_path / "a" / "b")
    files = {p.name: yaml.safe_load(p.read_text()) for p in (tmp_path / "a" / "b").iterdir()}

    assert (0, "") == (result.exit_code, result.stdout)
    assert f"{len(files)} objects written into {tmp_path}/a/b\n" == result.stderr
    assert rendered(call("render", EXAMPLE)) == [files[n] for n in sorted(files, key=lambda n: order(files[n]))]
    assert "servicemonitor_analytics_ga4-analytics.yaml" in files


def test_render_says_where_it_cannot_write(tmp_path: Path) -> None:
    """A file in the folder's place is an error of usage, not a traceback."""
    (tmp_path / "file").write_text("")
    result = call("render", MINIMAL, "-o", tmp_path / "file" / "below")

    assert 2 == result.exit_code
    assert "cannot write into" in result.stderr


def test_what_no_object_can_hold_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is named, and nothing is printed."""
    monkeypatch.setattr("monitoring_operator.alertmanager.secret.SIZE_LIMIT", 1000)
    result = call("render", EXAMPLE)

    assert (1, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith("monitoring-operator: the merged Alertmanager configuration is ")


def test_no_planted_secret_is_rendered(tmp_path: Path) -> None:
    """Secrets that lie in the same file, in the environment or beside it come out nowhere; references to them do."""
    planted = "s3cr3t-planted-value"
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "ga4-notify", "namespace": "analytics", "annotations": {"note": planted}},
        "stringData": {"pagerduty": planted, "slack": f"https://hooks.slack.com/{planted}"},
    }
    everything = tmp_path / "all.yaml"
    everything.write_text(f"{yaml.safe_dump(secret)}---\n{EXAMPLE.read_text()}")
    environment = {"SENTRY_DSN": f"https://{planted}@sentry.io/1", "PAGERDUTY": planted}
    printed = run("render", everything, **environment)
    written = run("render", everything, "-o", tmp_path / "out", **environment)
    checked = run("validate", everything, **environment)
    shown = "".join(r.stdout + r.stderr for r in (printed, written, checked)) + "".join(p.read_text() for p in (tmp_path / "out").iterdir())

    assert [0, 0, 0] == [r.returncode for r in (printed, written, checked)]
    assert planted not in shown
    assert "analytics.ga4-analytics.critical.0.routing_key: <redacted>" in shown


def test_crd_prints_what_is_checked_in() -> None:
    """`monitoring-operator crd | kubectl apply -f -` installs the same as the folder crds/."""
    assert document() == call("crd").stdout == generate.CRDS[0].read_text()


@pytest.mark.parametrize(
    "args", [("render", str(EXAMPLE)), ("validate", str(EXAMPLE)), ("crd",), ("--help",), ("run", "--help"), ("doctor", "--help")]
)
def test_commands_without_a_cluster_load_no_client(args: tuple[str, ...]) -> None:
    """The framework and the clients take longer to load than rendering takes in all."""
    program = (
        "import sys\nfrom monitoring_operator.cli.main import cli\n"
        f"try:\n    cli({list(args)!r})\nexcept SystemExit:\n    pass\n"
        f"sys.stderr.write(repr(sorted(set({HEAVY!r}) & set(sys.modules))))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert "[]" == result.stderr


def test_run_hands_its_options_to_the_operator(started: list[operator_run.Settings]) -> None:
    """Every option arrives, durations in seconds, labels as a mapping."""
    args = "--namespace a --namespace b --prometheus-label release=kps --runbook-base-url https://r.example.com --grafana-url"
    rest = "https://g.example.com --resync-interval 1h30m --http-host 0.0.0.0 --http-port 9090 --log-format text --log-level debug"
    result = call("run", *args.split(), *rest.split())

    assert 0 == result.exit_code, result.output
    assert [
        operator_run.Settings(
            namespaces=("a", "b"),
            prometheus_labels={"release": "kps"},
            runbook_base_url="https://r.example.com",
            grafana_url="https://g.example.com",
            resync_interval=5400.0,
            http_host="0.0.0.0",
            http_port=9090,
            log_format="text",
            log_level="debug",
        )
    ] == started


def test_run_has_the_settings_defaults(started: list[operator_run.Settings]) -> None:
    """Without options it watches the whole cluster and derives Prometheus' labels; off a terminal it logs JSON."""
    assert 0 == call("run").exit_code
    assert [operator_run.Settings()] == started


def test_run_takes_namespaces_from_the_environment(started: list[operator_run.Settings]) -> None:
    """As the chart gives them."""
    call("run", env={"MONITORING_OPERATOR_NAMESPACES": "a b"})

    assert ("a", "b") == started[0].namespaces


def test_run_ends_with_the_operators_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kubelet restarts what failed."""
    monkeypatch.setattr(operator_run, "run_operator", lambda _: 3)

    assert 3 == call("run").exit_code


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """`render ... | head -1`."""
    command = f"{sys.executable} -m monitoring_operator render {EXAMPLE} | head -1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)

    assert ("apiVersion: v1\n", "") == (result.stdout, result.stderr)


def test_dashboards_are_shown_as_they_would_be_read() -> None:
    """On one line nobody could review them; their content is that of the object."""
    objects = rendered(call("render", MINIMAL))
    shown = [text for o in objects if o["kind"] == "ConfigMap" for key, text in o["data"].items() if key.endswith(".json")]

    assert shown
    assert all(text.startswith('{\n  "') and json.loads(text)["uid"] for text in shown)


def test_rules_beyond_the_retention_are_refused() -> None:
    """Only where it is given: without a cluster nobody knows it."""
    too_short = call("validate", EXAMPLE, "--retention", "1d")

    assert (1, True) == (too_short.exit_code, "spec.alerts.extra[0].expr: looks back 1d2h, and Prometheus keeps 1d" in too_short.stdout)
    assert "is valid" not in too_short.output
    assert 1 == call("render", EXAMPLE, "--retention", "1d").exit_code
    assert 0 == call("validate", EXAMPLE, "--retention", "27h").exit_code
