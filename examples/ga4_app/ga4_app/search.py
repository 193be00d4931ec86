"""Search by meaning over the reports' titles: vectors of letter pairs stand in for a model's."""

from collections import Counter
from itertools import pairwise
from math import sqrt
from typing import Annotated

from fastapi import APIRouter, Query

router = APIRouter(prefix="/v1/tenants/{tenant_id}")

TITLES = (
    "Sessions by country",
    "Sessions by device category",
    "Revenue by campaign",
    "Bounce rate of landing pages",
    "New and returning visitors",
    "Events per session",
    "Conversions by channel",
)


@router.get("/search")
async def search(
    tenant_id: str, q: Annotated[str, Query(min_length=2, max_length=200)], limit: Annotated[int, Query(ge=1, le=20)] = 5
) -> dict[str, object]:
    """The titles most like `q`, best first."""
    wanted = embed(q)
    ranked = sorted(((similarity(wanted, embed(title)), title) for title in TITLES), reverse=True)
    return {"tenant": tenant_id, "results": [title for score, title in ranked[:limit] if score > 0]}


def embed(text: str) -> Counter[str]:
    """How often each pair of neighbouring letters occurs."""
    return Counter(a + b for a, b in pairwise(text.lower()))


def similarity(a: Counter[str], b: Counter[str]) -> float:
    """The cosine of the angle between two vectors, 0 to 1."""
    dot = sum(count * b[pair] for pair, count in a.items())
    return dot / (sqrt(sum(n * n for n in a.values())) * sqrt(sum(n * n for n in b.values()))) if dot else 0.0
