"""Profiles with notifications: given ones for single cases, random ones for what must hold for all of them."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from monitoring_operator.alertmanager.credentials import wanted
from monitoring_operator.alertmanager.fragment import Fragment, fragment
from monitoring_operator.api.profile import Profile, parse

# Few and treacherous: parts of one name occur in another, and look like parts of keys.
NAMESPACES = st.sampled_from(["a", "b", "a-b", "critical", "team-1"]) | st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
NAMES = st.sampled_from(["a", "b", "a.b", "b.critical.0", "critical", "null"]) | st.from_regex(
    r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?", fullmatch=True
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
CHANNELS = TEXT | st.sampled_from(
    ["#alerts", "{{", "}}", "{$(HOME)", "$(POD_NAME)", "null", "~", "yes", "1:30", "<<", "*x", "&x", "- a", "a: b"]
)
DURATIONS = st.sampled_from(["1s", "30s", "5m", "1h30m", "2d", "1w", "500ms", "1m5s"])
CREDENTIALS = st.none() | TEXT.filter(lambda text: text.strip() != "")


def ref(key: str, secret: str = "notify") -> dict[str, Any]:
    """A reference to a credential, as a profile holds it."""
    return {"secretKeyRef": {"name": secret, "key": key}}


def pagerduty(key: str = "pagerduty", **fields: Any) -> dict[str, Any]:
    """A PagerDuty receiver, as a profile holds it."""
    return {"pagerDuty": {"routingKey": ref(key), **fields}}


def slack(key: str = "slack", channel: str = "#alerts", **fields: Any) -> dict[str, Any]:
    """A Slack receiver with an incoming webhook, as a profile holds it."""
    return {"slack": {"apiUrl": ref(key), "channel": channel, **fields}}


def slack_bot(key: str = "bot", channel: str = "#alerts") -> dict[str, Any]:
    """A Slack receiver with a bot's token, as a profile holds it."""
    return {"slack": {"botToken": ref(key), "channel": channel}}


def profile(namespace: str = "analytics", name: str = "ga4", **notifications: Any) -> Profile:
    """A valid profile with these notifications; without any it has no notifications section."""
    spec: dict[str, Any] = {"scrape": {"selector": {"matchLabels": {"app": "x"}}, "port": "http"}}
    if notifications:
        spec["notifications"] = notifications
    return parse({"metadata": {"namespace": namespace, "name": name, "uid": "u"}, "spec": spec})


def part(namespace: str = "analytics", name: str = "ga4", values: Mapping[str, str] | None = None, **notifications: Any) -> Fragment:
    """The part of `profile(...)`, with a credential for every reference, or those of `values` (key -> credential) alone."""
    built = profile(namespace, name, **notifications)
    present = {ref: f"value-of-{ref[1]}" for ref in wanted(built)} if values is None else {("notify", k): v for k, v in values.items()}
    result = fragment(built, present)
    assert result is not None
    return result


WORDS = st.from_regex(r"[-._A-Za-z0-9]{1,20}", fullmatch=True)
ADDRESSES = st.from_regex(r"[a-z.+]{1,10}@[a-z]{1,10}\.example", fullmatch=True)


def every_kind(credential: Callable[[str], dict[str, Any]] = ref) -> dict[str, dict[str, Any]]:
    """A receiver of every kind but PagerDuty and Slack, as a profile holds it; `credential` makes the reference for a key."""
    return {
        "webhook": {"webhook": {"url": "https://hooks.example.com/a?b=c", "maxAlerts": 5, "authorization": credential("webhook")}},
        "secret-webhook": {"webhook": {"urlFrom": credential("url"), "basicAuth": {"username": "me", "password": credential("password")}}},
        "email": {
            "email": {
                "to": ["team@example.com", "lead@example.com"],
                "from": "alerts@example.com",
                "smarthost": "smtp.example.com:587",
                "hello": "alertmanager.example.com",
                "auth": {"username": "alerts", "password": credential("email")},
            }
        },
        "msteams": {"msTeams": {"webhookUrl": credential("teams")}},
        "opsgenie": {
            "opsgenie": {
                "apiKey": credential("opsgenie"),
                "apiUrl": "https://api.eu.opsgenie.com/",
                "responders": [{"type": "team", "name": "Analytics {{"}, {"type": "user", "name": "a@example.com"}],
            }
        },
        "victorops": {"victorOps": {"apiKey": credential("victorops"), "routingKey": "analytics"}},
        "pushover": {"pushover": {"userKey": credential("user"), "token": credential("token")}},
        "telegram": {"telegram": {"botToken": credential("telegram"), "chatId": -1001234567890}},
        "webex": {"webex": {"botToken": credential("webex"), "roomId": "Y2lzY29zcGFyazov"}},
        "sns": {"sns": {"topicArn": "arn:aws:sns:eu-west-1:123456789012:alerts", "region": "eu-west-1"}},
    }


