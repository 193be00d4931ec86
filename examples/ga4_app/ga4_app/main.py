"""The application: `uvicorn ga4_app.main:app --port 8000`. The line with `instrument` measures HTTP and the system and serves
`/metrics`; what only the application knows about (GA4, search, streams) is recorded where it happens.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app_metrics import init_sentry, instrument, set_sse_max_connections
from ga4_app import database, faults, reports, search, stream
from ga4_app.strain import under_strain


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Makes what the application needs before the first request."""
    database.create_tables()
    set_sse_max_connections(1000)
    async with under_strain():
        yield


init_sentry()
app = FastAPI(title="GA4 analytics", lifespan=lifespan)
for module in (reports, search, stream, faults):
    app.include_router(module.router)
instrument(app, pinned={"tenant_id": ("acme", "globex", "initech")})


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}
