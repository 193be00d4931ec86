"""What people read: templates in Alertmanager's language, the same for every profile.

Every label of a fence and of a severity route is common to its notifications, so `.CommonLabels.namespace`, `.profile` and
`.severity` are always there.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_PARTS = {
    "subject": "{{ .CommonLabels.namespace }}/{{ .CommonLabels.profile }}",
    "meaning": "or .Annotations.description .Annotations.summary .Labels.alertname",
    "labels": '(.Labels.Remove (stringSlice "alertname" "namespace" "profile" "severity" "signal" "job")).SortedPairs',
    # Slack reads &, < and > as markup: a tenant called <!channel> would call everybody.
    "escaped": '| reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;"',
    "most": "20",
}


def _filled(text: str, **more: str) -> str:
    parts = {**_PARTS, **more}
    return re.sub("<<([a-z]+)>>", lambda found: parts[found[1]], text)


# Alertmanager 0.30 and newer parses a detail as YAML, and runs what is more than a string through the template engine a second time:
# a brace in a label would stop the page. A backtick cannot begin a YAML document, so a detail that begins with one stays a string.
_DETAIL = """\
{{ range $i, $alert := <<alerts>> }}{{ if lt $i <<most>> }}\
`{{ .Labels.alertname }}{{ range <<labels>> }} {{ .Name }}={{ .Value }}{{ end }}` {{ <<meaning>> }}\
{{ with .Annotations.runbook_url }} {{ . }}{{ end }}
{{ end }}{{ else }}none{{ end }}\
{{ if gt (len <<alerts>>) <<most>> }}<<most>> of {{ len <<alerts>> }} shown{{ end }}"""

PAGERDUTY: Mapping[str, Any] = MappingProxyType(
    {
        "description": _filled(
            "{{ with .CommonAnnotations.summary }}{{ . }}{{ else }}{{ len .Alerts }} alerts{{ end }} (<<subject>>)",
        ),
        "severity": "{{ .CommonLabels.severity }}",
        "source": _filled("{{ with .CommonLabels.instance }}{{ . }}{{ else }}<<subject>>{{ end }}"),
        "component": "{{ .CommonLabels.profile }}",
        "group": "{{ .CommonLabels.namespace }}",
        "class": "{{ .CommonLabels.signal }}",
        "details": {"firing": _filled(_DETAIL, alerts=".Alerts.Firing"), "resolved": _filled(_DETAIL, alerts=".Alerts.Resolved")},
        "links": [
            {"href": "{{ .CommonAnnotations.runbook_url }}", "text": "Runbook"},
            {"href": "{{ .CommonAnnotations.dashboard_url }}", "text": "Dashboard"},
        ],
    }
)
"""What every PagerDuty receiver says. An empty link is left out by Alertmanager."""

_SLACK_TITLE = _filled(
    """\
{{ if eq .Status "firing" }}{{ .CommonLabels.severity | toUpper }}{{ else }}RESOLVED{{ end }}: \
{{ with .CommonAnnotations.summary }}{{ . <<escaped>> }}{{ else }}{{ len .Alerts }} alerts{{ end }} (<<subject>>)"""
)

SLACK: Mapping[str, Any] = MappingProxyType(
    {
        "color": '{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}',
        "title": _SLACK_TITLE,
        "title_link": "{{ or .CommonAnnotations.dashboard_url .CommonAnnotations.runbook_url .ExternalURL }}",
        "text": _filled(
            """\
{{ range $i, $alert := .Alerts }}{{ if lt $i <<most>> }}\
{{ if eq .Status "resolved" }}(resolved) {{ end }}{{ <<meaning>> <<escaped>> }}\
{{ range <<labels>> }} {{ .Name }}={{ .Value <<escaped>> }}{{ end }}\
{{ with .Annotations.runbook_url }} <{{ . <<escaped>> }}|Runbook>{{ end }}\
{{ with .Annotations.dashboard_url }} <{{ . <<escaped>> }}|Dashboard>{{ end }}
{{ end }}{{ end }}\
{{ if gt (len .Alerts) <<most>> }}<<most>> of {{ len .Alerts }} alerts shown{{ end }}"""
        ),
        "fallback": _SLACK_TITLE,
    }
)
"""What every Slack receiver says."""
