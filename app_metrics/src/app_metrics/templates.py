"""The route template of a request, read from what the router left in the scope.

Matching a second time, as most instrumentations do, costs as much as the routing itself and grows with the number of routes. The
router has already decided: FastAPI and newer Starlette leave the route, older Starlette its endpoint. Only what they leave
out is looked up here: the templates of mounts, and routes known by their endpoint alone.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from app_metrics.asgi import Scope

_PAUSE_SECONDS = 1.0
_NOTHING_HERE = (404, 405)


class _Mount(NamedTuple):
    template: str
    pattern: re.Pattern[str]


class RouteTemplates:
    """Templates of one application, whose routes are read anew when a request shows one that is not known.

    `routes` returns the application's top-level routes.
    """

    def __init__(self, routes: Callable[[], Iterable[Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self._routes = routes
        self._clock = clock
        self._blind_until = float("-inf")
        self._endpoints: dict[int, list[Any]] = {}
        self._mounted: dict[int, bool] = {}
        self._prefixes: dict[str, str] = {}
        self._patterns: list[_Mount] = []

    def of(self, scope: Scope, outer_root: str, status: int) -> str | None:
        """The template of a routed request, such as `/v1/items/{item_id}`, or None if no route took it.

        `outer_root` is the `root_path` before routing: what lies beyond it was added by mounts. `status` is the response's.
        """
        leaf = self._leaf(scope)
        root: str = scope.get("root_path", "")
        if len(root) <= len(outer_root):
            return leaf
        prefix = self._prefix(root[len(outer_root) :])
        if prefix is None:
            return None
        if leaf is not None:
            return prefix + leaf
        # Only the mount matched: an application without routes of its own (static files) is known by it, a router that found
        # nothing inside is not.
        return None if status in _NOTHING_HERE or self._mounted.get(id(scope.get("endpoint")), True) else prefix

    def accepts(self, scope: Scope) -> bool:
        """Whether the route that took the request is meant for its method; a 405 comes from one that is not."""
        route = _context(scope) or scope.get("route")
        methods = getattr(route, "methods", None)
        if methods is None:
            methods = next((m for r in self._endpoints.get(id(scope.get("endpoint")), ()) if (m := getattr(r, "methods", None))), None)
        return not methods or scope["method"] in methods

    def _leaf(self, scope: Scope) -> str | None:
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return None
        context = _context(scope)
        if context is not None:
            return _path_format(context)
        route = scope.get("route")
        if route is not None and getattr(route, "endpoint", None) is endpoint:
            return _path_format(route)
        return self._by_endpoint(endpoint, scope)

    def _by_endpoint(self, endpoint: object, scope: Scope) -> str | None:
        key, path = id(endpoint), scope["path"].removeprefix(scope.get("root_path", ""))

        def match() -> Any | None:
            return next((route for route in self._endpoints.get(key, ()) if route.path_regex.match(path)), None)

        route = match()
        if route is None and key not in self._mounted:
            self._rebuild(lambda: match() is not None or key in self._mounted)
            route = match()
        return None if route is None else _path_format(route)

    def _prefix(self, grown: str) -> str | None:
        found = self._match_prefix(grown)
        if found is None:
            self._rebuild(lambda: self._match_prefix(grown) is not None)
        return found or self._match_prefix(grown)

    def _match_prefix(self, grown: str) -> str | None:
        literal = self._prefixes.get(grown)
        return literal if literal is not None else next((m.template for m in self._patterns if m.pattern.fullmatch(grown)), None)

    def _rebuild(self, helped: Callable[[], bool]) -> None:
        """Reads the routes anew, unless that did not help a moment ago: an opaque application may show what no route explains."""
        now = self._clock()
        if now < self._blind_until:
            return
        for known in (self._endpoints, self._mounted, self._prefixes, self._patterns):
            known.clear()
        self._read(self._routes(), "", "")
        if not helped():
            self._blind_until = now + _PAUSE_SECONDS

    def _read(self, routes: Iterable[Any], prefix: str, pattern: str) -> None:
        for route in _flat(routes):
            inner = getattr(route, "routes", None)
            if inner is None:
                if getattr(route, "path_format", None) is not None:
                    self._endpoints.setdefault(id(route.endpoint), []).append(route)
                continue
            if not hasattr(route, "path_regex"):
                self._read(inner, prefix, pattern)
                continue
            template, regex = prefix + route.path_format.removesuffix("/{path}"), pattern + _mount_regex(route)
            self._mounted[id(route.app)] = bool(inner)
            if template == regex.replace("\\", ""):
                self._prefixes[template] = template
            else:
                self._patterns.append(_Mount(template, re.compile(regex)))
            self._read(inner, template, regex)


def _flat(routes: Iterable[Any]) -> Iterator[Any]:
    """Routes with lazily included routers opened: their contexts stand for the routes that will be served."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
        else:
            yield from (context.starlette_route or context for context in contexts())


def _context(scope: Scope) -> Any | None:
    """FastAPI's record of a route that came in through `include_router`, with the full prefix; only if it is the latest word:
    an outer application's record stays in the scope when a mounted one takes over.
    """
    extension = scope.get("fastapi")
    context = extension.get("effective_route_context") if extension else None
    return context if context is not None and context.original_route is scope.get("route") else None


def _path_format(route: Any) -> str | None:
    inner = getattr(route, "starlette_route", None)
    return getattr(inner if inner is not None else route, "path_format", None)


def _mount_regex(mount: Any) -> str:
    """The mount's own pattern without the anchor, the names of its groups and the rest of the path behind it."""
    pattern: str = mount.path_regex.pattern.removeprefix("^").removesuffix("$").removesuffix("/(?P<path>.*)")
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)
