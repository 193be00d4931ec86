"""The folder for a container engine: every file is taken by the program that reads it, and nothing reaches beyond this machine."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from harness import generate, tools
from harness.content import promtool
from monitoring_operator.cli.main import cli
from monitoring_operator.stack import compose
from monitoring_operator.stack.parts import PLACEHOLDER

EXAMPLE = generate.EXAMPLES / "ga4-analytics.yaml"
MINIMAL = generate.EXAMPLES / "minimal.yaml"
TOKEN = "    authorization: {secretKeyRef: {name: metrics, key: token}}\n"


def stack(*args: str | Path, stdin: str | None = None) -> Result:
    """`monitoring-operator stack ...` in this process."""
    return CliRunner().invoke(cli, ["stack", *map(str, args)], input=stdin)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's folder."""
    folder = tmp_path_factory.mktemp("written") / "monitoring"
    result = stack(EXAMPLE, "-o", folder)
    assert 0 == result.exit_code, result.output
    return folder


def loaded(path: Path) -> Any:
    """A YAML file's content."""
    return yaml.safe_load(path.read_text())


def test_the_compose_file_is_one(folder: Path) -> None:
    """It holds to the Compose Specification's schema."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(folder / "compose.yaml")]
    done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=60)

    assert 0 == done.returncode, done.stdout


def test_ports_are_those_that_people_know_and_on_the_loopback_address_alone(folder: Path) -> None:
    """Prometheus on 9090, Grafana on 3001, Alertmanager on 9093, and nobody outside can reach them."""
    services = loaded(folder / "compose.yaml")["services"]

    assert {"prometheus": ["127.0.0.1:9090:9090"], "alertmanager": ["127.0.0.1:9093:9093"], "grafana": ["127.0.0.1:3001:3000"]} == {
        name: service["ports"] for name, service in services.items()
    }


def test_images_are_the_versions_that_are_tested() -> None:
    """Prometheus and Alertmanager are those whose checkers and servers the tests run; Prometheus' module numbers 3.x as 0.30x."""
    module = re.fullmatch(r"v0\.3(\d\d)\.(\d+)", tools.TOOLS["prometheus"].pinned_version())

    assert module is not None
    assert f"prom/prometheus:v3.{int(module[1])}.{module[2]}" == compose.PROMETHEUS_IMAGE
    assert f"prom/alertmanager:{tools.TOOLS['alertmanager'].pinned_version()}" == compose.ALERTMANAGER_IMAGE
    assert re.fullmatch(r"grafana/grafana:\d+\.\d+\.\d+", compose.GRAFANA_IMAGE)


def test_everything_that_is_mounted_is_there(folder: Path) -> None:
    """An engine would make a missing folder as root, and a missing file as a folder."""
    services = loaded(folder / "compose.yaml")["services"].values()
    sources = {volume.split(":")[0] for service in services for volume in service["volumes"]}

    assert {source for source in sources if not (folder / source).exists()} == set()
    assert f"{os.getuid()}:{os.getgid()}" in (folder / ".env").read_text()


