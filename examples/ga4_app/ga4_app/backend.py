"""A stand-in for the GA4 Data API: the same questions, made-up answers, no network, and the quota that comes with each answer."""

import asyncio
from typing import NamedTuple
from zlib import crc32

from ga4_app.faults import every_third, is_on

PROPERTIES = {"acme": ("1001", "1002"), "globex": ("2001",), "initech": ("3001",)}
DAILY_TOKENS = 200_000


class UnknownPropertyError(LookupError):
    """The tenant has no such property."""


class _Code(NamedTuple):
    name: str


class ServiceUnavailable(Exception):
    """GA4 did not answer; like google-api-core's exceptions it carries gRPC's code."""

    grpc_status_code = _Code("UNAVAILABLE")


class Answer(NamedTuple):
    """Sessions per day, what the call cost, and what the daily tokens stand at."""

    sessions: list[int]
    tokens: int
    tokens_used: int


class Backend:
    """Answers like GA4 would, after about the time that a close-by server takes."""

    def __init__(self) -> None:
        self._tokens: dict[str, int] = {}

    async def run_report(self, tenant_id: str, property_id: str, days: int) -> Answer:
        """Sessions per day, the same for the same question. Raises UnknownPropertyError and, while told to, ServiceUnavailable."""
        if property_id not in PROPERTIES.get(tenant_id, ()):
            raise UnknownPropertyError(f"tenant {tenant_id} has no property {property_id}")
        await asyncio.sleep(6 if is_on("ga4-slow") else 0.02)
        if every_third("ga4-errors"):
            raise ServiceUnavailable("the service is currently unavailable")
        tokens = 5 + days
        self._tokens[property_id] = self._tokens.get(property_id, 0) + tokens
        sessions = [200 + crc32(f"{tenant_id}/{property_id}/{day}".encode()) % 800 for day in range(days)]
        return Answer(sessions, tokens, self._used(property_id))

    def _used(self, property_id: str) -> int:
        if is_on("ga4-quota-exhausted"):
            return int(0.97 * DAILY_TOKENS)
        return int(0.92 * DAILY_TOKENS) if is_on("ga4-quota-high") else min(self._tokens[property_id], DAILY_TOKENS)


BACKEND = Backend()
