"""What people read in a chat or on a phone: Slack, Teams, Webex, Telegram, Pushover."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from monitoring_operator.alertmanager.messages.parts import LINK, PLAIN, TITLE, filled

_SLACK_TITLE = filled(
    """\
<<urgency>>: \
{{ with .CommonAnnotations.summary }}{{ . <<escaped>> }}{{ else }}{{ len .Alerts }} alerts{{ end }} (<<subject>>)"""
)

SLACK: Mapping[str, Any] = MappingProxyType(
    {
        "color": '{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}',
        "title": _SLACK_TITLE,
        "title_link": LINK,
        "text": filled(
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

# Teams reads brackets as links: a tenant's name must not become one.
_NO_LINKS = '| reReplaceAll "[\\\\[\\\\]]" "|"'
MSTEAMS: Mapping[str, Any] = MappingProxyType(
    {
        "title": TITLE,
        "text": filled(
            """\
{{ range $i, $alert := .Alerts }}{{ if lt $i <<most>> }}\
{{ if eq .Status "resolved" }}(resolved) {{ end }}{{ <<meaning>> <<plain>> }}\
{{ range <<labels>> }} {{ .Name }}={{ .Value <<plain>> }}{{ end }}\
{{ with .Annotations.runbook_url }} [Runbook]({{ . }}){{ end }}\
{{ with .Annotations.dashboard_url }} [Dashboard]({{ . }}){{ end }}

{{ end }}{{ end }}\
{{ if gt (len .Alerts) <<most>> }}<<most>> of {{ len .Alerts }} alerts shown{{ end }}""",
            plain=_NO_LINKS,
        ),
    }
)
"""What every Teams receiver says."""

WEBEX: Mapping[str, Any] = MappingProxyType(
    {
        "message": filled(
            """\
**<<urgency>>: {{ with .CommonAnnotations.summary }}{{ . <<escaped>> }}{{ else }}{{ len .Alerts }} alerts{{ end }} (<<subject>>)**

{{ range $i, $alert := .Alerts }}{{ if lt $i <<most>> }}\
{{ if eq .Status "resolved" }}(resolved) {{ end }}{{ <<meaning>> <<escaped>> }}\
{{ range <<labels>> }} {{ .Name }}={{ .Value <<escaped>> }}{{ end }}\
{{ with .Annotations.runbook_url }} [Runbook]({{ . }}){{ end }}\
{{ with .Annotations.dashboard_url }} [Dashboard]({{ . }}){{ end }}

{{ end }}{{ end }}\
{{ if gt (len .Alerts) <<most>> }}<<most>> of {{ len .Alerts }} alerts shown{{ end }}"""
        ),
    }
)
"""What every Webex receiver says."""

# Telegram takes 4096 characters, and Alertmanager sends nothing of a longer message in HTML, whose values it escapes by itself.
TELEGRAM: Mapping[str, Any] = MappingProxyType(
    {
        "parse_mode": "HTML",
        "message": filled(
            """\
<b><<urgency>>: {{ printf "%.300s" (or .CommonAnnotations.summary "several alerts") }} (<<subject>>)</b>
{{ range $i, $alert := .Alerts }}{{ if lt $i <<most>> }}\
{{ if eq .Status "resolved" }}(resolved) {{ end }}{{ printf "%.200s" (<<meaning>>) }}\
{{ range <<labels>> }} {{ .Name }}={{ printf "%.40s" .Value }}{{ end }}\
{{ with .Annotations.runbook_url }} <a href="{{ . }}">Runbook</a>{{ end }}\
{{ with .Annotations.dashboard_url }} <a href="{{ . }}">Dashboard</a>{{ end }}
{{ end }}{{ end }}\
{{ if gt (len .Alerts) <<most>> }}<<most>> of {{ len .Alerts }} alerts shown{{ end }}""",
            most="4",
        ),
    }
)
"""What every Telegram receiver says."""

PUSHOVER: Mapping[str, Any] = MappingProxyType(
    {
        "title": TITLE,
        "message": PLAIN,
        "url": LINK,
        "url_title": "Look",
        # 2 rings again and again until somebody acknowledges it.
        "priority": '{{ if eq .Status "resolved" }}0{{ else if eq .CommonLabels.severity "critical" }}2{{ else }}0{{ end }}',
    }
)
"""What every Pushover receiver says; Pushover shows the first 1024 characters."""
