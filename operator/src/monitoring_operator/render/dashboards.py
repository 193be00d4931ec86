"""The dashboards' ConfigMaps, as Grafana's sidecar takes them: one dashboard each, because a ConfigMap holds at most 1 MiB."""

from collections.abc import Iterable

from monitoring_operator.api.child import child
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.profile import InvalidProfile, Problem, Profile
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.content.dashboards import DASHBOARDS
from monitoring_operator.content.dashboards.draw import Drawing, draw
from monitoring_operator.content.effective import effective
from monitoring_operator.content.links import runbook_url
from monitoring_operator.content.selection import dashboard_names
from monitoring_operator.content.user_dashboards import SIZE_LIMIT, slot, sources
from monitoring_operator.render.inputs import Inputs

FOLDER_ANNOTATION = "grafana_folder"
"""What a sidecar reads the folder from when it is set up with `folderAnnotation: grafana_folder`."""


def render_dashboards(profile: Profile, inputs: Inputs) -> list[Manifest]:
    """One ConfigMap for each dashboard of `profile`: the catalogue's, then those of its own that `inputs` brings along.

    Raises InvalidProfile for a dashboard beyond 1 MiB.
    """
    names = dashboard_names(profile)
    alerts = {alert.alert.name: alert for alert in effective(profile)} if names else {}
    drawing = Drawing(profile, alerts, lambda alert: runbook_url(profile, inputs.runbook_base_url, alert))
    rendered = []
    for name in names:
        text = draw(DASHBOARDS[name], drawing)
        if len(text) > SIZE_LIMIT:
            raise InvalidProfile((Problem("spec.dashboards", f"{name} has {len(text)} bytes; a ConfigMap holds {SIZE_LIMIT}"),))
        rendered.append(_config_map(profile, name, text))
    own = ((source, inputs.own_dashboards.get(source)) for source in dict.fromkeys(sources(profile)))
    return [*rendered, *(_config_map(profile, slot(source), text) for source, text in own if text is not None)]


def left_out(profile: Profile, inputs: Inputs, live: Iterable[Ref]) -> frozenset[Ref]:
    """Those of the `live` children that are own dashboards which `inputs` does not bring: the last good ones, in whatever namespace."""
    slots = tuple(slot(source) for source in sources(profile) if source not in inputs.own_dashboards)
    return frozenset(ref for ref in live if ref.resource == CONFIG_MAP and ref.name.endswith(slots))


def _namespace(profile: Profile) -> str:
    return profile.spec.dashboards.namespace or profile.namespace


def _full_name(profile: Profile, dashboard: str) -> str:
    return f"{profile.namespace}.{profile.name}.{dashboard}"


def _name(profile: Profile, dashboard: str) -> str:
    """In a namespace that is not the profile's own, the name says whose it is."""
    return f"{profile.name}-{dashboard}" if _namespace(profile) == profile.namespace else _full_name(profile, dashboard)


def _config_map(profile: Profile, dashboard: str, text: str) -> Manifest:
    wanted = profile.spec.dashboards
    return child(
        profile,
        CONFIG_MAP,
        _name(profile, dashboard),
        # Sidecars write all keys of the cluster into one folder: equal keys would overwrite each other.
        {"data": {f"{_full_name(profile, dashboard)}.json": text}},
        namespace=_namespace(profile),
        labels=wanted.labels,
        annotations={FOLDER_ANNOTATION: wanted.folder} if wanted.folder else None,
    )
