"""The doctor's checks, one fault at a time in a cluster that is well otherwise."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from monitoring_operator.api.resources import ALERTMANAGER, PROMETHEUS, PROMETHEUS_RULE, SERVICE_MONITOR
from monitoring_operator.crd.definition import definition
from monitoring_operator.doctor import Facts, Finding, Level, Settings, diagnose
from monitoring_operator.doctor.facts import Right, Rights, Unread
from monitoring_operator.doctor.prometheus import longest_window

Object = dict[str, Any]
Change = Callable[[Facts], Facts]
RELEASE = {"matchLabels": {"release": "kps"}}
NO_RIGHT = Unread("deployments.apps is forbidden")
STACK = {"app.kubernetes.io/part-of": "kube-prometheus-stack"}


def workload(kind: str, name: str = "main", *, labels: dict[str, str] | None = None, **spec: Any) -> Object:
    """An object of prometheus-operator."""
    return {"kind": kind, "metadata": {"namespace": "monitoring", "name": name, "labels": labels or {}}, "spec": spec}


def prometheus(name: str = "main", *, labels: dict[str, str] | None = None, **spec: Any) -> Object:
    """A Prometheus that selects by `release: kps` in all namespaces."""
    selectors: Object = {"serviceMonitorSelector": RELEASE, "ruleSelector": RELEASE}
    everywhere = {"serviceMonitorNamespaceSelector": {}, "ruleNamespaceSelector": {}, "retention": "15d"}
    return workload("Prometheus", name, labels=labels, **{k: v for k, v in (selectors | everywhere | spec).items() if v is not None})


def deployment(name: str, *containers: Object) -> Object:
    """A Deployment that runs."""
    spec = {"template": {"spec": {"containers": list(containers)}}}
    return {"metadata": {"namespace": "monitoring", "name": name}, "spec": spec, "status": {"availableReplicas": 1}}


def operator(image: str = "quay.io/prometheus-operator/prometheus-operator:v0.93.1", *args: str, name: str = "kps-operator") -> Object:
    """A Deployment of prometheus-operator."""
    given = list(args) or ["--feature-gates=A=false,StatusForConfigurationResources=true"]
    return deployment(name, {"name": "prometheus-operator", "image": image, "args": given})


def sidecar(**env: str | None) -> Object:
    """A Grafana whose sidecar reads all dashboards, into folders."""
    settings: dict[str, str | None] = {"LABEL": "grafana_dashboard", "LABEL_VALUE": "1", "NAMESPACE": "ALL", "RESOURCE": "both"}
    settings |= {"FOLDER_ANNOTATION": "grafana_folder"} | env
    given = [{"name": k, "value": v} for k, v in settings.items() if v is not None]
    image = "registry.example.com:5000/kiwigrid/k8s-sidecar:2.10.1@sha256:0"
    sources = {"name": "grafana-sc-datasources", "image": image, "env": [{"name": "LABEL", "value": "grafana_datasource"}]}
    return deployment("grafana", {"name": "grafana-sc-dashboard", "image": image, "env": given}, sources)


def crd() -> Object:
    """Our definition as an API server stores it."""
    return {**copy.deepcopy(definition()), "status": {"conditions": [{"type": "Established", "status": "True"}]}}


OURS: Object = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "monitoring-operator"}}}
WELL = Facts(
    version={"gitVersion": "v1.34.1-gke.5"},
    crd=crd(),
    served=frozenset({PROMETHEUS, ALERTMANAGER, SERVICE_MONITOR, PROMETHEUS_RULE}),
    workloads=(prometheus(), workload("Alertmanager", configSecret="routes")),
    deployments=(operator(),),
    grafanas=(sidecar(),),
    secrets={("monitoring", "routes"): OURS},
    rights=Rights("admin"),
)


def with_workloads(*bodies: Object) -> Change:
    """These objects of prometheus-operator instead."""
    return lambda facts: replace(facts, workloads=bodies)


def with_grafana(*bodies: Object) -> Change:
    """These workloads with a sidecar instead."""
    return lambda facts: replace(facts, grafanas=bodies)


def with_deployments(*bodies: Object) -> Change:
    """These Deployments instead."""
    return lambda facts: replace(facts, deployments=bodies)


def with_secret(labels: dict[str, str], annotations: dict[str, str] | None = None) -> Change:
    """Alertmanager's Secret with these labels."""
    return lambda facts: replace(facts, secrets={("monitoring", "routes"): {"metadata": {"labels": labels, "annotations": annotations}}})


def with_crd(change: Callable[[Object], object]) -> Change:
    """Our definition, changed in place."""

    def changed(facts: Facts) -> Facts:
        body = crd()
        change(body)
        return replace(facts, crd=body)

    return changed


