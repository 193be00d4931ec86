"""Error tracking with Sentry, in the requirements' call forms, and nothing at all without a DSN: no import, no network.

The SDK is imported by `init_sentry`; until then every function returns after one comparison.
"""

import logging
import os
from collections.abc import Callable, Mapping
from types import ModuleType, TracebackType
from typing import Any, Self

from app_metrics.scrubbing import scrub, scrub_span

_log = logging.getLogger("app_metrics")
_sdk: ModuleType | None = None

NOTHING_PERSONAL: Mapping[str, Any] = {
    "user_info": False,
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}},
    "http_bodies": [],
    "url_query_params": {"mode": "off"},
    "graphql": {"document": False, "variables": False},
    "gen_ai": {"inputs": False, "outputs": False},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
}
"""What the SDK may collect by itself."""

_HOOKS: Mapping[str, Callable[[Any], Any]] = {
    "before_send": scrub,
    "before_send_transaction": scrub,
    "before_send_log": scrub,
    "before_send_metric": scrub,
    "before_breadcrumb": scrub,
}


def init_sentry(dsn: str | None = None, **options: Any) -> bool:
    """Starts error tracking; returns whether it is on.

    Configured by SENTRY_DSN, SENTRY_TRACES_SAMPLE_RATE and SENTRY_PROFILES_SAMPLE_RATE (0 to 1; 0 or unset is off), APP_VERSION (the
    release) and ENVIRONMENT (default development). `options` of `sentry_sdk.init` win over them; hooks in there run before the
    scrubbing. Without a DSN, without the SDK (extra `sentry`) or with a bad DSN the application runs on untracked.
    """
    global _sdk  # noqa: PLW0603 - the SDK's client is global, and so is whether there is one
    dsn = dsn or os.environ.get("SENTRY_DSN", "")
    if not dsn:
        return False
    try:
        import sentry_sdk  # noqa: PLC0415 - only those who track errors pay for the import
    except ImportError:
        _log.error("SENTRY_DSN is set, but sentry-sdk is not installed: pip install 'app-metrics[sentry]'")
        return False
    try:
        sentry_sdk.init(dsn=dsn, **_options(options))
    except Exception as error:  # noqa: BLE001 - a bad option must not keep the application from starting
        _log.error("error tracking is off: sentry-sdk refused its options (%s)", type(error).__name__)
        return False
    _sdk = sentry_sdk
    return True


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "environment": os.environ.get("ENVIRONMENT") or "development",
        "release": os.environ.get("APP_VERSION") or None,
        # None and not 0: with 0 the SDK still sets up every trace before it drops it.
        "traces_sample_rate": _rate("SENTRY_TRACES_SAMPLE_RATE"),
        "max_request_body_size": "never",
        "data_collection": dict(NOTHING_PERSONAL),
    }
    profiles = _rate("SENTRY_PROFILES_SAMPLE_RATE")
    if profiles is not None:
        options |= {"profile_session_sample_rate": profiles, "profile_lifecycle": "trace"}
    options |= given
    for name, cleaner in _HOOKS.items():
        options[name] = _then(options.get(name), cleaner)
    if options.get("trace_lifecycle") == "stream":
        options["before_send_span"] = _then(options.get("before_send_span"), scrub_span)
    return options


