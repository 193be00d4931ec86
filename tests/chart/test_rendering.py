"""What the chart makes of its values."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart import rendered
from monitoring_operator.cli.main import cli

GOLDEN = Path(__file__).parent / "golden" / "default.yaml"


def arguments(values: rendered.Object) -> list[str]:
    """Arguments of the operator with `values`."""
    return list(rendered.operator_container(rendered.template(values))["args"])


def test_default_rendering_is_the_golden_one() -> None:
    """Nobody changes what a plain installation gets without seeing it. UPDATE_GOLDEN=1 writes the file anew."""
    text = yaml.safe_dump_all(rendered.template({"crds": {"enabled": False}}), sort_keys=True, width=120)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)

    assert GOLDEN.read_text() == text


def test_lint_finds_nothing() -> None:
    """`helm lint --strict` has neither errors nor warnings."""
    assert "0 chart(s) failed" in rendered.helm("lint", "--strict", rendered.CHART)


def test_operator_is_started_for_the_whole_cluster_by_default() -> None:
    """Without values there is neither a namespace nor a label nor an address among the arguments."""
    expected = [
        "run",
        f"--identity={rendered.NAMESPACE}/monitoring-operator",
        "--resync-interval=10m",
        "--verify=direct",
        "--http-host=0.0.0.0",
        "--http-port=8080",
        "--log-format=json",
        "--log-level=info",
    ]

    assert expected == rendered.operator_container(rendered.default())["args"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"watch": {"namespaces": ["b", "a"]}}, ["--namespace=b", "--namespace=a"]),
        (
            {"prometheus": {"labels": {"release": "kps", "example.com/team": "a"}}},
            ["--prometheus-label=example.com/team=a", "--prometheus-label=release=kps"],
        ),
        (
            {"alertmanager": {"baseConfigs": {"b/main": "y", "a/main": "x"}}},
            ["--base-config=a/main=x", "--base-config=b/main=y"],
        ),
        ({"shard": {"name": "a", "selector": "team in (a,b),!old"}}, ["--shard=a", "--selector=team in (a,b),!old"]),
        ({"shard": {"assemble": True}}, ["--assemble"]),
        ({"resyncInterval": "1h30m"}, ["--resync-interval=1h30m"]),
        ({"logLevel": "debug"}, ["--log-level=debug"]),
        ({"verification": {"way": "auto"}}, ["--verify=auto"]),
        ({"runbookBaseUrl": "https://runbooks.example.com/a?b={c}"}, ["--runbook-base-url=https://runbooks.example.com/a?b={c}"]),
        ({"grafanaUrl": "http://grafana.example.com:3000"}, ["--grafana-url=http://grafana.example.com:3000"]),
    ],
)
def test_value_becomes_an_argument(values: rendered.Object, expected: list[str]) -> None:
    """Each value reaches the operator as it was written, and replaces nothing else."""
    plain = rendered.operator_container(rendered.default())["args"]
    flags = {argument.partition("=")[0] for argument in expected}

    assert expected == [a for a in arguments(values) if a not in plain]
    assert [a for a in plain if a.partition("=")[0] not in flags] == [a for a in arguments(values) if a.partition("=")[0] not in flags]


def test_operator_understands_its_arguments() -> None:
    """The command line takes every argument that the chart can make, and each says there what it says in the values."""
    values = {
        "watch": {"namespaces": ["analytics", "monitoring"]},
        "shard": {"name": "a", "selector": "team in (a,b)"},
        "leaderElection": {"enabled": True},
        "webhook": {"enabled": True},
        "dashboards": {"namespaces": ["grafana"]},
        "prometheus": {"labels": {"release": "kps"}},
        "alertmanager": {"baseConfigs": {"monitoring/main": "base"}},
        "resyncInterval": "1h30m",
        "logLevel": "warning",
        "runbookBaseUrl": "https://runbooks.example.com",
        "grafanaUrl": "https://grafana.example.com",
        "verification": {"way": "proxy"},
    }
    command, *options = arguments(values)
    # A command remembers how help is asked for from the first context that it meets: it must be one under the program's own.
    program = cli.make_context("monitoring-operator", [command, *options])

    assert cli.commands[command].make_context(command, options, parent=program).params == {
        "identity": f"{rendered.NAMESPACE}/monitoring-operator",
        "namespaces": ("analytics", "monitoring"),
        "prometheus_labels": (("release", "kps"),),
        "base_configs": ((("monitoring", "main"), "base"),),
        "resync_interval": 5400.0,
        "watch_timeout": 90.0,
        "dashboard_namespaces": ("grafana",),
        "webhook_port": 9443,
        "webhook_certificates": "/etc/monitoring-operator/webhook",
        "shard": "a",
        "selector": "team in (a,b)",
        "assemble": False,
        "leader_elect": True,
        "lease_name": "monitoring-operator",
        "lease_namespace": rendered.NAMESPACE,
        "poll_interval": 60.0,
        "http_host": "0.0.0.0",
        "http_port": 8080,
        "log_format": "json",
        "log_level": "warning",
        "runbook_base_url": "https://runbooks.example.com",
        "grafana_url": "https://grafana.example.com",
        "grafana_token": "",
        "verify": "proxy",
    }


def test_grafanas_token_comes_from_a_secret() -> None:
    """Like every credential it is never a value of the chart."""
    (variable,) = rendered.operator_container(rendered.template({"grafana": {"existingSecret": "viewer"}}))["env"]

    assert ("MONITORING_OPERATOR_GRAFANA_TOKEN", {"name": "viewer", "key": "token"}) == (
        variable["name"],
        variable["valueFrom"]["secretKeyRef"],
    )


def test_sentry_dsn_comes_from_a_secret() -> None:
    """The DSN is never a value of the chart: the pod takes it from an existing Secret, and has no such variable without one."""
    expected = [{"name": "SENTRY_DSN", "valueFrom": {"secretKeyRef": {"name": "errors", "key": "url"}}}]

    assert expected == rendered.operator_container(rendered.template({"sentry": {"existingSecret": "errors", "key": "url"}}))["env"]
    assert "env" not in rendered.operator_container(rendered.default())


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, "localhost/monitoring-operator:0.1.0"),
        ({"repository": "registry.example.com:5000/a/b", "tag": "dev"}, "registry.example.com:5000/a/b:dev"),
        ({"digest": "sha256:" + "0" * 64}, "localhost/monitoring-operator:0.1.0@sha256:" + "0" * 64),
    ],
)
def test_image(image: rendered.Object, expected: str) -> None:
    """The operator and the test pod run the same image, by tag or by digest."""
    specs = rendered.pod_specs(rendered.template({"image": image}))

    assert {expected} == {container["image"] for spec in specs.values() for container in spec["containers"]}


def test_one_operator_at_a_time() -> None:
    """The old pod ends before the new one starts."""
    spec = rendered.only(rendered.default(), "Deployment")["spec"]

    assert (1, {"type": "Recreate"}) == (spec["replicas"], spec["strategy"])


def test_service_finds_the_operator_and_not_the_test_pod() -> None:
    """The Service selects the operator's pod by labels that the test pod lacks, on the port that is named in both."""
    objects = rendered.default()
    service = rendered.only(objects, "Service")["spec"]
    selector = service["selector"].items()
    deployment = rendered.only(objects, "Deployment")["spec"]

    assert selector <= deployment["template"]["metadata"]["labels"].items()
    assert selector == deployment["selector"]["matchLabels"].items()
    assert not selector <= rendered.only(objects, "Pod")["metadata"]["labels"].items()
    assert [{"name": "metrics", "port": 8080, "targetPort": "metrics"}] == service["ports"]
    assert [{"name": "metrics", "containerPort": 8080}] == rendered.operator_container(objects)["ports"]


