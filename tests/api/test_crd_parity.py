"""The API server and the operator judge every spec alike, tried with specs drawn from the schema, good ones and spoilt ones."""

import copy
import functools
import http.client
import json
import operator
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from harness.cluster import Object
from harness.controlplane import ControlPlane
from harness.profiles import profile
from monitoring_operator.api.profile import InvalidProfile, parse
from monitoring_operator.content import ALERT_NAMES, DASHBOARD_NAMES
from monitoring_operator.crd import definition

SPEC = definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
Path = tuple[str | int, ...]
URL = "/apis/monitoring-operator.dev/v1alpha1/namespaces/default/monitoringprofiles?dryRun=All&fieldValidation=Strict"
SPOILT = st.sampled_from(
    ["", "x", "a b", "5m", "0s", "1h", "10000d", "A", "8080", -1, 0, 1, 1.5, 10**8, True, [], {}, ["x", "x"], {"x": "y"}]
)
"""Values that are right for one field and wrong for most."""


KEYS = st.sampled_from(["app", "team", "severity", "a-b", "a.b/c", "a b", *ALERT_NAMES[:3], "Nope"])

FROM = {"secretKeyRef": {"name": "notify", "key": "key"}}
RECEIVERS = [
    {"pagerDuty": {"routingKey": FROM, "url": "https://events.eu.pagerduty.com/v2/enqueue", "sendResolved": True}},
    {"pagerDuty": {"serviceKey": FROM}},
    {"slack": {"apiUrl": FROM, "channel": "#a", "sendResolved": False}},
    {"slack": {"botToken": FROM, "channel": "b"}},
    {"webhook": {"url": "https://hooks.example.com/x?y=z", "maxAlerts": 5, "authorization": FROM, "sendResolved": True}},
    {"webhook": {"urlFrom": FROM, "basicAuth": {"username": "me", "password": FROM}}},
    {
        "email": {
            "to": ["a@example.com", "b@example.com"],
            "from": "c@example.com",
            "smarthost": "smtp.example.com:587",
            "hello": "am.example.com",
            "auth": {"username": "me", "password": FROM},
            "requireTls": True,
            "sendResolved": False,
        }
    },
    {"msTeams": {"webhookUrl": FROM, "sendResolved": True}},
    {
        "opsgenie": {
            "apiKey": FROM,
            "apiUrl": "https://api.eu.opsgenie.com/",
            "responders": [{"type": "team", "name": "a"}],
            "sendResolved": True,
        }
    },
    {"victorOps": {"apiKey": FROM, "routingKey": "a", "sendResolved": True}},
    {"pushover": {"userKey": FROM, "token": FROM, "sendResolved": True}},
    {"telegram": {"botToken": FROM, "chatId": -100123, "sendResolved": True}},
    {"webex": {"botToken": FROM, "roomId": "Y2lz", "sendResolved": True}},
    {"sns": {"topicArn": "arn:aws:sns:eu-west-1:1:a", "region": "eu-west-1", "roleArn": "arn:aws:iam::1:role/a", "sendResolved": True}},
]
INTERVAL = {
    "times": [{"startTime": "08:00", "endTime": "24:00"}],
    "weekdays": ["monday:friday"],
    "daysOfMonth": ["1:5", "-1"],
    "months": ["may:8"],
    "years": ["2026:2028"],
    "location": "Europe/Zurich",
}
FULL: dict[str, Any] = {
    "scrape": {
        "selector": {
            "matchLabels": {"app": "web"},
            "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "old", "operator": "DoesNotExist"}],
        },
        "port": "http",
        "path": "/metrics",
        "interval": "30s",
        "timeout": "10s",
        "sampleLimit": 1000,
        "scheme": "https",
        "authorization": FROM,
    },
    "prometheus": {"labels": {"release": "main"}},
    "packs": ["ga4", "http"],
    "alerts": {
        "enabled": True,
        "runbookBaseUrl": "https://runbooks.example.com",
        "labels": {"team": "a"},
        "rules": {
            "CpuHigh": {"enabled": True, "threshold": 70, "for": "10m", "severity": "warning"},
            "Ga4ApiHighErrorRate": {"minEvents": 5, "scope": "service"},
        },
        "extra": [
            {
                "alert": "Mine",
                "expr": "up == 0",
                "for": "5m",
                "keepFiringFor": "1d",
                "severity": "info",
                "summary": "It is.",
                "description": "More.",
                "labels": {"a": "b"},
                "annotations": {"c": "d"},
            }
        ],
    },
    "notifications": {
        "mode": "Secret",
        "alertmanager": {"namespace": "monitoring", "name": "main"},
        "critical": RECEIVERS,
        "warning": RECEIVERS,
        "groupBy": ["alertname", "tenant_id"],
        "groupWait": "30s",
        "groupInterval": "5m",
        "repeatInterval": "4h",
        "muteTimes": [{"name": "a", "severities": ["warning"], "intervals": [INTERVAL]}, {"name": "b", "intervals": [INTERVAL]}],
        "activeTimes": [{"name": "c", "severities": ["critical"], "intervals": [INTERVAL]}],
        "assertions": [
            {"labels": {"severity": "critical", "tenant_id": "acme"}, "receivers": ["pagerDuty", "critical"]},
            {"labels": {"severity": "info"}, "nobody": True},
        ],
    },
    "dashboards": {
        "enabled": True,
        "folder": "Web",
        "include": ["system-overview"],
        "labels": {"grafana_dashboard": "1"},
        "namespace": "monitoring",
        "extra": [{"configMapKeyRef": {"name": "dashboards", "key": "own.json"}}],
    },
    "sentry": {"dsn": FROM, "environment": "production", "tracesSampleRate": 0.1, "profilesSampleRate": 1},
}
"""A good spec with every field there is."""


