"""The chart installed by Helm into a real API server: what it accepts, allows and refuses, and what an uninstallation leaves."""

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart import rendered
from harness.cluster import KubectlFailed
from harness.controlplane import ControlPlane
from harness.wait import wait_for

CRD = "monitoringprofiles.monitoring-operator.dev"
NO_CRD = {"crds": {"enabled": False}}
WEBHOOK = NO_CRD | {"webhook": {"enabled": True}}
RULES = yaml.safe_load((rendered.CHART / "files" / "rbac-rules.yaml").read_text())
SCRAPE = {"selector": {"matchLabels": {"app": "a"}}, "port": "http"}
Right = tuple[str, str, str]
"""API group, resource (with its subresource), verb."""

BEYOND: set[Right] = {
    ("", "secrets", "delete"),
    ("", "pods", "get"),
    ("", "serviceaccounts/token", "create"),
    ("apps", "deployments", "patch"),
    ("monitoring-operator.dev", "monitoringprofiles", "patch"),
    ("monitoring-operator.dev", "monitoringprofiles", "delete"),
    ("monitoring.coreos.com", "prometheuses", "patch"),
    ("rbac.authorization.k8s.io", "roles", "create"),
}
"""What a thief of the operator's token would like to do."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server with RBAC and nothing installed."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane")) as running:
        yield running


@contextlib.contextmanager
def installed(cluster: ControlPlane, namespace: str, values: rendered.Object, chart: Path = rendered.CHART) -> Iterator[str]:
    """A release of the chart with a name of its own; gives that name."""
    release = f"r-{namespace}"
    where = f"--namespace={namespace}"
    rendered.helm("upgrade", "--install", release, chart, where, values=values, kubeconfig=cluster.kubeconfig)
    try:
        yield release
    finally:
        rendered.helm("uninstall", release, where, kubeconfig=cluster.kubeconfig)


def allowed(cluster: ControlPlane, service_account: str, namespace: str, rights: Iterable[Right]) -> set[Right]:
    """Those of `rights` that the API server grants to `service_account` (NAMESPACE:NAME) in a namespace, or in all for ""."""
    ordered = sorted(rights)
    reviews = [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": f"system:serviceaccount:{service_account}",
                "resourceAttributes": {"namespace": namespace, "group": group, "verb": verb}
                | dict(zip(("resource", "subresource"), resource.split("/"), strict=False)),
            },
        }
        for group, resource, verb in ordered
    ]
    text = "\n---\n".join(json.dumps(review) for review in reviews)
    answer = cluster.kubectl("create", "--filename=-", '--output=jsonpath={.status.allowed}{"\\n"}', input=text)
    return {right for right, granted in zip(ordered, answer.split(), strict=True) if granted == "true"}


def as_rights(rules: list[dict[str, Any]]) -> set[Right]:
    """RBAC rules, each right by itself."""
    return {(g, r, v) for rule in rules for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]}


NAMESPACED = as_rights(RULES["namespaced"])
CLUSTER = as_rights(RULES["cluster"])
CONFINED = as_rights(RULES["confined"])
PROXY = as_rights(RULES["proxy"])


def test_operator_of_the_whole_cluster_has_its_rights_everywhere_and_no_others(cluster: ControlPlane) -> None:
    """The API server grants the rules in every namespace and refuses what a thief would want."""
    with cluster.namespace() as home, installed(cluster, home, NO_CRD) as release:
        account = f"{home}:{release}-monitoring-operator"

        assert allowed(cluster, account, "", NAMESPACED | CLUSTER | PROXY | BEYOND) == NAMESPACED | CLUSTER
        assert allowed(cluster, account, "kube-system", NAMESPACED | BEYOND) == NAMESPACED


def test_the_way_through_the_api_server_is_a_right_of_its_own(cluster: ControlPlane) -> None:
    """Only who asks for it gets pods/proxy."""
    with cluster.namespace() as home, installed(cluster, home, NO_CRD | {"verification": {"way": "proxy"}}) as release:
        account = f"{home}:{release}-monitoring-operator"

        assert allowed(cluster, account, "kube-system", PROXY | BEYOND) == PROXY


def test_operator_of_some_namespaces_can_do_nothing_elsewhere(cluster: ControlPlane) -> None:
    """Rights in the listed namespaces; none in another, not even in the one it runs in; none on the cluster."""
    with cluster.namespace() as home, cluster.namespace() as one, cluster.namespace() as two, cluster.namespace() as other:
        values = NO_CRD | {"watch": {"namespaces": [one, two]}}
        with installed(cluster, home, values) as release:
            account = f"{home}:{release}-monitoring-operator"
            everything = NAMESPACED | CONFINED | CLUSTER | PROXY | BEYOND

            assert {namespace: allowed(cluster, account, namespace, everything) for namespace in (one, two, other, home, "")} == {
                one: NAMESPACED | CONFINED,
                two: NAMESPACED | CONFINED,
                other: set(),
                home: set(),
                "": set(),
            }


def test_missing_namespace_in_the_list_fails_by_name(cluster: ControlPlane) -> None:
    """A Role cannot be made in a namespace that is not there, and Helm says which."""
    with (
        cluster.namespace() as home,
        pytest.raises(rendered.Refused, match='namespaces "nowhere" not found'),
        installed(cluster, home, NO_CRD | {"watch": {"namespaces": ["nowhere"]}}),
    ):
        pass


def test_pods_satisfy_the_restricted_pod_security_standard(cluster: ControlPlane) -> None:
    """Where the strictest standard is enforced the operator's and the test's pods are admitted; a laxer one is not."""
    with cluster.namespace() as home:
        cluster.kubectl("label", "namespace", home, "pod-security.kubernetes.io/enforce=restricted")
        for account in ("default", "monitoring-operator"):
            cluster.kubectl("create", "serviceaccount", account, f"--namespace={home}")
        specs = rendered.pod_specs(rendered.default())
        for spec in specs.values():
            admit(cluster, home, spec)

        with pytest.raises(KubectlFailed, match='violates PodSecurity "restricted'):
            admit(cluster, home, specs["Deployment/monitoring-operator"] | {"hostNetwork": True})


def admit(cluster: ControlPlane, namespace: str, spec: rendered.Object) -> None:
    """Have the API server judge a pod without keeping it. Raises KubectlFailed."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "candidate", "namespace": namespace}, "spec": spec}
    cluster.kubectl("create", "--dry-run=server", "--validate=strict", "--filename=-", input=json.dumps(pod))


