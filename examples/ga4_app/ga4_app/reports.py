"""Reports from Google Analytics, per tenant and property."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from ga4_app.backend import BACKEND, UnknownPropertyError

router = APIRouter(prefix="/v1/tenants/{tenant_id}")


@router.get("/properties/{property_id}/report")
async def report(tenant_id: str, property_id: str, days: Annotated[int, Query(ge=1, le=90)] = 7) -> dict[str, object]:
    """Sessions per day of the last `days` days."""
    try:
        rows = await BACKEND.run_report(tenant_id, property_id, days)
    except UnknownPropertyError as error:
        raise HTTPException(404, str(error)) from error
    return {"tenant": tenant_id, "property": property_id, "sessions": rows}
