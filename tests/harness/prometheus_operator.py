"""What prometheus-operator makes of AlertmanagerConfig objects, as far as routing and inhibition go: the oracle for that mode.

Object by object, sorted by namespace and name, routes go before those of the base and continue to them, receivers and times are named
after their object, and depending on the strategy a matcher of the object's namespace is put in front.
"""

from collections.abc import Iterable, Mapping
from typing import Any

STRATEGIES = ("OnNamespace", "OnNamespaceExceptForAlertmanagerNamespace", "None")


def merged(
    base: Mapping[str, Any], objects: Iterable[Mapping[str, Any]], strategy: str, own_namespace: str = "monitoring"
) -> dict[str, Any]:
    """The configuration that an Alertmanager in `own_namespace` would read."""
    routes, receivers, rules, times = [], [], [], []
    for body in sorted(objects, key=lambda o: (o["metadata"]["namespace"], o["metadata"]["name"])):
        namespace, spec = body["metadata"]["namespace"], body["spec"]
        prefix = f"{namespace}/{body['metadata']['name']}/"
        enforced = strategy == "OnNamespace" or (strategy != "None" and namespace != own_namespace)
        front = [f'namespace="{namespace}"'] if enforced else []
        route = _route(spec["route"], prefix)
        routes.append({**route, "matchers": [*front, *route["matchers"]], "continue": True})
        receivers += [{"name": prefix + r["name"]} for r in spec["receivers"]]
        times += [{"name": prefix + t["name"]} for t in (spec.get("muteTimeIntervals") or spec.get("timeIntervals") or ())]
        rules += [
            {
                "source_matchers": [*front, *_matchers(rule["sourceMatch"])],
                "target_matchers": [*front, *_matchers(rule["targetMatch"])],
                "equal": rule["equal"],
            }
            for rule in spec["inhibitRules"]
        ]
    root = base["route"]
    return {
        **base,
        "route": {**root, "routes": [*routes, *(root.get("routes") or ())]},
        "receivers": [*base["receivers"], *receivers],
        "inhibit_rules": [*(base.get("inhibit_rules") or ()), *rules],
        "time_intervals": [*(base.get("time_intervals") or ()), *times],
    }


def _route(route: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    made: dict[str, Any] = {"receiver": prefix + route["receiver"], "matchers": _matchers(route["matchers"])}
    for ours, theirs in (("muteTimeIntervals", "mute_time_intervals"), ("activeTimeIntervals", "active_time_intervals")):
        if route.get(ours):
            made[theirs] = [prefix + name for name in route[ours]]
    if "groupBy" in route:
        made["group_by"] = route["groupBy"]
    if route.get("routes"):
        made["routes"] = [_route(child, prefix) for child in route["routes"]]
    return made


def _matchers(parts: Iterable[Mapping[str, str]]) -> list[str]:
    return [f'{p["name"]}{p["matchType"]}"{p["value"]}"' for p in parts]