def test_prometheus_takes_its_configuration(folder: Path, tmp_path: Path) -> None:
    """Promtool finds nothing against it and the rules, with the folder where the container would have it."""
    here = (folder / "prometheus.yml").read_text().replace("/etc/prometheus/", f"{folder}/")
    (tmp_path / "prometheus.yml").write_text(here)
    done = subprocess.run(
        [tools.find("promtool"), "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, check=False, timeout=60
    )

    assert 0 == done.returncode, done.stderr
    assert "SUCCESS: 20 rules found" in done.stdout
    assert "SUCCESS: 1 rules found" in done.stdout


def test_alertmanager_takes_its_configuration(folder: Path) -> None:
    """Amtool finds nothing against it; it is the cluster's, word for word."""
    done = subprocess.run(
        [tools.find("amtool"), "check-config", folder / "alertmanager.yml"], capture_output=True, text=True, check=False, timeout=60
    )
    secret = loaded(generate.rendered_folder(EXAMPLE) / "secret_monitoring_alertmanager-main.yaml")

    assert 0 == done.returncode, done.stderr
    assert secret["stringData"]["alertmanager.yaml"] == (folder / "alertmanager.yml").read_text()


def test_scrapes_as_in_the_cluster(folder: Path) -> None:
    """The ServiceMonitor's pool, path, times and limits; after its relabelling the labels that the rules select by."""
    (scrape,) = loaded(folder / "prometheus.yml")["scrape_configs"]
    monitor = loaded(generate.rendered_folder(EXAMPLE) / "servicemonitor_analytics_ga4-analytics.yaml")["spec"]
    (endpoint,) = monitor["endpoints"]
    (static,) = scrape["static_configs"]

    assert ["host.docker.internal:8000"] == static["targets"]
    assert {"namespace": "analytics", "job": "ga4-analytics"}.items() <= static["labels"].items()
    assert "serviceMonitor/analytics/ga4-analytics/0" == scrape["job_name"]
    assert (endpoint["path"], endpoint["interval"]) == (scrape["metrics_path"], scrape["scrape_interval"])
    assert monitor["sampleLimit"] == scrape["sample_limit"]
    assert [r["action"] for r in endpoint["relabelings"]] == [r["action"] for r in scrape["relabel_configs"]]


def test_rules_are_the_clusters(folder: Path) -> None:
    """Only the links to dashboards differ, which lead to the Grafana of the stack."""
    rule = loaded(generate.rendered_folder(EXAMPLE) / "prometheusrule_analytics_ga4-analytics-alerts.yaml")["spec"]["groups"]
    groups = loaded(folder / "rules/analytics.ga4-analytics-alerts.yaml")["groups"]
    links = [r["annotations"].pop("dashboard_url") for g in groups for r in g["rules"]]
    _ = [r["annotations"].pop("dashboard_url") for g in rule for r in g["rules"]]

    assert rule == groups
    assert all(link.startswith("http://localhost:3001/") for link in links)
    assert 0 == promtool.check(folder / "rules/analytics.ga4-analytics-alerts.yaml").returncode


def test_dashboards_are_provisioned(folder: Path) -> None:
    """Each dashboard is a file in the folder that Grafana is told of, under the name of the profile's folder."""
    provider = loaded(folder / "grafana/provisioning/dashboards/dashboards.yaml")["providers"][0]["options"]
    found = sorted((folder / "grafana/dashboards/GA4 Analytics").glob("*.json"))

    assert str(compose.DASHBOARDS) == provider["path"]
    assert 5 == len({json.loads(file.read_text())["uid"] for file in found})
    assert "prometheus" in {s["uid"] for s in loaded(folder / "grafana/provisioning/datasources/datasources.yaml")["datasources"]}


def test_credentials_are_files_for_the_owner_alone(folder: Path) -> None:
    """Mode 0600, in folders of mode 0700, out of git, named in the README; nothing else holds what is to be replaced."""
    files = [path for path in (folder / "secrets").rglob("*") if path.is_file()]
    page = (folder / "README.md").read_text()

    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert 0o700 == stat.S_IMODE((folder / "secrets").stat().st_mode)
    assert "/secrets/" in (folder / ".gitignore").read_text()
    assert [PLACEHOLDER] * 2 == [file.read_text().strip() for file in files]
    assert all(f"`{file.relative_to(folder)}`" in page for file in files)


def test_written_again_it_keeps_what_was_filled_in(tmp_path: Path) -> None:
    """A credential survives, a dashboard that the profile no longer has goes, and what is still missing is named."""
    folder = tmp_path / "monitoring"
    stack(EXAMPLE, "-o", folder)
    key = folder / "secrets/alertmanager/analytics.ga4-analytics.critical.0.routing_key"
    key.write_text("a real one")
    result = stack("-", "-o", folder, stdin=EXAMPLE.read_text().replace("folder: GA4 Analytics", "include: [ga4-health]"))

    assert 0 == result.exit_code
    assert "a real one" == key.read_text()
    assert ["analytics.ga4-analytics.ga4-health.json"] == [p.name for p in (folder / "grafana/dashboards").rglob("*.json")]
    assert [f"to fill in: {folder}/secrets/alertmanager/analytics.ga4-analytics.warning.0.api_url"] == [
        line for line in result.stdout.splitlines() if line.startswith("to fill in")
    ]


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    """A folder that holds something else is refused before anything is written."""
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    result = stack(EXAMPLE, "-o", tmp_path)

    assert 2 == result.exit_code
    assert "holds something else; name an empty folder" in result.stderr
    assert ["compose.yaml"] == [p.name for p in tmp_path.iterdir()]


def test_the_application_can_be_part_of_it(tmp_path: Path) -> None:
    """As an image it is scraped under its service's name, and it too is published on the loopback address alone."""
    assert 0 == stack(EXAMPLE, "-o", tmp_path, "--image", "localhost/ga4-app:dev", "--port", "9000").exit_code
    app = loaded(tmp_path / "compose.yaml")["services"]["app"]
    (scrape,) = loaded(tmp_path / "prometheus.yml")["scrape_configs"]

    assert ("localhost/ga4-app:dev", ["127.0.0.1:9000:9000"]) == (app["image"], app["ports"])
    assert {"ENVIRONMENT": "production"} == app["environment"]
    assert ["app:9000"] == scrape["static_configs"][0]["targets"]


def test_several_profiles_share_one_stack(tmp_path: Path) -> None:
    """Each is scraped where it is said to be; one that needs a token has a file for it."""
    both = f"{EXAMPLE.read_text()}---\n{MINIMAL.read_text()}{TOKEN}"
    result = stack("-", "-o", tmp_path, "--target", "default/hello=host.docker.internal:9000", stdin=both)
    scrapes = loaded(tmp_path / "prometheus.yml")["scrape_configs"]

    assert 0 == result.exit_code, result.output
    assert [["host.docker.internal:8000"], ["host.docker.internal:9000"]] == [s["static_configs"][0]["targets"] for s in scrapes]
    assert "/etc/prometheus/secrets/default.metrics.token" == scrapes[1]["authorization"]["credentials_file"]
    assert (tmp_path / "secrets/prometheus/default.metrics.token").is_file()


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ((EXAMPLE, "--image", "a", "--build", "b"), 2, "two ways to have the application in the stack"),
        ((EXAMPLE, "--target", "8000"), 2, "is not HOST:PORT"),
        ((EXAMPLE, "--target", "default/other=localhost:1"), 2, "there is no profile default/other; there are analytics/ga4-analytics"),
        (("no-such-file.yaml",), 2, "cannot read no-such-file.yaml"),
        ((generate.ROOT / "kind-config.yaml",), 1, "holds no MonitoringProfile"),
    ],
)
def test_what_cannot_be_done_is_said(args: tuple[str | Path, ...], code: int, words: str, tmp_path: Path) -> None:
    """The exit code tells a profile with problems from the rest, and the message says what would be right."""
    result = stack(*args, "-o", tmp_path / "new")

    assert code == result.exit_code
    assert words in " ".join(result.stderr.split())
    assert not (tmp_path / "new").exists()
