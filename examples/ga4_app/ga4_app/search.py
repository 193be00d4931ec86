"""Search by meaning over the reports' titles: vectors of letter pairs stand in for a model's."""

import asyncio
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from math import sqrt
from typing import Annotated

from fastapi import APIRouter, Query

from app_metrics import (
    record_vector_embedding_tokens,
    record_vector_search_cache_hit,
    record_vector_search_cache_miss,
    record_vector_search_results,
    track_vector_embedding,
    track_vector_search,
)
from ga4_app.faults import every_third, is_on

router = APIRouter(prefix="/v1/tenants/{tenant_id}")

MODEL = "letter-pairs"
TITLES = (
    "Sessions by country",
    "Sessions by device category",
    "Revenue by campaign",
    "Bounce rate of landing pages",
    "New and returning visitors",
    "Events per session",
    "Conversions by channel",
)
_recent: set[str] = set()


@router.get("/search")
async def search(
    tenant_id: str, q: Annotated[str, Query(min_length=2, max_length=200)], limit: Annotated[int, Query(ge=1, le=20)] = 5
) -> dict[str, object]:
    """The titles most like `q`, best first."""
    if q in _recent:
        record_vector_search_cache_hit(tenant_id)
    else:
        record_vector_search_cache_miss(tenant_id)
        if len(_recent) < 1000:  # noqa: PLR2004 - an example's cache
            _recent.add(q)
    with track_vector_search(tenant_id, "semantic"):
        await asyncio.sleep(1.5 if is_on("search-slow") else 0.005)
        if every_third("search-errors"):
            raise TimeoutError("the index does not answer")
        wanted = embed(q)
        ranked = sorted(((similarity(wanted, vector), title) for title, vector in _library().items()), reverse=True)
        results = [title for score, title in ranked[:limit] if score > 0]
    record_vector_search_results(tenant_id, len(results))
    return {"tenant": tenant_id, "results": results}


@lru_cache
def _library() -> dict[str, Counter[str]]:
    with track_vector_embedding(MODEL, batch_size=len(TITLES)):
        return {title: _pairs(title) for title in TITLES}


def embed(text: str) -> Counter[str]:
    """How often each pair of neighbouring letters occurs."""
    with track_vector_embedding(MODEL, batch_size=1):
        vector = _pairs(text)
    record_vector_embedding_tokens(MODEL, len(text) - 1)
    return vector


def _pairs(text: str) -> Counter[str]:
    return Counter(a + b for a, b in pairwise(text.lower()))


def similarity(a: Counter[str], b: Counter[str]) -> float:
    """The cosine of the angle between two vectors, 0 to 1."""
    dot = sum(count * b[pair] for pair, count in a.items())
    return dot / (sqrt(sum(n * n for n in a.values())) * sqrt(sum(n * n for n in b.values()))) if dot else 0.0