def trouble(facts: Facts, settings: Settings | None = None) -> list[Finding]:
    """What is not well."""
    return [f for f in diagnose(facts, settings or Settings()) if f.level is not Level.GOOD]


def test_nothing_is_said_against_a_cluster_that_is_well() -> None:
    """A tick for every subject, in the order in which one rests on another, and nothing to mend."""
    found = diagnose(WELL, Settings())

    assert {Level.GOOD} == {f.level for f in found}
    assert not any(f.mend for f in found)
    subjects = [f.subject.split()[0] for f in found]
    assert ["Kubernetes", "CRD", "RBAC", "prometheus-operator", "Prometheus", "Alertmanager", "Grafana"] == list(dict.fromkeys(subjects))


@pytest.mark.parametrize(
    ("change", "level", "subject", "words", "mend"),
    [
        (lambda f: replace(f, version={"gitVersion": "v1.30.9"}), "bad", "Kubernetes", "is 1.30, and 1.31 or newer", "Upgrade the cluster"),
        (lambda f: replace(f, version={}), "warning", "Kubernetes", "no version that could be read", ""),
        (lambda f: replace(f, crd=None), "bad", "CRD", "is not installed", "helm install monitoring-operator charts/monitoring-operator"),
        (lambda f: replace(f, crd=NO_RIGHT), "warning", "CRD", "deployments.apps is forbidden", ""),
        (with_crd(lambda b: b["status"].clear()), "bad", "CRD", "is not established", "monitoring-operator crd"),
        (with_crd(lambda b: b["spec"]["versions"][0].update(name="v1")), "bad", "CRD", "not served as v1alpha1", "monitoring-operator crd"),
        (
            with_crd(lambda b: b["spec"]["versions"][0]["schema"]["openAPIV3Schema"].update(description="old")),
            "warning",
            "CRD",
            "the schema of another version",
            "monitoring-operator crd",
        ),
        (lambda f: replace(f, user_workload=False), "bad", "OpenShift", "does not monitor users' workloads", "enableUserWorkload: true"),
        (lambda f: replace(f, user_workload=NO_RIGHT), "warning", "OpenShift", "could not be read", "enableUserWorkload: true"),
        (lambda f: replace(f, rights=NO_RIGHT), "warning", "RBAC", "the rights could not be asked for", ""),
        (
            lambda f: replace(f, rights=Rights("ann", (Right("", "secrets", "get", "shop"), Right("", "secrets", "list", "shop")))),
            "warning",
            "RBAC",
            "ann may not get, list secrets in shop.",
            "--as system:serviceaccount:NAMESPACE:monitoring-operator",
        ),
        (
            lambda f: replace(f, served=frozenset({PROMETHEUS, ALERTMANAGER, SERVICE_MONITOR})),
            "bad",
            "prometheus-operator",
            "CRDs are not installed: PrometheusRule",
            "helm install kube-prometheus-stack",
        ),
        (
            with_deployments(operator("x/prometheus-operator:v0.84.1")),
            "bad",
            "prometheus-operator",
            "is 0.84, and 0.85",
            "Upgrade",
        ),
        (
            with_deployments(operator("x/prometheus-operator:v0.85.0", "--a=b")),
            "warning",
            "prometheus-operator",
            "does not say which rules it has accepted",
            "Upgrade it to 0.87",
        ),
        (
            with_deployments(operator("x/prometheus-operator:v0.93.0", "--a=b")),
            "warning",
            "prometheus-operator",
            "feature gate StatusForConfigurationResources is off",
            "--set prometheusOperator.featureGates.StatusForConfigurationResources=true",
        ),
        (
            with_deployments(
                operator("x/prometheus-operator:v0.93.0", "--feature-gates=StatusForConfigurationResources=true", "--namespaces=a,b"),
                sidecar(),
            ),
            "warning",
            "prometheus-operator",
            "looks into the namespaces a,b only",
            "--namespaces",
        ),
        (
            with_deployments({**operator(), "status": {}}),
            "bad",
            "prometheus-operator",
            "does not run",
            "describe deployment kps-operator",
        ),
        (
            with_workloads(workload("Alertmanager", configSecret="routes")),
            "warning",
            "Prometheus",
            "there is no Prometheus object",
            "kubectl",
        ),
        (
            with_workloads(prometheus(ruleSelector=None), workload("Alertmanager", configSecret="routes")),
            "bad",
            "Prometheus monitoring/main",
            "PrometheusRule objects: it has no ruleSelector",
            """kubectl patch prometheus main --namespace monitoring --type merge --patch '{"spec": {"ruleSelector": {}}}'""",
        ),
        (
            with_workloads(prometheus(ruleSelector=None, labels=STACK), workload("Alertmanager", configSecret="routes")),
            "bad",
            "Prometheus monitoring/main",
            "it has no ruleSelector",
            "--set prometheus.prometheusSpec.ruleSelectorNilUsesHelmValues=false",
        ),
        (
            with_workloads(prometheus(ruleNamespaceSelector=None), workload("Alertmanager", configSecret="routes")),
            "warning",
            "Prometheus monitoring/main",
            "looks into its own namespace monitoring only",
            "ruleNamespaceSelector",
        ),
        (
            with_workloads(prometheus(ruleNamespaceSelector=RELEASE), workload("Alertmanager", configSecret="routes")),
            "warning",
            "Prometheus monitoring/main",
            "namespaces with release=kps only",
            "kubectl label namespace NAMESPACE release=kps",
        ),
        (
            with_workloads(prometheus(retention=None), workload("Alertmanager", configSecret="routes")),
            "warning",
            "Prometheus",
            "for 1d",
            "15d",
        ),
        (
            with_workloads(prometheus(retention="30m"), workload("Alertmanager", configSecret="routes")),
            "bad",
            "Prometheus",
            "look back",
            "15d",
        ),
        (
            with_workloads(prometheus(paused=True), workload("Alertmanager", configSecret="routes")),
            "bad",
            "Prometheus",
            "is paused",
            "false",
        ),
        (lambda f: replace(f, workloads=(prometheus(),)), "warning", "Alertmanager", "there is no Alertmanager object", ""),
        (
            with_workloads(prometheus(), workload("Alertmanager", configSecret="routes", alertmanagerConfiguration={"name": "x"})),
            "bad",
            "Alertmanager monitoring/main",
            "reads no Secret",
            '"alertmanagerConfiguration": null',
        ),
        (
            with_workloads(prometheus(), workload("Alertmanager", configSecret="routes", version="v0.26.0")),
            "bad",
            "Alertmanager monitoring/main",
            "is 0.26, and 0.27 or newer",
            '"version": null',
        ),
        (
            with_secret({"app.kubernetes.io/managed-by": "Helm"}, {"meta.helm.sh/release-name": "kps"}),
            "bad",
            "Alertmanager monitoring/main",
            "monitoring/routes is the Helm release kps's",
            "--set alertmanager.alertmanagerSpec.useExistingSecret=true --set alertmanager.alertmanagerSpec.configSecret=",
        ),
        (
            with_secret({}),
            "bad",
            "Alertmanager monitoring/main",
            "is somebody else's",
            '"configSecret": "monitoring-profiles-alertmanager"',
        ),
        (
            with_secret({"app.kubernetes.io/managed-by": "monitoring-operator"}, {"monitoring-operator.dev/assembled-by": "old/operator"}),
            "warning",
            "Alertmanager monitoring/main",
            "is written by the operator old/operator, of which there is no Deployment",
            "kubectl annotate secret routes --namespace monitoring monitoring-operator.dev/assembled-by-",
        ),
        (
            lambda f: replace(f, secrets={("monitoring", "routes"): NO_RIGHT}),
            "warning",
            "Alertmanager monitoring/main",
            "monitoring/routes could not be read",
            "",
        ),
        (
            with_workloads(prometheus(shards=2), workload("Alertmanager", configSecret="routes")),
            "warning",
            "Prometheus monitoring/main",
            "has 2 shards, and each evaluates every rule",
            "ThanosRuler",
        ),
        (with_grafana(), "warning", "Grafana", "nothing in the cluster has a sidecar", "sidecar.dashboards.enabled=true"),
        (with_grafana(sidecar(LABEL="dash")), "bad", "Grafana monitoring/grafana", "looks for the label dash: 1", "label="),
        (
            with_grafana(sidecar(RESOURCE="secret")),
            "bad",
            "Grafana monitoring/grafana",
            "reads Secrets only",
            "resource=both",
        ),
        (
            with_grafana(sidecar(NAMESPACE=None)),
            "warning",
            "Grafana monitoring/grafana",
            "looks into monitoring only",
            "searchNamespace=ALL",
        ),
        (
            with_grafana(sidecar(FOLDER_ANNOTATION=None)),
            "warning",
            "Grafana monitoring/grafana",
            "reads no annotation",
            "provider.foldersFromFilesStructure=true",
        ),
    ],
)
def test_each_fault_is_named_with_its_mend(change: Change, level: str, subject: str, words: str, mend: str) -> None:
    """One finding for one fault, at its level, on its subject; the mend can be pasted."""
    (found,) = trouble(change(WELL))

    assert (level, True) == (found.level, found.subject.startswith(subject)), found
    assert words in found.message
    assert mend in found.mend


