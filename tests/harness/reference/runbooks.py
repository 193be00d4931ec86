"""docs/runbooks.md: the way from an alert's name to its runbook."""

from monitoring_operator.content import catalogue

_INTRO = """\
# Runbooks

What to do when an alert fires: what it means, who feels it, how to find the cause, how to end it, and how to tune the alert. Each alert's
`runbook_url` leads to its page; `spec.alerts.runbookBaseUrl` leads to pages of your own instead.

| alert | severity | |
| --- | --- | --- |"""


def page() -> str:
    """The whole page."""
    rows = [f"| [{alert.name}](runbooks/{alert.name}.md) | {alert.severity} | {alert.summary} |" for alert in catalogue.alerts().values()]
    return "\n".join([_INTRO, *rows, ""])
