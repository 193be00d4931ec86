"""Faults to provoke: `PUT /faults/{name}` switches one on, `DELETE /faults/{name}` off, `GET /faults` lists them.

Each makes the condition true that its alert is about; the alert then fires after its `for`. Two are about what only dashboards show.
"""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

router = APIRouter(prefix="/faults")

FAULTS = {
    "ga4-errors": "GA4 refuses every third call: Ga4ApiHighErrorRate",
    "ga4-quota-high": "92 % of the daily tokens are used: Ga4QuotaHigh",
    "ga4-quota-exhausted": "97 % of the daily tokens are used: Ga4QuotaExhaustionImminent",
    "ga4-slow": "GA4 takes six seconds: Ga4ApiHighLatency",
    "search-slow": "Searches take 1.5 seconds: VectorSearchHighLatency",
    "search-errors": "Every third search fails, which a dashboard shows",
    "sse-errors": "Every third stream breaks off, which a dashboard shows",
    "sse-high": "920 streams are open: SseConnectionsHigh",
    "sse-full": "980 streams are open: SseConnectionsNearLimit",
    "pool-high": "9 of 10 database connections are held: ConnectionPoolHigh",
    "pool-exhausted": "All 10 database connections are held: ConnectionPoolExhaustionImminent",
    "http-errors": "Every third request fails with 500: HttpHighServerErrorRate",
    "cpu-high": "Close to 90 % of the CPU limit is used: CpuHigh",
    "cpu-saturated": "All of the CPU limit is used: CpuSaturated",
    "memory-high": "90 % of the memory limit is used: HighMemoryUsage",
    "down": "The process ends: ServiceDown, if it is the only one and is not restarted",
}

active: set[str] = set()
_turns: dict[str, int] = {}


def is_on(name: str) -> bool:
    """Whether the fault is switched on."""
    return name in active


def every_third(name: str) -> bool:
    """Whether it is this call's turn to suffer from the fault."""
    if name not in active:
        return False
    _turns[name] = _turns.get(name, 0) + 1
    return _turns[name] % 3 == 0


Name = Annotated[str, Path(description="One of the names that GET /faults lists")]


def _known(name: str) -> str:
    if name not in FAULTS:
        raise HTTPException(404, f"no fault {name!r}; there are {', '.join(FAULTS)}")
    return name


@router.get("")
async def list_faults() -> dict[str, dict[str, object]]:
    """All faults, what they do, and which are on."""
    return {name: {"about": about, "on": name in active} for name, about in FAULTS.items()}


@router.put("/{name}")
async def switch_on(name: Name) -> dict[str, bool]:
    """Switches a fault on."""
    active.add(_known(name))
    return {"on": True}


@router.delete("/{name}")
async def switch_off(name: Name) -> dict[str, bool]:
    """Switches a fault off."""
    active.discard(_known(name))
    return {"on": False}