def test_own_service_monitor_is_off_by_default() -> None:
    """A cluster without prometheus-operator takes the chart as it is."""
    assert [] == rendered.of_kind(rendered.default(), "ServiceMonitor")


def test_own_service_monitor_fits_service_and_prometheus() -> None:
    """Switched on, it selects the operator's Service and port and has the labels by which Prometheus selects."""
    values = {"serviceMonitor": {"enabled": True, "labels": {"team": "a"}}, "prometheus": {"labels": {"release": "kps", "team": "b"}}}
    objects = rendered.template(values)
    monitor = rendered.only(objects, "ServiceMonitor")

    assert {"release": "kps", "team": "a"}.items() <= monitor["metadata"]["labels"].items()
    assert monitor["spec"]["selector"]["matchLabels"].items() <= rendered.only(objects, "Service")["metadata"]["labels"].items()
    assert [{"port": "metrics", "path": "/metrics", "interval": "30s"}] == monitor["spec"]["endpoints"]


def test_service_account_of_ones_own() -> None:
    """An existing ServiceAccount is bound and used, and none is made."""
    objects = rendered.template({"serviceAccount": {"create": False, "name": "mine"}})

    assert [] == rendered.of_kind(objects, "ServiceAccount")
    assert rendered.only(objects, "Deployment")["spec"]["template"]["spec"]["serviceAccountName"] == "mine"
    assert rendered.only(objects, "ClusterRoleBinding")["subjects"][0]["name"] == "mine"


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"nodeSelector": {"disk": "fast"}}, ("nodeSelector",)),
        ({"tolerations": [{"key": "a", "operator": "Exists"}]}, ("tolerations",)),
        ({"affinity": {"podAffinity": {}}}, ("affinity",)),
        ({"priorityClassName": "high"}, ("priorityClassName",)),
        ({"imagePullSecrets": [{"name": "registry"}]}, ("imagePullSecrets",)),
    ],
)
def test_scheduling_values_reach_the_pod(values: dict[str, Any], path: tuple[str]) -> None:
    """What is set for the pod is in its spec as it was written; unset, it is absent."""
    (key,) = path

    assert values[key] == rendered.pod_specs(rendered.template(values))["Deployment/monitoring-operator"][key]
    assert key not in rendered.pod_specs(rendered.default())["Deployment/monitoring-operator"]


