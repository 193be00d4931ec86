"""A ServiceMonitor: what is scraped becomes the profile's scrape section."""

from typing import Any

from monitoring_operator.migration.draft import Document, Draft

_TAKEN = {"port": "port", "path": "path", "interval": "interval", "scrapeTimeout": "timeout", "scheme": "scheme"}


def read(document: Document, draft: Draft) -> None:
    """Take over the first endpoint and the selector."""
    spec = document.value.get("spec") or {}
    endpoints: list[Any] = spec.get("endpoints") or []
    if draft.scrape or not endpoints:
        draft.leave(document, "spec", "the ServiceMonitor: a profile scrapes one port of one set of Services")
        return
    endpoint = endpoints[0]
    draft.scrape = {"selector": spec.get("selector") or {}, **{o: endpoint[t] for t, o in _TAKEN.items() if t in endpoint}}
    if "sampleLimit" in spec:
        draft.scrape["sampleLimit"] = spec["sampleLimit"]
    draft.places["spec.scrape"] = (document, "spec")
    draft.take(document, "spec", "the ServiceMonitor as scrape")
    for index in range(1, len(endpoints)):
        draft.leave(document, f"spec.endpoints[{index}]", "a further endpoint: make a profile of its own for it")
    for field in sorted(endpoint.keys() - _TAKEN.keys()):
        draft.leave(document, f"spec.endpoints[0].{field}", f"{field}: a profile has no such field")
    for field in sorted(spec.keys() - {"selector", "endpoints", "sampleLimit"}):
        draft.leave(document, f"spec.{field}", f"{field}: a profile has no such field")
