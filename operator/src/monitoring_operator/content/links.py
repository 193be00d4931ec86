"""Where an alert leads: the runbook that says what to do, the dashboard that shows what is wrong."""

import hashlib
from collections.abc import Sequence
from urllib.parse import quote

from monitoring_operator.api.profile import Profile
from monitoring_operator.content import templates
from monitoring_operator.content.selection import dashboard_names

_VARIABLES = {"instance": "var-instance", "tenant_id": "var-tenant"}
"""Labels of an alert that are variables of our dashboards."""


def runbook_url(profile: Profile, default_base: str, alert: str) -> str:
    """The runbook of `alert`: its name below the profile's base, or below `default_base`."""
    base = profile.spec.alerts.runbook_base_url or default_base
    return f"{base.rstrip('/')}/{alert}"


def dashboard_uid(profile: Profile, dashboard: str) -> str:
    """Grafana's uid of a dashboard: the same for ever, and no other profile's.

    Two dashboards with one uid make Grafana stop saving any dashboard of the same provider.
    """
    identity = f"{profile.namespace}/{profile.name}/{dashboard}"
    return f"mo-{hashlib.blake2b(identity.encode(), digest_size=12).hexdigest()}"


def dashboard_url(profile: Profile, grafana_url: str, dashboard: str, by: Sequence[str]) -> str | None:
    """The dashboard on which to look at an alert with the labels `by`, with its variables filled from them.

    The URL is a Prometheus template. Where the profile leaves that dashboard out, the first one that it has; None if it has none.
    """
    available = dashboard_names(profile)
    if not available:
        return None
    shown = dashboard if dashboard in available else available[0]
    base = templates.literal(f"{grafana_url.rstrip('/')}/d/{dashboard_uid(profile, shown)}")
    fixed = f"var-namespace={quote(profile.namespace, safe='')}&var-job={quote(profile.name, safe='')}"
    filled = "".join(f"&{_VARIABLES[label]}={{{{ $labels.{label} | urlquery }}}}" for label in by if label in _VARIABLES)
    return f"{base}?{fixed}{filled}"