def test_labels_of_the_operator_must_fit() -> None:
    """Derived ones fit by themselves; those that are set are held against what is selected, and the mend carries the right ones."""
    rules, monitors = trouble(WELL, Settings(prometheus_labels={"release": "other"}))[::-1]

    assert "ServiceMonitor objects: it selects release=kps (serviceMonitorSelector), and they have release=other." in monitors.message
    assert "PrometheusRule" in rules.message
    assert "helm upgrade ... --set-string prometheus.labels.release=kps" == rules.mend
    assert [] == trouble(WELL, Settings(prometheus_labels={"release": "kps", "team": "a"}))


def test_two_prometheus_that_disagree_are_named() -> None:
    """Nothing is guessed: with labels that one of them selects the other is a warning only."""
    second = prometheus("other", serviceMonitorSelector={"matchLabels": {"release": "x"}}, ruleSelector={"matchLabels": {"release": "x"}})
    facts = replace(WELL, workloads=(*WELL.workloads, second))  # type: ignore[misc]
    unset = trouble(facts)
    chosen = trouble(facts, Settings(prometheus_labels={"release": "kps"}))

    assert "monitoring/main selects release=kps, monitoring/other selects release=x" in unset[0].message
    assert Level.BAD == unset[0].level
    assert {(Level.WARNING, "Prometheus monitoring/other")} == {(f.level, f.subject) for f in chosen}


