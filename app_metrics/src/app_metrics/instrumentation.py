"""The one line for an application: `instrument(app)`."""

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app_metrics.http import HttpRecorder
from app_metrics.middleware import MetricsMiddleware
from app_metrics.registry import REGISTRY, Registry
from app_metrics.system import observe_system
from app_metrics.templates import RouteTemplates

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from starlette.applications import Starlette

_log = logging.getLogger("app_metrics")
_MARK = "_app_metrics_instrumented"


def instrument(
    app: "Starlette",
    *,
    path: str | None = "/metrics",
    limits: Mapping[str, int] | None = None,
    pinned: Mapping[str, Iterable[str]] | None = None,
    registry: Registry = REGISTRY,
    extra: "CollectorRegistry | None" = None,
) -> None:
    """Measures every HTTP request of a FastAPI or Starlette application and serves the metrics at `path`.

    Works before the first request and from a lifespan handler. `path` None serves no page. `limits` bounds the values of single
    labels (by default fewer than 100 each), `pinned` names values that are never folded into `__other__`. `extra` is a
    prometheus-client registry whose metrics are shown too, by default its global one. A second call on the same application
    changes nothing and says so in the log. With APP_METRICS_MULTIPROC_DIR set, worker processes share that folder and each page
    speaks for all of them.

    Raises ValueError if `path` does not begin with a slash or a limit is below 1, TypeError if `app` is no Starlette application.
    """
    if path is not None and not path.startswith("/"):
        raise ValueError(f"path must begin with '/', not {path!r}")
    if not hasattr(app, "build_middleware_stack"):
        raise TypeError(f"app must be a FastAPI or Starlette application, not {type(app).__name__}")
    if getattr(app.state, _MARK, False):
        _log.warning("instrument() was called twice for the same application; the second call changes nothing")
        return
    registry.guard.configure(limits, pinned)
    setattr(app.state, _MARK, True)
    observe_system(registry)
    if path is not None:
        _serve(app, path, registry, extra)
    _wrap(app, registry)


def _wrap(app: "Starlette", registry: Registry) -> None:
    """Puts the middleware outside of all others, also of those that are added later and of the one that turns errors into 500s:
    sizes are those that leave the process, and handlers for unexpected errors have had their say on the status.
    """
    recorder, templates = HttpRecorder(registry), RouteTemplates(lambda: app.router.routes)
    if app.middleware_stack is not None:
        app.middleware_stack = MetricsMiddleware(app.middleware_stack, recorder, templates)
        return
    build = app.build_middleware_stack

    def build_measured() -> Any:
        return MetricsMiddleware(build(), recorder, templates)

    app.build_middleware_stack = build_measured  # type: ignore[method-assign]


def _serve(app: "Starlette", path: str, registry: Registry, extra: "CollectorRegistry | None") -> None:
    # Imported here: `import app_metrics` must cost nothing to those who only use its catalogue or its recorders.
    from app_metrics.endpoint import MetricsEndpoint, MetricsRoute  # noqa: PLC0415
    from app_metrics.foreign import ForeignMetrics, process_registry  # noqa: PLC0415

    shared = None
    if folder := os.environ.get("APP_METRICS_MULTIPROC_DIR"):
        from app_metrics.multiprocess import SharedFolder  # noqa: PLC0415 - file locks are not there on every system

        shared = SharedFolder(registry, Path(folder))
    if any(getattr(route, "path", None) == path for route in app.router.routes):
        _log.warning("%s is already served by another route; the page of app_metrics comes before it", path)
    theirs = process_registry(several_processes=shared is not None) if extra is None else extra
    endpoint = MetricsEndpoint(registry, ForeignMetrics(theirs) if theirs is not None else None, shared)
    # First, so that neither a catch-all route nor a mount at the root hides it; a route and no mount, so that it is not redirected.
    app.router.routes.insert(0, MetricsRoute(path, endpoint.__call__, methods=["GET"], include_in_schema=False, name="metrics"))