def test_pod_labels_and_annotations_cannot_unhook_the_service() -> None:
    """Labels of one's own are added; the chart's own, by which the Deployment and the Service find the pod, stay."""
    values = {"podLabels": {"team": "a", "app.kubernetes.io/name": "other"}, "podAnnotations": {"note": "b"}}
    metadata = rendered.only(rendered.template(values), "Deployment")["spec"]["template"]["metadata"]

    assert {"team": "a", "app.kubernetes.io/name": "monitoring-operator"}.items() <= metadata["labels"].items()
    assert metadata["annotations"] == {"note": "b"}


@pytest.mark.parametrize("release", ["monitoring-operator", "a", "r" * 53])
def test_names_fit_whatever_the_release_is_called(release: str) -> None:
    """Helm allows 53 characters for a release; every name made of it stays a DNS label of 63."""
    names = [o["metadata"]["name"] for o in rendered.template({"crds": {"enabled": False}}, release=release)]

    assert [name for name in names if len(name) <= 63 and not name.endswith("-")] == names


def test_notes_say_what_is_watched_and_what_to_do_next() -> None:
    """The whole cluster; the commands that wait, check and make a first profile; and that the image must be loaded."""
    text = rendered.notes()

    assert "looks after every namespace" in text
    assert "rollout status deployment/monitoring-operator" in text
    assert f"helm --namespace {rendered.NAMESPACE} test monitoring-operator" in text
    assert "localhost/monitoring-operator:0.1.0 is not pulled from anywhere" in text
    assert "WARNING" not in text


def test_profile_in_the_notes_can_be_pasted() -> None:
    """The here-document of the notes is not indented, or the shell would not find its end, and holds a MonitoringProfile."""
    document = rendered.notes().partition("<<PROFILE\n")[2].partition("\nPROFILE\n")[0]

    assert yaml.safe_load(document)["kind"] == "MonitoringProfile"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"watch": {"namespaces": ["a", "b"]}}, "looks after the namespaces a, b"),
        ({"watch": {"namespaces": ["a", "b"]}}, "namespace of the Alertmanager"),
        ({"crds": {"enabled": False}}, "WARNING: The MonitoringProfile CRD is not part of this release"),
        ({"crds": {"keep": False}}, "WARNING: Uninstalling this release deletes the MonitoringProfile CRD"),
    ],
)
def test_notes_warn(values: rendered.Object, expected: str) -> None:
    """Values with consequences are answered with what they are."""
    assert expected in rendered.notes(values)
    assert expected not in rendered.notes()


@pytest.mark.parametrize(
    ("shard", "words"),
    [
        ({"name": "a", "selector": "team=a"}, ["the profiles with team=a in every namespace.", "It is the shard a:"]),
        ({"assemble": True}, ["assembles what shards bring to the Alertmanagers.", "It looks after no profile"]),
    ],
)
def test_notes_say_what_a_shard_is_for(shard: rendered.Object, words: list[str]) -> None:
    """Which profiles are looked after, and who else is needed."""
    printed = rendered.notes({"shard": shard})

    assert [] == [w for w in words if w not in printed], printed
