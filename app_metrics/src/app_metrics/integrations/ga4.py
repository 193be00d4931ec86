"""The GA4 Data API client, sync or async: calls, latencies, error types, and the quotas that come back with every report.

`consumed` in an answer is what that one request used, not what the day has used, and there is no total: what is used of the daily
tokens follows from what remains and from the property's limit. Realtime and funnel reports have quotas of their own and must not
overwrite the core one. An answer without a quota reads as `remaining=0`; only one that has it counts.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from app_metrics.ga4 import CORE, record_ga4_quota, record_ga4_quota_category, track_ga4_api_call
from app_metrics.tracking import never_raises

STANDARD_TOKENS, ANALYTICS_360_TOKENS = 200_000, 2_000_000
"""Core tokens per property and day, by Google's table of quotas."""


class _Method(NamedTuple):
    endpoint: str
    category: str


METHODS: Mapping[str, _Method] = {
    "run_report": _Method("runReport", "core"),
    "run_pivot_report": _Method("runPivotReport", "core"),
    "batch_run_reports": _Method("batchRunReports", "core"),
    "batch_run_pivot_reports": _Method("batchRunPivotReports", "core"),
    "run_realtime_report": _Method("runRealtimeReport", "realtime"),
    "run_funnel_report": _Method("runFunnelReport", "funnel"),
    "get_metadata": _Method("getMetadata", "core"),
    "check_compatibility": _Method("checkCompatibility", "core"),
}
_WITHOUT_QUOTA = frozenset({"get_metadata", "check_compatibility"})


class MeasuredClient:
    """A GA4 Data API client whose calls are recorded. See `instrument_ga4_client`."""

    def __init__(self, client: Any, tenant_id: object | Callable[[], object], daily_tokens: int | None) -> None:
        self._client = client
        self._tenant_id = tenant_id
        self._daily_tokens = daily_tokens

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        method = METHODS.get(name)
        if method is None:
            return attribute
        prepare: Callable[[Any], Any] = _unchanged if name in _WITHOUT_QUOTA else with_quota
        if inspect.iscoroutinefunction(inspect.unwrap(attribute)):

            async def call_async(request: Any = None, **kwargs: Any) -> Any:
                tenant_id, prepared = self._tenant(), prepare(request)
                with track_ga4_api_call(method.endpoint, tenant_id):
                    response = await attribute(prepared, **kwargs)
                self._record(tenant_id, prepared, response, method.category)
                return response

            return call_async

        def call(request: Any = None, **kwargs: Any) -> Any:
            tenant_id, prepared = self._tenant(), prepare(request)
            with track_ga4_api_call(method.endpoint, tenant_id):
                response = attribute(prepared, **kwargs)
            self._record(tenant_id, prepared, response, method.category)
            return response

        return call

    def _tenant(self) -> object:
        tenant_id: Any = self._tenant_id
        return tenant_id() if callable(tenant_id) else tenant_id

    def _record(self, tenant_id: object, request: Any, response: Any, category: str) -> None:
        record_answer(tenant_id, _property_of(request), response, category, daily_tokens=self._daily_tokens)


def instrument_ga4_client(client: Any, tenant_id: object | Callable[[], object], *, daily_tokens: int | None = None) -> Any:
    """`client` with its calls recorded for `tenant_id` (or what that returns when a call is made).

    `daily_tokens` is the property's daily limit of core tokens; unset, it is Google's standard one until an answer shows more.
    """
    return MeasuredClient(client, tenant_id, daily_tokens)


def _unchanged(request: Any) -> Any:
    return request


def with_quota(request: Any) -> Any:
    """A copy of the request that asks for the quota, each report of a batch as well."""
    if request is None:
        return None
    if isinstance(request, Mapping):
        if "requests" in request:
            return {**request, "requests": [with_quota(inner) for inner in request["requests"]]}
        return {**request, "return_property_quota": True}
    copy = type(request)(request)
    for inner in getattr(copy, "requests", [copy]):
        inner.return_property_quota = True
    return copy


@never_raises
def record_answer(tenant_id: object, property_id: str, response: Any, category: str, *, daily_tokens: int | None = None) -> None:
    """Records the quotas of an answer, of the last report that has one if it is a batch."""
    quotas = [quota for report in _reports(response) if (quota := _field(report, "property_quota")) is not None]
    if not quotas:
        return
    for name in (
        "tokens_per_day",
        "tokens_per_hour",
        "tokens_per_project_per_hour",
        "concurrent_requests",
        "server_errors_per_project_per_hour",
    ):
        status = _field(quotas[-1], name)
        if status is None:
            continue
        record_ga4_quota_category(tenant_id, property_id, category, name, remaining=status.remaining, consumed=status.consumed)
        if (category, name) == CORE:
            limit = daily_tokens or (STANDARD_TOKENS if status.remaining + status.consumed <= STANDARD_TOKENS else ANALYTICS_360_TOKENS)
            record_ga4_quota(tenant_id, property_id, used=limit - status.remaining, total=limit)


def _reports(response: Any) -> Iterable[Any]:
    for name in ("reports", "pivot_reports"):
        if hasattr(response, name):
            return list(getattr(response, name))
    return [response]


def _field(message: Any, name: str) -> Any:
    """A message field that was sent, else None."""
    return getattr(message, name) if name in message else None


def _property_of(request: Any) -> str:
    name = request.get("property", "") if isinstance(request, Mapping) else getattr(request, "property", "")
    return str(name).removeprefix("properties/")
