"""What all dashboards share: one data source, the variables, links between them, and marks for alerts and restarts."""

from typing import Any

from monitoring_operator.api.profile import Profile
from monitoring_operator.content import promql
from monitoring_operator.content.dashboards.query import TARGET

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def variables(profile: Profile, *, tenant: bool) -> list[dict[str, Any]]:
    """The variables at the top: which Prometheus, then ever narrower, starting at what the profile scrapes."""
    drawn = target_variables(profile.namespace, profile.name)
    if tenant:
        # `.*` also matches series without the label, so nothing is hidden while no tenant is chosen.
        drawn.append(_variable("tenant", "Tenant", f'label_values({{{TARGET},tenant_id!=""}}, tenant_id)', None, every=".*"))
    return drawn


def target_variables(namespace: str, job: str) -> list[dict[str, Any]]:
    """Which Prometheus, and which of its targets: at first those of one job in one namespace."""
    return [
        {
            "current": {},
            "hide": 0,
            "includeAll": False,
            "label": "Data source",
            "multi": False,
            "name": "datasource",
            "options": [],
            "query": "prometheus",
            "refresh": 1,
            "regex": "",
            "type": "datasource",
        },
        _variable("namespace", "Namespace", f"label_values(up{{job={promql.string(job)}}}, namespace)", namespace),
        _variable("job", "Job", 'label_values(up{namespace=~"$namespace"}, job)', job),
        _variable("instance", "Instance", 'label_values(up{namespace=~"$namespace",job=~"$job"}, instance)', None),
    ]


def _variable(name: str, label: str, query: str, chosen: str | None, *, every: str = ".+") -> dict[str, Any]:
    text = [chosen] if chosen else ["All"]
    return {
        "allValue": every,
        "current": {"selected": True, "text": text, "value": [chosen] if chosen else ["$__all"]},
        "datasource": DATASOURCE,
        "definition": query,
        "hide": 0,
        "includeAll": True,
        "label": label,
        "multi": True,
        "name": name,
        "options": [],
        "query": {"query": query, "refId": f"variable-{name}"},
        "refresh": 2,
        "regex": "",
        "sort": 1,
        "type": "query",
    }


def annotations(profile: Profile) -> list[dict[str, Any]]:
    """Marks on every graph: firing alerts of the profile, and processes that have just started: a deployment starts all of them anew."""
    fence = f"namespace={promql.string(profile.namespace)},profile={promql.string(profile.name)}"
    return [
        annotation(
            "Firing alerts",
            "red",
            f'ALERTS{{alertstate="firing",severity=~"critical|warning",{fence}}}',
            "{{alertname}}",
            "{{severity}}: {{signal}} {{instance}}",
        ),
        annotation(
            "Deployments and restarts", "blue", f"system_uptime_seconds{{{TARGET}}} < 60", "Started", "{{instance}} has just started"
        ),
    ]


def annotation(name: str, colour: str, expr: str, title: str, text: str) -> dict[str, Any]:
    """A mark on every graph wherever `expr` has a value."""
    return {
        "datasource": DATASOURCE,
        "enable": True,
        "expr": expr,
        "hide": False,
        "iconColor": colour,
        "name": name,
        "step": "60s",
        "textFormat": text,
        "titleFormat": title,
        "useValueForTime": False,
    }


def dashboard_links(owner: str) -> list[dict[str, Any]]:
    """Links to the profile's other dashboards, keeping time range and variables."""
    return [
        {
            "asDropdown": False,
            "icon": "external link",
            "includeVars": True,
            "keepTime": True,
            "tags": [owner],
            "targetBlank": False,
            "title": "",
            "type": "dashboards",
        }
    ]
