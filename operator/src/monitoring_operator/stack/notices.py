"""A notification as a person would read it on a phone or in a channel: plain lines."""

import html
import re
from collections.abc import Mapping
from typing import Any

from monitoring_operator.stack.stand_ins import Notification

_LINK = re.compile(r" ?<([^|>]*)\|([^>]+)>")


def heading(notification: Notification) -> str:
    """Who is told, by which receiver."""
    return f"{notification.service} is told ({notification.receiver})"


def lines(notification: Notification) -> list[str]:
    """What is said."""
    body = notification.body
    match notification.service:
        case "PagerDuty":
            said = _pagerduty(body)
        case "Slack":
            said = _slack(body)
        case _:
            said = _webhook(body)
    return [line.rstrip() for text in said if text for line in text.splitlines() if line.strip()]


def _pagerduty(body: Mapping[str, Any]) -> list[str]:
    """Events API v2 has a payload, v1 has its fields at the top."""
    payload = body.get("payload") or body
    details = payload.get("custom_details") or payload.get("details") or {}
    state = "resolved" if "resolve" in str(body.get("event_action", body.get("event_type"))) else "firing"
    links = [_link(str(link["href"]), str(link.get("text", "link"))) for link in body.get("links") or ()]
    title = str(payload.get("summary") or payload.get("description") or "")
    return [f"{state.upper()}: {title}", str(details.get(state, "")).replace("`", ""), *links]


def _slack(body: Mapping[str, Any]) -> list[str]:
    """Attachments as Alertmanager writes them; `<URL|word>` is Slack's link, and &, < and > are escaped."""
    said = [f"in {body['channel']}"] if body.get("channel") else []
    for attachment in body.get("attachments") or ():
        text = _LINK.sub(lambda found: f"\n{_link(found[1], found[2])}", str(attachment.get("text", "")))
        said += [html.unescape(str(attachment.get("title", ""))), html.unescape(text)]
    return said


def _link(url: str, words: str) -> str:
    """Nothing for a link without a host: there is no Grafana that it could lead to."""
    return f"{words}: {url}" if url.startswith(("http://", "https://")) else ""


def _webhook(body: Mapping[str, Any]) -> list[str]:
    said = []
    for alert in body.get("alerts") or ():
        name, summary = alert.get("labels", {}).get("alertname"), alert.get("annotations", {}).get("summary", "")
        said.append(f"{str(alert.get('status', '')).upper()}: {name}: {summary}")
    return said
