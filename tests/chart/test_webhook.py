"""The admission webhook: off by default; on, for our own kind alone, with a certificate that clients of its Service accept."""

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chart import rendered
from harness.fake_cluster import profile_body
from monitoring_operator.admission.server import LONGEST_BODY, serve
from monitoring_operator.api.foreseen import Foreseen
from monitoring_operator.api.profile import Profile

ENABLED = {"webhook": {"enabled": True}}
OBJECTS = rendered.template(ENABLED)
NAME = "monitoring-operator-webhook"
HOST = f"{NAME}.{rendered.NAMESPACE}.svc"


def certificate(objects: list[rendered.Object]) -> dict[str, bytes]:
    """The files that the pod finds."""
    return {k: base64.b64decode(v) for k, v in rendered.only(objects, "Secret")["data"].items()}


def put(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files into a folder."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def nothing(_profile: Profile, _before: Profile | None) -> Foreseen:
    """Nothing stands in the way."""
    return Foreseen()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pod has its certificate."""
    return put(tmp_path / "tls", certificate(OBJECTS))


@pytest.fixture
def server(folder: Path) -> Iterator[ThreadingHTTPServer]:
    """The webhook with the chart's certificate."""
    running = serve("127.0.0.1", 0, folder, nothing)
    yield running
    running.shutdown()
    running.server_close()


def ask(server: ThreadingHTTPServer, authority: bytes, body: bytes, path: str = "/validate") -> tuple[int, Any]:
    """Status and body of the answer, asked as the API server does: by the Service's name, trusting the bundle only."""
    context = ssl.create_default_context(cadata=authority.decode())
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    connection.connect()
    with closing(connection):
        connection.sock = context.wrap_socket(connection.sock, server_hostname=HOST)
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def question(**spec: Any) -> bytes:
    """An AdmissionReview."""
    kind = {"group": "monitoring-operator.dev", "version": "v1alpha1", "kind": "MonitoringProfile"}
    request = {"uid": "u", "kind": kind, "operation": "CREATE", "namespace": "shop", "object": profile_body(**spec)}
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).encode()


def test_it_is_off_by_default() -> None:
    """No configuration, no Service, no certificate, no argument."""
    default = rendered.default()

    assert [] == rendered.of_kind(default, "ValidatingWebhookConfiguration") + rendered.of_kind(default, "Secret")
    assert [] == [a for a in rendered.operator_container(default)["args"] if "webhook" in a]


def test_it_is_asked_about_our_own_kind_alone() -> None:
    """With nothing changed on the way, and the API server's answer when we are not there is yes, unless the values say otherwise."""
    (webhook,) = rendered.only(OBJECTS, "ValidatingWebhookConfiguration")["webhooks"]
    (rule,) = webhook["rules"]
    strict = rendered.template({"webhook": {"enabled": True, "failurePolicy": "Fail"}})

    assert ([["monitoring-operator.dev"], ["monitoringprofiles"], ["CREATE", "UPDATE"]]) == [
        rule[k] for k in ("apiGroups", "resources", "operations")
    ]
    assert ("None", "Ignore", True) == (webhook["sideEffects"], webhook["failurePolicy"], webhook["timeoutSeconds"] <= 5)
    assert "Fail" == rendered.only(strict, "ValidatingWebhookConfiguration")["webhooks"][0]["failurePolicy"]


def test_the_watched_namespaces_limit_it() -> None:
    """Where the operator does not look, it does not speak."""
    (webhook,) = rendered.only(rendered.template({**ENABLED, "watch": {"namespaces": ["a"]}}), "ValidatingWebhookConfiguration")["webhooks"]

    assert [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["a"]}] == webhook["namespaceSelector"]["matchExpressions"]


def test_service_pod_and_configuration_fit_together() -> None:
    """Port, Secret and bundle are the same everywhere."""
    service = next(s for s in rendered.of_kind(OBJECTS, "Service") if s["metadata"]["name"] == NAME)
    container, spec = rendered.operator_container(OBJECTS), rendered.only(OBJECTS, "Deployment")["spec"]["template"]["spec"]
    client = rendered.only(OBJECTS, "ValidatingWebhookConfiguration")["webhooks"][0]["clientConfig"]

    assert {"name": "webhook", "containerPort": 9443} in container["ports"]
    assert ("webhook", 443) == (service["spec"]["ports"][0]["targetPort"], client["service"]["port"])
    assert {"--webhook-port=9443", "--webhook-certificates=/etc/monitoring-operator/webhook"} <= set(container["args"])
    assert {"name": "webhook", "mountPath": "/etc/monitoring-operator/webhook", "readOnly": True} in container["volumeMounts"]
    assert {"name": "webhook", "secret": {"secretName": NAME}} in spec["volumes"]
    assert certificate(OBJECTS)["ca.crt"] == base64.b64decode(client["caBundle"])