class Server:
    """Answers whether the API server would store a profile."""

    def __init__(self, control_plane: ControlPlane) -> None:
        config = json.loads(control_plane.kubeconfig.read_text())
        context = ssl.create_default_context(cafile=config["clusters"][0]["cluster"]["certificate-authority"])
        self._connection = http.client.HTTPSConnection("127.0.0.1", control_plane.port, context=context, timeout=30)
        self._headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}", "Content-Type": "application/json"}

    def refusal(self, body: Object) -> str:
        """Its words against `body`; empty if it takes it."""
        self._connection.request("POST", URL, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        told = json.loads(answer.read())
        return "" if answer.status == http.HTTPStatus.CREATED else str(told["message"])

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


@pytest.fixture(scope="module")
def server(control_plane: ControlPlane) -> Iterator[Server]:
    """One connection for all examples."""
    running = Server(control_plane)
    yield running
    running.close()


def whole(spec: dict[str, Any]) -> Object:
    """A profile with that spec."""
    return {**profile("default"), "spec": spec}


def schema_fields(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every named field of a schema, those of items and of a map's values counted as the list's and the map's own."""
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}".lstrip("."), inner
        yield from schema_fields(inner, f"{path}.{name}")
    for below in schema.keys() & {"items", "additionalProperties"}:
        yield from schema_fields(schema[below], path)


def fields(value: Any, schema: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every field within `value`, by its keys and indices, with its schema."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        below = schema["items"] if isinstance(value, list) else schema.get("properties", {}).get(key) or schema["additionalProperties"]
        yield (*path, key), below
        yield from fields(inner, below, (*path, key))


FIELDS = list(fields(FULL, SPEC))


def drawn(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values for a field: most of the right type, at its limits and just beyond."""
    right: st.SearchStrategy[Any] = st.nothing()
    if "enum" in schema:
        right = st.sampled_from(schema["enum"])
    elif schema["type"] == "string":
        right = texts(schema)
    elif schema["type"] == "integer":
        right = st.integers(int(schema.get("minimum", 0)) - 1, int(schema.get("maximum", 1000)) + 1)
    elif schema["type"] == "number":
        right = st.floats(schema.get("minimum", 0) - 0.5, schema.get("maximum", 100) + 0.5).map(lambda x: round(x, 3))
    elif "additionalProperties" in schema:
        right = st.dictionaries(KEYS, st.sampled_from(["", "a", {}]), max_size=3)
    return SPOILT | right


def texts(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """Texts of a pattern, or any, about as long as they may be."""
    longest = schema.get("maxLength", 100)
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii")).map(lambda text: text[: longest + 1])
    return st.sampled_from(["x", "éà", "{{ $value }}", "x" * longest, "x" * (longest + 1)])


@st.composite
def spoilt_specs(draw: st.DrawFn) -> dict[str, Any]:
    """The full spec with one or two fields replaced, or taken out."""
    spec = copy.deepcopy(FULL)
    for path, schema in draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=2)):
        *way, last = path
        try:
            inner = functools.reduce(operator.getitem, way, spec)
            if draw(st.integers(0, 5)):
                inner[last] = copy.deepcopy(draw(drawn(schema)))
            else:
                del inner[last]
        except (KeyError, IndexError, TypeError):
            continue  # the field before has taken this one along
    return spec


def judgement(body: Object) -> str:
    """The operator's words against `body`; empty if it takes it."""
    try:
        parsed = parse(body, strict=True)
    except InvalidProfile as invalid:
        return str(invalid)
    unknown = {*parsed.spec.alerts.rules} - {*ALERT_NAMES} | {*(parsed.spec.dashboards.include or ())} - {*DASHBOARD_NAMES}
    return f"unknown: {', '.join(sorted(unknown))}" if unknown else ""


def test_the_full_spec_is_full_and_good(server: Server) -> None:
    """Every field of the schema is in it, so every field gets spoilt; and it is the spoiling that is refused."""
    named = {".".join(k for k in path if isinstance(k, str)) for path, _ in FIELDS}

    assert ("", "") == (server.refusal(whole(FULL)), judgement(whole(FULL)))
    assert set() == {path for path, _ in schema_fields(SPEC)} - {re.sub(r"(rules)\.\w+", r"\1", n) for n in named}


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(spec=spoilt_specs())
def test_both_judge_alike(server: Server, spec: dict[str, Any]) -> None:
    """What the API server stores the operator can read, and what the operator would refuse the API server refuses at once."""
    theirs, ours = server.refusal(whole(spec)), judgement(whole(spec))
    event("taken" if not theirs else "refused by a rule" if "Invalid value" in theirs and "body" not in theirs else "refused by the schema")
    note(f"API server: {theirs}")
    note(f"operator: {ours}")

    assert bool(theirs) == bool(ours)
