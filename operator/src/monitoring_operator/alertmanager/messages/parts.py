"""What all messages are made of: pieces of Alertmanager's template language, filled into one another.

Every label of a fence and of a severity route is common to its notifications, so `.CommonLabels.namespace`, `.profile` and
`.severity` are always there.
"""

import re

_PARTS = {
    "subject": "{{ .CommonLabels.namespace }}/{{ .CommonLabels.profile }}",
    "summary": "{{ with .CommonAnnotations.summary }}{{ . }}{{ else }}{{ len .Alerts }} alerts{{ end }}",
    "urgency": '{{ if eq .Status "firing" }}{{ .CommonLabels.severity | toUpper }}{{ else }}RESOLVED{{ end }}',
    "meaning": "or .Annotations.description .Annotations.summary .Labels.alertname",
    "labels": '(.Labels.Remove (stringSlice "alertname" "namespace" "profile" "severity" "signal" "job")).SortedPairs',
    # Slack and Webex read &, < and > as markup: a tenant called <!channel> would call everybody.
    "escaped": '| reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;"',
    "most": "20",
}


def filled(text: str, **more: str) -> str:
    """`text` with each <<name>> replaced by the part of that name, of ours or of `more`."""
    parts = {**_PARTS, **more}
    return re.sub("<<([a-z]+)>>", lambda found: parts[found[1]], text)


TITLE = filled("<<urgency>>: <<summary>> (<<subject>>)")
"""How bad, what, and whose: a line of plain text."""

PLAIN = filled(
    """\
{{ range $i, $alert := .Alerts }}{{ if lt $i <<most>> }}\
{{ if eq .Status "resolved" }}(resolved) {{ end }}{{ <<meaning>> }}{{ range <<labels>> }} {{ .Name }}={{ .Value }}{{ end }}
{{ with .Annotations.runbook_url }}Runbook: {{ . }}
{{ end }}{{ with .Annotations.dashboard_url }}Dashboard: {{ . }}
{{ end }}{{ end }}{{ end }}\
{{ if gt (len .Alerts) <<most>> }}<<most>> of {{ len .Alerts }} alerts shown{{ end }}"""
)
"""Each alert with its labels and links, as plain text."""

LINK = "{{ or .CommonAnnotations.dashboard_url .CommonAnnotations.runbook_url .ExternalURL }}"
"""Where to look first."""
