"""PromQL for panels: every selector carries the dashboard's variables, every rate Grafana's own interval."""

from collections.abc import Sequence

TARGET = 'namespace=~"$namespace",job=~"$job",instance=~"$instance"'
TENANT = 'tenant_id=~"$tenant"'


def series(metric: str, *matchers: str) -> str:
    """The series of `metric` that the dashboard's variables select."""
    return f"{metric}{{{','.join((TARGET, *matchers))}}}"


def aggregate(operator: str, expression: str, by: Sequence[str] = ()) -> str:
    """`sum by (a, b) (expression)`."""
    return f"{operator} by ({', '.join(by)}) ({expression})" if by else f"{operator}({expression})"


def rate(metric: str, *matchers: str, by: Sequence[str] = ()) -> str:
    """Events per second of a counter, summed."""
    return aggregate("sum", f"rate({series(metric, *matchers)}[$__rate_interval])", by)


def ratio(metric: str, bad: str, *matchers: str, by: Sequence[str] = ()) -> str:
    """Share of a counter's events that also match `bad`: 0 when there are none of these, nothing when there is no traffic."""
    whole = rate(metric, *matchers, by=by)
    return f"({rate(metric, *matchers, bad, by=by)} or 0 * {whole}) / ({whole} > 0)"


def share(part: str, whole: str) -> str:
    """A gauge `part` over a gauge `whole` with the same labels; nothing where `whole` is 0."""
    return f"{part} / ({whole} > 0)"


def quantile(q: float, histogram: str, *matchers: str, by: Sequence[str] = ()) -> str:
    """The `q`-quantile of a histogram's observations."""
    return f"histogram_quantile({q}, {rate(f'{histogram}_bucket', *matchers, by=(*by, 'le'))})"


def mean(histogram: str, *matchers: str, by: Sequence[str] = ()) -> str:
    """The mean of a histogram's observations."""
    return f"{rate(f'{histogram}_sum', *matchers, by=by)} / ({rate(f'{histogram}_count', *matchers, by=by)} > 0)"
