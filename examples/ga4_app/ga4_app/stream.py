"""What visitors do, as server-sent events."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from app_metrics import record_sse_event, track_sse_connection
from ga4_app.faults import every_third

router = APIRouter(prefix="/v1/tenants/{tenant_id}")

ENDPOINT = "/v1/tenants/{tenant_id}/stream"
KINDS = ("page_view", "scroll", "click", "purchase")


@router.get("/stream")
async def stream(
    tenant_id: str, events: Annotated[int, Query(ge=1, le=100_000)] = 1000, pause: Annotated[float, Query(ge=0, le=60)] = 1.0
) -> StreamingResponse:
    """`events` events, `pause` seconds apart."""
    return StreamingResponse(_visits(tenant_id, events, pause), media_type="text/event-stream")


async def _visits(tenant_id: str, events: int, pause: float) -> AsyncIterator[str]:
    with track_sse_connection(tenant_id, ENDPOINT):
        breaks = every_third("sse-errors")
        for number in range(events):
            kind = random.choice(KINDS)
            yield f"event: {kind}\ndata: {json.dumps({'tenant': tenant_id, 'number': number})}\n\n"
            record_sse_event(tenant_id, kind)
            if breaks:
                raise ConnectionResetError("the source of the events has gone")
            await asyncio.sleep(pause)
