"""A stand-in for the GA4 Data API: the same questions, made-up answers, no network."""

import asyncio
from zlib import crc32

PROPERTIES = {"acme": ("properties/1001", "properties/1002"), "globex": ("properties/2001",), "initech": ("properties/3001",)}


class UnknownPropertyError(LookupError):
    """The tenant has no such property."""


class Backend:
    """Answers like GA4 would, after about the time that a close-by server takes."""

    latency = 0.02

    async def run_report(self, tenant_id: str, property_id: str, days: int) -> list[int]:
        """Sessions per day, the same for the same question."""
        if f"properties/{property_id}" not in PROPERTIES.get(tenant_id, ()):
            raise UnknownPropertyError(f"tenant {tenant_id} has no property {property_id}")
        await asyncio.sleep(self.latency)
        return [200 + crc32(f"{tenant_id}/{property_id}/{day}".encode()) % 800 for day in range(days)]


BACKEND = Backend()