@st.composite
def receivers(draw: st.DrawFn) -> dict[str, Any]:
    """One receiver of any kind, as a profile holds it."""

    def credential(_: str = "") -> dict[str, Any]:
        return ref(draw(st.sampled_from(["k1", "k2", "k3"])), draw(st.sampled_from(["s1", "s2"])))

    resolved = draw(st.booleans())
    others = every_kind(credential)
    kind: str = draw(st.sampled_from(["routingKey", "serviceKey", "apiUrl", "botToken", *others]))
    if kind in ("routingKey", "serviceKey"):
        return {"pagerDuty": {kind: credential(), "sendResolved": resolved}}
    if kind in ("apiUrl", "botToken"):
        return {"slack": {kind: credential(), "sendResolved": resolved, "channel": draw(CHANNELS)}}
    ((field, given),) = others[kind].items()
    if field == "opsgenie":
        given["responders"] = [{"type": "team", "name": draw(TEXT)}]
    elif field == "email":
        given["to"] = draw(st.lists(ADDRESSES, min_size=1, max_size=3))
    elif field == "victorOps":
        given["routingKey"] = draw(WORDS)
    return {field: {**given, "sendResolved": resolved}}


@st.composite
def times(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Mute or active times, as a profile holds them."""
    begin, end = sorted(draw(st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True)))
    interval: dict[str, Any] = {
        "times": [{"startTime": f"{begin // 60:02}:{begin % 60:02}", "endTime": f"{end // 60:02}:{end % 60:02}"}],
        "weekdays": draw(st.sampled_from([["monday:friday"], ["saturday", "sunday"]])),
        "daysOfMonth": draw(st.sampled_from([["1:5", "-3:-1"], ["31"]])),
        "months": draw(st.sampled_from([["january:3"], ["12"]])),
        "years": ["2026:2030"],
        "location": draw(st.sampled_from(["UTC", "Europe/Zurich", "America/New_York"])),
    }
    kept = draw(st.sets(st.sampled_from(sorted(interval))))
    severities = draw(st.sampled_from([["critical"], ["warning"], ["critical", "warning"]]))
    return {"name": name, "severities": severities, "intervals": [{k: v for k, v in interval.items() if k in kept}]}


@st.composite
def sections(draw: st.DrawFn) -> dict[str, Any]:
    """A random notifications section that is valid, without the name of an Alertmanager; it tells at least one."""
    told = st.lists(receivers(), max_size=3)
    critical, warning = draw(told), draw(told)
    if not critical and not warning:
        warning = [slack()]
    return {
        "critical": critical,
        "warning": warning,
        "groupBy": draw(st.lists(st.sampled_from(["alertname", "namespace", "tenant_id"]), min_size=1, max_size=3, unique=True)),
        "groupWait": draw(DURATIONS),
        "groupInterval": draw(DURATIONS),
        "repeatInterval": draw(DURATIONS),
        "muteTimes": [draw(times(name)) for name in draw(st.sampled_from([[], ["nights"], ["a", "b"]]))],
        "activeTimes": [draw(times(name)) for name in draw(st.sampled_from([[], ["office"]]))],
    }


@st.composite
def parts(draw: st.DrawFn) -> Fragment:
    """The part of a random profile, some of whose credentials may be absent."""
    built = profile(draw(NAMESPACES), draw(NAMES), **draw(sections()))
    found = {ref: draw(CREDENTIALS) for ref in wanted(built)}
    result = fragment(built, {ref: value for ref, value in found.items() if value is not None})
    assert result is not None
    return result


def sets_of_parts(max_size: int = 5) -> st.SearchStrategy[list[Fragment]]:
    """Parts of different profiles."""
    return st.lists(parts(), max_size=max_size, unique_by=lambda f: (f.namespace, f.profile))
