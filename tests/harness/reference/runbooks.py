"""docs/runbooks.md: the way from an alert's name to its runbook."""

from harness.content.runbooks import FOLDER
from monitoring_operator.content import catalogue

_INTRO = """\
# Runbooks

What to do when an alert fires: what it means, who feels it, how to find the cause, how to end it, and how to tune the alert. Each alert's
`runbook_url` leads to its page; `spec.alerts.runbookBaseUrl` leads to pages of your own instead.

| alert | severity | |
| --- | --- | --- |"""


def page() -> str:
    """The whole page."""
    alerts = catalogue.alerts()
    operators = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem not in alerts)
    rows = [f"| [{alert.name}](runbooks/{alert.name}.md) | {alert.severity} | {alert.summary} |" for alert in alerts.values()]
    own = [f"- [{name}](runbooks/{name}.md)" for name in operators]
    return "\n".join([_INTRO, *rows, "", "Alerts on the operator itself, which the chart brings (`prometheusRule.enabled`):", "", *own, ""])
