"""What those read who are paged: PagerDuty, Opsgenie, Splunk On-Call, Amazon SNS."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from monitoring_operator.alertmanager.messages.parts import PLAIN, TITLE, filled

# Alertmanager 0.30 and newer parses a detail as YAML, and runs what is more than a string through the template engine a second time:
# a brace in a label would stop the page. A backtick cannot begin a YAML document, so a detail that begins with one stays a string.
_DETAIL = """\
{{ range $i, $alert := <<alerts>> }}{{ if lt $i <<most>> }}\
`{{ .Labels.alertname }}{{ range <<labels>> }} {{ .Name }}={{ .Value }}{{ end }}` {{ <<meaning>> }}\
{{ with .Annotations.runbook_url }} {{ . }}{{ end }}
{{ end }}{{ else }}none{{ end }}\
{{ if gt (len <<alerts>>) <<most>> }}<<most>> of {{ len <<alerts>> }} shown{{ end }}"""

_HEADLINE = filled("<<summary>> (<<subject>>)")

PAGERDUTY: Mapping[str, Any] = MappingProxyType(
    {
        "description": _HEADLINE,
        "severity": "{{ .CommonLabels.severity }}",
        "source": filled("{{ with .CommonLabels.instance }}{{ . }}{{ else }}<<subject>>{{ end }}"),
        "component": "{{ .CommonLabels.profile }}",
        "group": "{{ .CommonLabels.namespace }}",
        "class": "{{ .CommonLabels.signal }}",
        "details": {"firing": filled(_DETAIL, alerts=".Alerts.Firing"), "resolved": filled(_DETAIL, alerts=".Alerts.Resolved")},
        "links": [
            {"href": "{{ .CommonAnnotations.runbook_url }}", "text": "Runbook"},
            {"href": "{{ .CommonAnnotations.dashboard_url }}", "text": "Dashboard"},
        ],
    }
)
"""What every PagerDuty receiver says. An empty link is left out by Alertmanager."""

OPSGENIE: Mapping[str, Any] = MappingProxyType(
    {
        "message": _HEADLINE,
        "description": PLAIN,
        "source": filled("<<subject>>"),
        "entity": "{{ .CommonLabels.profile }}",
        "priority": '{{ if eq .CommonLabels.severity "critical" }}P1{{ else }}P3{{ end }}',
        "tags": "{{ .CommonLabels.severity }},{{ .CommonLabels.namespace }},{{ .CommonLabels.profile }}",
        "details": {"runbook": "{{ .CommonAnnotations.runbook_url }}", "dashboard": "{{ .CommonAnnotations.dashboard_url }}"},
    }
)
"""What every Opsgenie receiver says; the common labels are details by themselves."""

VICTOROPS: Mapping[str, Any] = MappingProxyType(
    {
        "message_type": '{{ if eq .CommonLabels.severity "critical" }}CRITICAL{{ else }}WARNING{{ end }}',
        "entity_display_name": _HEADLINE,
        "state_message": PLAIN,
        "monitoring_tool": "Alertmanager",
    }
)
"""What every Splunk On-Call receiver says."""

# SNS refuses a subject of more than 100 characters, or with a line break.
SNS: Mapping[str, Any] = MappingProxyType(
    {
        "subject": filled('{{ printf "%.95s" (printf "%s: %s/%s" (.Status | toUpper) .CommonLabels.namespace .CommonLabels.profile) }}'),
        "message": f"{TITLE}\n{PLAIN}",
    }
)
"""What is published to every topic."""
