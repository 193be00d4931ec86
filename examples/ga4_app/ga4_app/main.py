"""The application: `uvicorn ga4_app.main:app --port 8000`. All that it takes to be measured is the line with `instrument`."""

from fastapi import FastAPI

from app_metrics import instrument
from ga4_app import reports, search, stream

app = FastAPI(title="GA4 analytics")
app.include_router(reports.router)
app.include_router(search.router)
app.include_router(stream.router)
instrument(app)


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}