def test_several_alertmanagers_are_a_warning_unless_they_share_a_secret() -> None:
    """The operator does not guess between two; two replicas of one configuration are one."""
    second = workload("Alertmanager", "b", configSecret="others")
    twin = workload("Alertmanager", "b", configSecret="routes")
    apart = replace(WELL, workloads=(*WELL.workloads, second), secrets={**WELL.secrets, ("monitoring", "others"): OURS})  # type: ignore[misc]

    assert ["there are 2 Alertmanager objects, and the operator does not guess."] == [f.message for f in trouble(apart)]
    assert [] == trouble(replace(WELL, workloads=(*WELL.workloads, twin)))  # type: ignore[misc]


def test_a_secret_of_an_operator_that_is_there_is_fine() -> None:
    """Its name is that of a Deployment; where these may not be read nothing is suspected."""
    named = with_secret(
        {"app.kubernetes.io/managed-by": "monitoring-operator"}, {"monitoring-operator.dev/assembled-by": "monitoring/kps-operator"}
    )

    assert [] == trouble(named(WELL))
    assert [] == [f for f in trouble(named(replace(WELL, deployments=NO_RIGHT))) if "routes" in f.message]


def test_a_secret_that_is_not_there_yet_is_fine() -> None:
    """The operator writes it; who is told nothing meanwhile hears so."""
    (found,) = [f for f in diagnose(replace(WELL, secrets={("monitoring", "routes"): None}), Settings()) if "routes" in f.message]

    assert Level.GOOD == found.level
    assert "is not there yet" in found.message


@pytest.mark.parametrize(
    ("image", "name", "stamp", "level", "words"),
    [
        ("quay.io/openshift@sha256:abc", "prometheus-operator", "0.85.0", "good", "is 0.85 by the annotation of its CRDs."),
        ("quay.io/prometheus-operator/prometheus-operator:main", "x", "0.80.0", "bad", "is 0.80 by the annotation of its CRDs"),
        ("quay.io/prometheus-operator/prometheus-operator:main", "x", "", "warning", "could not be found out"),
        ("registry:5000/mirror/prometheus-operator:v0.91.2@sha256:abc", "x", "0.80.0", "good", "is 0.91."),
    ],
)
def test_the_version_comes_from_the_image_else_from_the_crds(image: str, name: str, stamp: str, level: str, words: str) -> None:
    """A tag that is no version, or none at all, leaves the annotation of the CRDs."""
    facts = replace(WELL, stamp=stamp, deployments=(operator(image, name=name),))
    found = [f for f in diagnose(facts, Settings()) if f.subject.startswith("prometheus-operator monitoring/")]

    assert (level, True) == (found[0].level, words in found[0].message), found


def test_without_rights_on_deployments_the_rest_is_still_checked() -> None:
    """Two warnings, and the version from the CRDs."""
    facts = replace(WELL, stamp="0.93.0", deployments=NO_RIGHT, grafanas=NO_RIGHT)

    assert ["prometheus-operator", "Grafana"] == [f.subject for f in trouble(facts)]
    assert any("is 0.93 by the annotation" in f.message for f in diagnose(facts, Settings()))


def test_the_longest_window_is_that_of_a_rule() -> None:
    """Rules look back an hour at most today; a Prometheus that keeps less could never fire them."""
    assert 3600.0 <= longest_window() < 28 * 86400.0
