"""What visitors do, as server-sent events."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

router = APIRouter(prefix="/v1/tenants/{tenant_id}")

KINDS = ("page_view", "scroll", "click", "purchase")


@router.get("/stream")
async def stream(
    tenant_id: str, events: Annotated[int, Query(ge=1, le=100_000)] = 1000, pause: Annotated[float, Query(ge=0, le=60)] = 1.0
) -> StreamingResponse:
    """`events` events, `pause` seconds apart."""
    return StreamingResponse(_visits(tenant_id, events, pause), media_type="text/event-stream")


async def _visits(tenant_id: str, events: int, pause: float) -> AsyncIterator[str]:
    for number in range(events):
        kind = random.choice(KINDS)
        yield f"event: {kind}\ndata: {json.dumps({'tenant': tenant_id, 'number': number})}\n\n"
        await asyncio.sleep(pause)
