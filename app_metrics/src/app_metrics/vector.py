"""Vector searches and the embeddings behind them."""

from typing import Self

from app_metrics.errors import is_cancellation, type_of
from app_metrics.registry import REGISTRY
from app_metrics.tenants import TENANTS
from app_metrics.tracking import Tracker, never_raises


class VectorSearch(Tracker):
    """One search. See `track_vector_search`."""

    def __init__(self, tenant_id: object, search_type: str) -> None:
        self._labels = (tenant_id, search_type)

    def _fresh(self) -> Self:
        return type(self)(*self._labels)

    def _end(self, seconds: float, error: BaseException | None) -> None:
        TENANTS.seen(self._labels[0])
        REGISTRY.observe("vector_search_latency_seconds", *self._labels, value=seconds)
        if error is not None and not is_cancellation(error):
            REGISTRY.increment("vector_search_errors_total", *self._labels, type_of(error))


class Embedding(Tracker):
    """One call that makes embeddings. See `track_vector_embedding`."""

    def __init__(self, model: str, batch_size: int | None) -> None:
        self._model, self._batch_size = model, batch_size

    def _fresh(self) -> Self:
        return type(self)(self._model, self._batch_size)

    def _end(self, seconds: float, error: BaseException | None) -> None:
        REGISTRY.observe("vector_embedding_duration_seconds", self._model, value=seconds)
        if self._batch_size is not None and error is None:
            REGISTRY.observe("vector_embedding_batch_size", value=self._batch_size)


def track_vector_search(tenant_id: object, search_type: str) -> VectorSearch:
    """A tracker that times a search and counts its failure: for `with` (also around `await`), `async with`, or as a decorator."""
    return VectorSearch(tenant_id, search_type)


@never_raises
def record_vector_search_results(tenant_id: object, count: int) -> None:
    """Records how many results a search returned."""
    REGISTRY.observe("vector_search_results_count", tenant_id, value=count)
    TENANTS.seen(tenant_id)


def track_vector_embedding(model: str, batch_size: int | None = None) -> Embedding:
    """Times the making of embeddings and, if it succeeds, records how many texts (`batch_size`) it was for."""
    return Embedding(model, batch_size)


@never_raises
def record_vector_embedding_tokens(model: str, tokens: int) -> None:
    """Adds the tokens that a model has embedded."""
    REGISTRY.increment("vector_embedding_tokens_total", model, by=tokens)