def _then(first: Callable[[Any, Any], Any] | None, cleaner: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def hook(item: Any, hint: Any) -> Any:
        kept = item if first is None else first(item, hint)
        if kept is None:
            return None
        if not isinstance(kept, dict):
            return cleaner(kept)
        # In place: the SDK goes on with what a streamed span carries beside its data.
        cleaned = cleaner({key: value for key, value in kept.items() if not key.startswith("_")})
        kept.update(cleaned)
        return kept

    return hook


def _rate(variable: str) -> float | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0.0 <= rate <= 1.0:
        _log.warning("%s must be a number from 0 to 1, not %r: taken as 0", variable, text)
        return None
    return rate or None


def set_tenant_context(tenant_id: object, user_id: object = None) -> None:
    """Says for the rest of this request which tenant (and user, by id only) it is about."""
    if _sdk is None:
        return
    try:
        scope = _sdk.get_isolation_scope()
        scope.set_tag("tenant_id", str(tenant_id))
        scope.set_attribute("tenant_id", str(tenant_id))  # tags do not reach logs and streamed spans
        if user_id is not None:
            scope.set_user({"id": str(user_id)})
    except Exception:  # noqa: BLE001 - tracking never changes what the application does
        _log.exception("the tenant was not told to Sentry")


def add_breadcrumb(category: str, message: str, level: str = "info", **data: Any) -> None:
    """Leaves a note that the next error will carry."""
    if _sdk is None:
        return
    try:
        _sdk.add_breadcrumb(category=category, message=message, level=level, data=data)
    except Exception:  # noqa: BLE001 - tracking never changes what the application does
        _log.exception("a breadcrumb was not told to Sentry")


def capture_exception(error: BaseException | None = None, *, level: str | None = None, **context: Any) -> str | None:
    """Reports `error`, by default the one being handled. `tenant_id` becomes a tag, everything else a block of its own.

    Returns Sentry's id of the event, None if none was sent.
    """
    if _sdk is None:
        return None
    return _capture(lambda scope: scope.capture_exception(error), level, context)


def capture_message(message: str, level: str = "info", **context: Any) -> str | None:
    """Reports `message`; the rest as with `capture_exception`."""
    if _sdk is None:
        return None
    return _capture(lambda scope: scope.capture_message(message, level=level), level, context)


def _capture(send: Callable[[Any], Any], level: str | None, context: dict[str, Any]) -> str | None:
    try:
        assert _sdk is not None
        with _sdk.new_scope() as scope:
            if "tenant_id" in context:
                scope.set_tag("tenant_id", str(context.pop("tenant_id")))
            if level is not None:
                scope.set_level(level)
            if context:
                # Unknown keyword arguments given to the SDK itself would lose the event.
                scope.set_context("details", context)
            sent = send(scope)
            return sent if isinstance(sent, str) else None
    except Exception:  # noqa: BLE001 - tracking never changes what the application does
        _log.exception("an event was not sent to Sentry")
        return None


class NoSpan:
    """What tracing returns when there is none: takes everything, does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        pass

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


_NO_SPAN = NoSpan()


def start_transaction(name: str, op: str = "task", *, force: bool = False, **options: Any) -> Any:
    """A transaction as a context manager. Inside another one (a request's) it becomes a span of it, unless `force` is set."""
    if _sdk is None:
        return _NO_SPAN
    try:
        if _streaming(_sdk):
            return _streamed(_sdk, name, op, **({"parent_span": None} if force else {}))
        if not force and _sdk.get_current_span() is not None:
            return _sdk.start_span(op=op, name=name)
        return _sdk.start_transaction(name=name, op=op, **options)
    except Exception:  # noqa: BLE001 - tracking never changes what the application does
        _log.exception("a transaction was not started")
        return _NO_SPAN


def start_span(op: str, description: str | None = None, *, name: str | None = None) -> Any:
    """A span of the current transaction as a context manager; `name` is the newer word for `description`."""
    if _sdk is None:
        return _NO_SPAN
    try:
        label = name or description or op
        return _streamed(_sdk, label, op) if _streaming(_sdk) else _sdk.start_span(op=op, name=label)
    except Exception:  # noqa: BLE001 - tracking never changes what the application does
        _log.exception("a span was not started")
        return _NO_SPAN


def _streaming(sdk: ModuleType) -> bool:
    return bool(sdk.get_client().options.get("trace_lifecycle") == "stream")


def _streamed(sdk: ModuleType, name: str, op: str, **options: Any) -> Any:

    return sdk.traces.start_span(name=name, attributes={"sentry.op": op}, **options)
