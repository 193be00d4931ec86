"""What people read in e-mail: a subject, plain text, and HTML, whose values Alertmanager escapes by itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from monitoring_operator.alertmanager.messages.parts import PLAIN, TITLE, filled

_CELL = '<td style="padding:6px 12px;border-bottom:1px solid #ddd;vertical-align:top">'

EMAIL: Mapping[str, Any] = MappingProxyType(
    {
        "headers": {"Subject": TITLE},
        "text": f"{TITLE}\n\n{PLAIN}",
        "html": filled(
            f"""\
<!DOCTYPE html>
<html><body style="font-family:sans-serif;color:#222">
<h2 style="margin:0 0 12px">{TITLE}</h2>
<table style="border-collapse:collapse">
{{{{ range $i, $alert := .Alerts }}}}{{{{ if lt $i <<most>> }}}}\
<tr>{_CELL}<b>{{{{ .Labels.alertname }}}}</b>{{{{ if eq .Status "resolved" }}}}<br>resolved{{{{ end }}}}</td>
{_CELL}{{{{ <<meaning>> }}}}<br>\
<small>{{{{ range <<labels>> }}}}{{{{ .Name }}}}={{{{ .Value }}}} {{{{ end }}}}</small></td>
{_CELL}{{{{ with .Annotations.runbook_url }}}}<a href="{{{{ . }}}}">Runbook</a> {{{{ end }}}}\
{{{{ with .Annotations.dashboard_url }}}}<a href="{{{{ . }}}}">Dashboard</a>{{{{ end }}}}</td></tr>
{{{{ end }}}}{{{{ end }}}}</table>
{{{{ if gt (len .Alerts) <<most>> }}}}<p><<most>> of {{{{ len .Alerts }}}} alerts shown</p>{{{{ end }}}}
</body></html>
"""
        ),
    }
)
"""What every e-mail says."""
