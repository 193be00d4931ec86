"""The dashboards' ConfigMaps, as Grafana's sidecar takes them: one dashboard each, because a ConfigMap holds at most 1 MiB."""

from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.profile import InvalidProfile, Problem, Profile
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.content.dashboards import DASHBOARDS
from monitoring_operator.content.dashboards.draw import Drawing, draw
from monitoring_operator.content.effective import effective
from monitoring_operator.content.links import runbook_url
from monitoring_operator.content.selection import dashboard_names
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.objects import child

SIZE_LIMIT = 1024 * 1024
FOLDER_ANNOTATION = "grafana_folder"
"""What a sidecar reads the folder from when it is set up with `folderAnnotation: grafana_folder`."""


def render_dashboards(profile: Profile, inputs: Inputs) -> list[Manifest]:
    """One ConfigMap for each dashboard of `profile`.

    In a namespace that is not the profile's own, the name says whose it is. Raises InvalidProfile for a dashboard beyond 1 MiB.
    """
    wanted = profile.spec.dashboards
    names = dashboard_names(profile)
    if not names:
        return []
    alerts = {alert.alert.name: alert for alert in effective(profile)}
    drawing = Drawing(profile, alerts, lambda alert: runbook_url(profile, inputs.runbook_base_url, alert))
    namespace = wanted.namespace or profile.namespace
    annotations = {FOLDER_ANNOTATION: wanted.folder} if wanted.folder else None
    rendered = []
    for name in names:
        full = f"{profile.namespace}.{profile.name}.{name}"
        text = draw(DASHBOARDS[name], drawing)
        if len(text) > SIZE_LIMIT:
            raise InvalidProfile((Problem("spec.dashboards", f"{name} has {len(text)} bytes; a ConfigMap holds {SIZE_LIMIT}"),))
        rendered.append(
            child(
                profile,
                CONFIG_MAP,
                f"{profile.name}-{name}" if namespace == profile.namespace else full,
                # Sidecars write all keys of the cluster into one folder: equal keys would overwrite each other.
                {"data": {f"{full}.json": text}},
                namespace=namespace,
                labels=wanted.labels,
                annotations=annotations,
            )
        )
    return rendered
