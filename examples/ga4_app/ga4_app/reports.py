"""Reports from Google Analytics, per tenant and property: from the cache, else from GA4 and then kept in the database."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from app_metrics import (
    add_breadcrumb,
    record_ga4_cache_hit,
    record_ga4_cache_miss,
    record_ga4_quota,
    record_ga4_quota_category,
    set_tenant_context,
    track_ga4_api_call,
)
from ga4_app import database
from ga4_app.backend import BACKEND, DAILY_TOKENS, ServiceUnavailable, UnknownPropertyError
from ga4_app.faults import every_third

router = APIRouter(prefix="/v1/tenants/{tenant_id}")

_FRESH = 5.0
_cache: dict[tuple[str, str, int], tuple[float, list[int]]] = {}


@router.get("/properties/{property_id}/report")
async def report(tenant_id: str, property_id: str, days: Annotated[int, Query(ge=1, le=90)] = 7) -> dict[str, object]:
    """Sessions per day of the last `days` days, at most five seconds old."""
    set_tenant_context(tenant_id)
    if every_third("http-errors"):
        raise RuntimeError("switched on by the fault http-errors")
    key = (tenant_id, property_id, days)
    at, sessions = _cache.get(key, (0.0, []))
    if time.monotonic() - at < _FRESH and sessions:
        record_ga4_cache_hit(tenant_id)
        return {"tenant": tenant_id, "property": property_id, "sessions": sessions}
    sessions = await _ask(tenant_id, property_id, days)
    _cache[key] = (time.monotonic(), sessions)
    await asyncio.to_thread(database.keep, tenant_id, property_id, sessions)
    return {"tenant": tenant_id, "property": property_id, "sessions": sessions}


async def _ask(tenant_id: str, property_id: str, days: int) -> list[int]:
    add_breadcrumb("ga4", "Fetching analytics data", property_id=property_id, days=days)
    try:
        with track_ga4_api_call("runReport", tenant_id):
            answer = await BACKEND.run_report(tenant_id, property_id, days)
    except UnknownPropertyError as error:
        raise HTTPException(404, str(error)) from error
    except ServiceUnavailable as error:
        raise HTTPException(502, "GA4 did not answer") from error
    record_ga4_cache_miss(tenant_id)
    record_ga4_quota(tenant_id, property_id, used=answer.tokens_used, total=DAILY_TOKENS)
    left = DAILY_TOKENS - answer.tokens_used
    record_ga4_quota_category(tenant_id, property_id, "core", "tokens_per_day", remaining=left, consumed=answer.tokens)
    return answer.sessions