def test_crd_outlives_its_release_and_is_taken_over_by_the_next(cluster: ControlPlane) -> None:
    """Uninstalling keeps the CRD and the profiles; installing again finds both."""
    profile = {
        "apiVersion": "monitoring-operator.dev/v1alpha1",
        "kind": "MonitoringProfile",
        "spec": {"scrape": SCRAPE},
    }
    with cluster.namespace() as home:
        with installed(cluster, home, {}):
            cluster.kubectl("wait", "--for=condition=Established", f"crd/{CRD}")
            cluster.apply(profile | {"metadata": {"name": "a", "namespace": home}})
        left = cluster.list("all,serviceaccounts,roles,rolebindings,configmaps,secrets,monitoringprofiles", home)

        assert [("MonitoringProfile", "a")] == [(o["kind"], o["metadata"]["name"]) for o in left]
        with installed(cluster, home, {}):
            assert cluster.find("monitoringprofiles", "a", home) is not None

    cluster.kubectl("delete", "crd", CRD)


def test_crd_goes_with_its_release_where_that_is_wanted(cluster: ControlPlane) -> None:
    """With crds.keep=false nothing of the release is left in the cluster."""
    with cluster.namespace() as home:
        with installed(cluster, home, {"crds": {"keep": False}}):
            assert cluster.find("crd", CRD) is not None

        # The API server empties a CRD of its objects before it lets it go.
        wait_for(lambda: cluster.find("crd", CRD) is None, what="the CRD is gone")
        assert [] == cluster.list("clusterroles,clusterrolebindings", selector="app.kubernetes.io/part-of=monitoring-operator")


def test_upgrade_of_the_release_upgrades_the_crd(cluster: ControlPlane, tmp_path: Path) -> None:
    """A chart with a newer CRD brings it with it, which Helm does not do for a chart's crds/ folder."""
    newer = tmp_path / "chart"
    shutil.copytree(rendered.CHART, newer)
    (file,) = (newer / "files" / "crds").glob("*.yaml")
    crd = yaml.safe_load(file.read_text())
    crd["spec"]["names"]["categories"] = ["newer"]
    file.write_text(yaml.safe_dump(crd))

    with cluster.namespace() as home, installed(cluster, home, {"crds": {"keep": False}}):
        rendered.helm("upgrade", f"r-{home}", newer, f"--namespace={home}", "--reuse-values", kubeconfig=cluster.kubeconfig)
        found = cluster.find("crd", CRD)

    assert found is not None
    assert found["spec"]["names"]["categories"] == ["newer"]


def upgrade(cluster: ControlPlane, namespace: str, values: rendered.Object, *args: str) -> str:
    """Another version of the release in a namespace; gives Helm's words."""
    return rendered.helm(
        "upgrade", f"r-{namespace}", rendered.CHART, f"--namespace={namespace}", *args, values=values, kubeconfig=cluster.kubeconfig
    )


