"""Profiles with notifications: given ones for single cases, random ones for what must hold for all of them."""

from collections.abc import Mapping
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


@st.composite
def receivers(draw: st.DrawFn) -> dict[str, Any]:
    """One receiver of any kind, as a profile holds it."""
    credential = ref(draw(st.sampled_from(["k1", "k2", "k3"])), draw(st.sampled_from(["s1", "s2"])))
    resolved = draw(st.booleans())
    match draw(st.sampled_from(["routingKey", "serviceKey", "apiUrl", "botToken"])):
        case "routingKey" | "serviceKey" as field:
            return {"pagerDuty": {field: credential, "sendResolved": resolved}}
        case field:
            return {"slack": {field: credential, "sendResolved": resolved, "channel": draw(CHANNELS)}}


@st.composite
def parts(draw: st.DrawFn) -> Fragment:
    """The part of a random profile, some of whose credentials may be absent."""
    told = st.lists(receivers(), max_size=3)
    critical, warning = draw(told), draw(told)
    if not critical and not warning:
        warning = [slack()]
    built = profile(
        draw(NAMESPACES),
        draw(NAMES),
        critical=critical,
        warning=warning,
        groupBy=draw(st.lists(st.sampled_from(["alertname", "namespace", "tenant_id"]), min_size=1, max_size=3, unique=True)),
        groupWait=draw(DURATIONS),
        groupInterval=draw(DURATIONS),
        repeatInterval=draw(DURATIONS),
    )
    found = {ref: draw(CREDENTIALS) for ref in wanted(built)}
    result = fragment(built, {ref: value for ref, value in found.items() if value is not None})
    assert result is not None
    return result


def sets_of_parts(max_size: int = 5) -> st.SearchStrategy[list[Fragment]]:
    """Parts of different profiles."""
    return st.lists(parts(), max_size=max_size, unique_by=lambda f: (f.namespace, f.profile))
