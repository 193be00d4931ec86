"""Where finished HTTP requests are written: a counter and three histograms under one lock, found with one look-up.

What no route took (scans, redirects to a slash, methods nobody accepts) shares one pair of labels: a client chooses paths and
methods, and must not choose how many series there are.
"""

from bisect import bisect_left
from typing import NamedTuple

from app_metrics.catalogue import BY_NAME
from app_metrics.guard import OTHER
from app_metrics.registry import Registry
from app_metrics.series import Distribution, Exemplar, Value

UNMATCHED = "__unmatched__"
"""The endpoint of requests that no route took."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"})
CLIENT_GONE = 499
"""The status of requests whose client left before the response began; nginx's number, and no error of ours."""

_DURATION = "http_request_duration_seconds"
_REQUEST = "http_request_size_bytes"
_RESPONSE = "http_response_size_bytes"
_SECONDS = BY_NAME[_DURATION].buckets
_BYTES = BY_NAME[_REQUEST].buckets
_MOST_ROUTES = 20_000
RouteKey = tuple[int, str, int]
"""Identity of the route (or of FastAPI's record of it), method, status."""


class Cell(NamedTuple):
    """The series that one kind of request touches."""

    requests: Value
    duration: Distribution
    request_size: Distribution
    response_size: Distribution


class HttpRecorder:
    """Records HTTP requests in a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = registry.lock
        self._cells: dict[tuple[str, str | None, int], Cell] = {}
        self.routes: dict[RouteKey, tuple[Cell, object]] = {}
        """The series that were learned by `learn`."""
        registry.caches += [self._cells.clear, self.routes.clear]

    def learn(self, key: RouteKey, owner: object, template: str | None) -> Cell:
        """The series of a request, remembered for `key`, which begins with the identity of `owner`: it is kept, so that no other
        object can get that identity.
        """
        cell = self.cell(key[1], template, key[2])
        if key[1] in METHODS:
            if len(self.routes) >= _MOST_ROUTES:
                self.routes.clear()
            self.routes[key] = (cell, owner)
        return cell

    def cell(self, method: str, template: str | None, status: int) -> Cell:
        """The series for a request; `template` is None for one that no route took."""
        key = (method, template, status)
        return self._cells.get(key) or self._create(key)

    def request(self, cell: Cell, seconds: float, received: int, sent: int | None, exemplar: Exemplar | None) -> None:
        """One request: seconds taken, body bytes received and sent; `sent` is None while a stream goes on (see `streamed`)."""
        first, second = bisect_left(_SECONDS, seconds), bisect_left(_BYTES, received) if received else 0
        requests, duration, request_size, response_size = cell
        with self._lock:
            requests.value += 1.0
            duration.counts[first] += 1
            duration.sum += seconds
            request_size.counts[second] += 1
            request_size.sum += received
            if sent is not None:
                response_size.counts[bisect_left(_BYTES, sent)] += 1
                response_size.sum += sent
            if exemplar is not None:
                duration.note(first, exemplar)

    def streamed(self, cell: Cell, sent: int) -> None:
        """The size of a stream that has ended."""
        with self._lock:
            cell.response_size.counts[bisect_left(_BYTES, sent)] += 1
            cell.response_size.sum += sent

    def _create(self, key: tuple[str, str | None, int]) -> Cell:
        raw_method, template, status = key
        if template is None:
            method, endpoint = OTHER, UNMATCHED
        else:
            method, endpoint = raw_method if raw_method in METHODS else OTHER, template
        distributions = self._registry.distributions
        cell = Cell(
            self._registry.values["http_requests_total"].at(method, endpoint, str(status)),
            distributions[_DURATION].at(method, endpoint),
            distributions[_REQUEST].at(method, endpoint),
            distributions[_RESPONSE].at(method, endpoint),
        )
        # Only keys from bounded sets are kept: an invented method finds its series through the registry each time.
        if raw_method in METHODS:
            self._cells[key] = cell
        return cell