def test_cert_manager_makes_the_certificate_where_it_is_asked_to() -> None:
    """Self-signed, or by an issuer of the cluster's; the bundle is injected, and the chart makes no Secret."""
    own = rendered.template({"webhook": {"enabled": True, "certManager": {"enabled": True}}})
    issuer = {"kind": "ClusterIssuer", "name": "ca"}
    given = rendered.template({"webhook": {"enabled": True, "certManager": {"enabled": True, "issuerRef": issuer}}})

    assert [] == rendered.of_kind(own, "Secret") + rendered.of_kind(given, "Issuer")
    assert {"kind": "Issuer", "name": rendered.only(own, "Issuer")["metadata"]["name"]} == rendered.only(own, "Certificate")["spec"][
        "issuerRef"
    ]
    assert issuer == rendered.only(given, "Certificate")["spec"]["issuerRef"]
    configuration = rendered.only(own, "ValidatingWebhookConfiguration")
    assert f"{rendered.NAMESPACE}/{NAME}" == configuration["metadata"]["annotations"]["cert-manager.io/inject-ca-from"]
    assert "caBundle" not in configuration["webhooks"][0]["clientConfig"]


def test_the_api_server_would_be_answered(server: ThreadingHTTPServer) -> None:
    """The chart's certificate is for the Service's name, and signed by the bundle."""
    status, body = ask(server, certificate(OBJECTS)["ca.crt"], question())

    assert (200, True) == (status, json.loads(body)["response"]["allowed"])


def test_a_new_certificate_is_used_at_once(server: ThreadingHTTPServer, folder: Path) -> None:
    """Without a restart."""
    renewed = certificate(rendered.template(ENABLED))
    ask(server, certificate(OBJECTS)["ca.crt"], question())
    put(folder, renewed)

    assert 200 == ask(server, renewed["ca.crt"], question())[0]


def test_half_a_replacement_leaves_the_old_one_in_use(server: ThreadingHTTPServer, folder: Path) -> None:
    """The new certificate is there, its key not yet."""
    put(folder, {"tls.crt": certificate(rendered.template(ENABLED))["tls.crt"]})

    assert 200 == ask(server, certificate(OBJECTS)["ca.crt"], question())[0]


def test_a_client_that_says_nothing_keeps_nobody_waiting(server: ThreadingHTTPServer) -> None:
    """Not even with the handshake."""
    with socket.create_connection(("127.0.0.1", server.server_address[1])):
        assert 200 == ask(server, certificate(OBJECTS)["ca.crt"], question())[0]


@pytest.mark.parametrize(
    ("body", "path", "status"), [(b"{", "/validate", 400), (b"[]", "/validate", 400), (b"{}", "/validate", 400), (b"", "/", 404)]
)
def test_what_makes_no_sense_is_told(server: ThreadingHTTPServer, body: bytes, path: str, status: int) -> None:
    """As an error of the client, which is no refusal of anybody's profile."""
    assert status == ask(server, certificate(OBJECTS)["ca.crt"], body, path)[0]


def test_what_is_too_large_is_not_read(server: ThreadingHTTPServer) -> None:
    """The head is enough to say so."""
    context = ssl.create_default_context(cadata=certificate(OBJECTS)["ca.crt"].decode())
    with (
        socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname=HOST) as tls,
    ):
        tls.sendall(f"POST /validate HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {LONGEST_BODY + 1}\r\n\r\n".encode())

        assert tls.recv(100).startswith(b"HTTP/1.1 413 ")


def test_without_a_certificate_it_does_not_start(tmp_path: Path) -> None:
    """And says which file is missing."""
    with pytest.raises(OSError, match=r"tls\.crt"):
        serve("127.0.0.1", 0, tmp_path, nothing)
