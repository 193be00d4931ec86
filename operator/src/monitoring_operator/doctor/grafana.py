"""Grafana's sidecar: does it find ConfigMaps with dashboards, wherever profiles are, and put them into their folders?"""

from collections.abc import Iterator, Mapping

from monitoring_operator.api.dashboards import Dashboards
from monitoring_operator.doctor.facts import Facts, Object, Unread
from monitoring_operator.doctor.finding import Finding, bad, good, warning
from monitoring_operator.doctor.versions import containers, name_of_image
from monitoring_operator.render.dashboards import FOLDER_ANNOTATION

SIDECAR = "k8s-sidecar"
EVERYWHERE = "helm upgrade ... --set grafana.sidecar.dashboards.searchNamespace=ALL   # or set spec.dashboards.namespace in profiles"
FOLDERS = (
    f"helm upgrade ... --set grafana.sidecar.dashboards.folderAnnotation={FOLDER_ANNOTATION} "
    "--set grafana.sidecar.dashboards.provider.foldersFromFilesStructure=true"
)


def check(facts: Facts) -> Iterator[Finding]:
    """What every sidecar for dashboards is told to look for."""
    if isinstance(facts.grafanas, Unread):
        yield warning("Grafana", f"its sidecar could not be looked for: {facts.grafanas.why}")
        return
    found = [(g, c) for g in facts.grafanas for c in containers(g) if _is_it(c)]
    if not found:
        mend = "helm upgrade ... --set grafana.sidecar.dashboards.enabled=true"
        yield warning("Grafana", "nothing in the cluster has a sidecar that reads dashboards from ConfigMaps.", mend)
    for grafana, container in found:
        metadata = grafana["metadata"]
        settings = {e["name"]: str(e.get("value") or "") for e in container.get("env") or ()}
        yield from _sidecar(f"Grafana {metadata['namespace']}/{metadata['name']}", metadata["namespace"], settings)


def has_sidecar(workload: Object) -> bool:
    """Whether a pod, or what makes pods (as JSON), has a sidecar for dashboards."""
    return any(map(_is_it, containers(workload)))


def _is_it(container: Object) -> bool:
    """There is one sidecar for each kind of thing; the charts name them so."""
    return name_of_image(container.get("image", "")) == SIDECAR and "dashboard" in container["name"]


def _sidecar(subject: str, own: str, settings: Mapping[str, str]) -> Iterator[Finding]:
    labels = Dashboards().labels
    key, value = settings.get("LABEL", ""), settings.get("LABEL_VALUE", "")
    if key not in labels or value not in ("", labels[key]):
        wanted = f"{key}: {value or 'anything'}"
        given = ", ".join(f"{k}={v}" for k, v in labels.items())
        mend = f"helm upgrade ... --set grafana.sidecar.dashboards.label={next(iter(labels))}   # or set spec.dashboards.labels in profiles"
        yield bad(subject, f"its sidecar looks for the label {wanted}, and dashboards carry {given} by default.", mend)
    else:
        yield good(subject, f"its sidecar looks for the label that dashboards carry ({key}).")
    if settings.get("RESOURCE") == "secret":
        yield bad(subject, "its sidecar reads Secrets only.", "helm upgrade ... --set grafana.sidecar.dashboards.resource=both")
    namespaces = settings.get("NAMESPACE", "")
    if namespaces == "ALL":
        yield good(subject, "its sidecar looks into all namespaces.")
    else:
        yield warning(subject, f"its sidecar looks into {namespaces or own} only, and dashboards are beside their profiles.", EVERYWHERE)
    folder = settings.get("FOLDER_ANNOTATION", "")
    if folder != FOLDER_ANNOTATION:
        reads = f"reads {folder}" if folder else "reads no annotation"
        yield warning(subject, f"its sidecar {reads}, so spec.dashboards.folder ({FOLDER_ANNOTATION}) has no effect.", FOLDERS)