def certificate(cluster: ControlPlane, namespace: str) -> tuple[dict[str, str], str]:
    """What the pods serve the webhook with, and what the API server trusts, as they are stored."""
    name = f"r-{namespace}-monitoring-operator-webhook"
    secret, configuration = cluster.find("secrets", name, namespace), cluster.find("validatingwebhookconfigurations", name)
    assert secret is not None
    assert configuration is not None
    return secret["data"], configuration["webhooks"][0]["clientConfig"]["caBundle"]


def test_an_upgrade_keeps_the_webhooks_certificate(cluster: ControlPlane) -> None:
    """Byte by byte, whatever else it changes, and a look ahead shows it: pods that run on are trusted on."""
    with cluster.namespace() as home, installed(cluster, home, WEBHOOK):
        files, bundle = certificate(cluster, home)
        ahead = upgrade(cluster, home, WEBHOOK | {"logLevel": "debug"}, "--dry-run=server", "--hide-secret")
        upgrade(cluster, home, WEBHOOK | {"logLevel": "debug"})
        upgrade(cluster, home, WEBHOOK | {"webhook": {"enabled": True, "failurePolicy": "Fail"}})

        assert {"ca.crt", "tls.crt", "tls.key"} == files.keys()
        assert (files["ca.crt"], True) == (bundle, f"caBundle: {bundle}" in ahead)
        assert (files, bundle) == certificate(cluster, home)


@pytest.mark.parametrize("missing", ["the Secret", "a key"])
def test_a_certificate_that_was_lost_is_made_anew_and_trusted(cluster: ControlPlane, missing: str) -> None:
    """By the next upgrade: certificate, key and bundle are of one piece again."""
    with cluster.namespace() as home, installed(cluster, home, WEBHOOK):
        before, _ = certificate(cluster, home)
        name, where = f"r-{home}-monitoring-operator-webhook", f"--namespace={home}"
        if missing == "the Secret":
            cluster.kubectl("delete", "secret", name, where)
        else:
            # The type of the Secret demands the other two.
            cluster.kubectl("patch", "secret", name, where, "--type=json", '--patch=[{"op": "remove", "path": "/data/ca.crt"}]')
        upgrade(cluster, home, WEBHOOK)
        files, bundle = certificate(cluster, home)

        assert not {*before.values()} & {*files.values()}
        assert files["ca.crt"] == bundle


def test_without_an_operator_a_strict_webhook_stops_new_specs_alone(cluster: ControlPlane) -> None:
    """With failurePolicy Fail nobody gets a profile in, or changes one; labels and finalizers still come off, and the profile goes."""
    values, where = {"crds": {"keep": False}}, {"name": "a"}
    profile = {"apiVersion": "monitoring-operator.dev/v1alpha1", "kind": "MonitoringProfile", "spec": {"scrape": SCRAPE}}
    with cluster.namespace() as home, installed(cluster, home, values):
        cluster.kubectl("wait", "--for=condition=Established", f"crd/{CRD}")
        cluster.apply(profile | {"metadata": where | {"namespace": home, "labels": {"a": "b"}, "finalizers": ["example.com/a"]}})
        upgrade(cluster, home, values | {"webhook": {"enabled": True, "failurePolicy": "Fail"}})
        patch = ("patch", "monitoringprofile", "a", f"--namespace={home}", "--type=merge")

        def refused() -> bool:
            try:
                cluster.kubectl(*patch, "--dry-run=server", '--patch={"spec": {"packs": ["http"]}}')
            except KubectlFailed as failed:
                return "failed calling webhook" in str(failed)
            return False

        # A new configuration is noticed after a moment.
        wait_for(refused, what="a change of the spec is refused", timeout=60)
        cluster.kubectl("label", "monitoringprofile", "a", "a-", f"--namespace={home}")
        cluster.kubectl("delete", "monitoringprofile", "a", f"--namespace={home}", "--wait=false")
        cluster.kubectl(*patch, '--patch={"metadata": {"finalizers": null}}')

        assert cluster.find("monitoringprofiles", "a", home) is None


def test_with_the_webhook_goes_what_was_made_for_it(cluster: ControlPlane) -> None:
    """An upgrade that switches it off leaves no configuration that would ask nobody."""
    with cluster.namespace() as home, installed(cluster, home, WEBHOOK):
        upgrade(cluster, home, NO_CRD)
        left = cluster.list("secrets,services,validatingwebhookconfigurations", selector=f"app.kubernetes.io/instance=r-{home}")

        assert [] == [o["metadata"]["name"] for o in left if o["metadata"]["name"].endswith("-webhook")]
