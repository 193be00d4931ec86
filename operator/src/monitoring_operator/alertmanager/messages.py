"""What people read: templates in Alertmanager's language, the same for every profile.

Every label of a fence and of a severity route is common to its notifications, so `.CommonLabels.namespace`, `.profile` and
`.severity` are always there.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_ALERTS_SHOWN = 20

# Slack reads &, < and > as markup: a tenant called <!channel> would call everybody.
_SLACK = '| reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;"'
# Alertmanager 0.30 and newer runs a PagerDuty detail that happens to be YAML through the template engine a second time: a brace in
# a label would break the page.
_PLAIN = '| reReplaceAll "[{]" "("'

_SUBJECT = "{{ .CommonLabels.namespace }}/{{ .CommonLabels.profile }}"
_SUMMARY = "{{ with .CommonAnnotations.summary }}{{ %s }}{{ else }}{{ len .Alerts }} alerts{{ end }}"
_LABELS = '(.Labels.Remove (stringSlice "alertname" "namespace" "profile" "severity" "signal" "job")).SortedPairs'
_MEANING = "or .Annotations.description .Annotations.summary .Labels.alertname"


def _details(alerts: str) -> str:
    # The opening bracket keeps the text from being YAML, and thus text.
    return (
        f"{{{{ range $i, $alert := {alerts} }}}}{{{{ if lt $i {_ALERTS_SHOWN} }}}}"
        f"[{{{{ .Labels.alertname }}}}{{{{ range {_LABELS} }}}} {{{{ .Name }}}}={{{{ .Value {_PLAIN} }}}}{{{{ end }}}}]"
        f" {{{{ {_MEANING} {_PLAIN} }}}}{{{{ with .Annotations.runbook_url }}}} {{{{ . {_PLAIN} }}}}{{{{ end }}}}\n"
        f"{{{{ end }}}}{{{{ else }}}}none{{{{ end }}}}"
        f"{{{{ if gt (len {alerts}) {_ALERTS_SHOWN} }}}}{_ALERTS_SHOWN} of {{{{ len {alerts} }}}} shown{{{{ end }}}}"
    )


_PAGERDUTY_DESCRIPTION = f"{_SUMMARY % '.'} ({_SUBJECT})"
_PAGERDUTY_SOURCE = f"{{{{ with .CommonLabels.instance }}}}{{{{ . }}}}{{{{ else }}}}{_SUBJECT}{{{{ end }}}}"

_SLACK_TITLE = (
    f'{{{{ if eq .Status "firing" }}}}{{{{ .CommonLabels.severity | toUpper }}}}{{{{ else }}}}RESOLVED{{{{ end }}}}: '
    f"{_SUMMARY % f'. {_SLACK}'} ({_SUBJECT})"
)
_SLACK_COLOR = '{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}'
_SLACK_TEXT = (
    f"{{{{ range $i, $alert := .Alerts }}}}{{{{ if lt $i {_ALERTS_SHOWN} }}}}"
    f'{{{{ if eq .Status "resolved" }}}}(resolved) {{{{ end }}}}{{{{ {_MEANING} {_SLACK} }}}}'
    f"{{{{ range {_LABELS} }}}} {{{{ .Name }}}}={{{{ .Value {_SLACK} }}}}{{{{ end }}}}"
    f"{{{{ with .Annotations.runbook_url }}}} <{{{{ . {_SLACK} }}}}|Runbook>{{{{ end }}}}"
    f"{{{{ with .Annotations.dashboard_url }}}} <{{{{ . {_SLACK} }}}}|Dashboard>{{{{ end }}}}\n"
    f"{{{{ end }}}}{{{{ end }}}}"
    f"{{{{ if gt (len .Alerts) {_ALERTS_SHOWN} }}}}{_ALERTS_SHOWN} of {{{{ len .Alerts }}}} alerts shown{{{{ end }}}}"
)

PAGERDUTY: Mapping[str, Any] = MappingProxyType(
    {
        "description": _PAGERDUTY_DESCRIPTION,
        "severity": "{{ .CommonLabels.severity }}",
        "source": _PAGERDUTY_SOURCE,
        "component": "{{ .CommonLabels.profile }}",
        "group": "{{ .CommonLabels.namespace }}",
        "class": "{{ .CommonLabels.signal }}",
        "details": {"firing": _details(".Alerts.Firing"), "resolved": _details(".Alerts.Resolved")},
        "links": [
            {"href": "{{ .CommonAnnotations.runbook_url }}", "text": "Runbook"},
            {"href": "{{ .CommonAnnotations.dashboard_url }}", "text": "Dashboard"},
        ],
    }
)
"""What every PagerDuty receiver says. An empty link is left out by Alertmanager."""

SLACK: Mapping[str, Any] = MappingProxyType(
    {
        "color": _SLACK_COLOR,
        "title": _SLACK_TITLE,
        "title_link": "{{ or .CommonAnnotations.dashboard_url .CommonAnnotations.runbook_url .ExternalURL }}",
        "text": _SLACK_TEXT,
        "fallback": _SLACK_TITLE,
    }
)
"""What every Slack receiver says."""
