"""Which format and coding a scraper gets. Prometheus ranks what it accepts by `q`; taking the first known type, or echoing the
version it asked for, answers some scrapers with a type that they then refuse.
"""

from typing import NamedTuple

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Accepted(NamedTuple):
    """One element of an Accept header; `quality` from 0 (refused) to 1."""

    name: str
    parameters: dict[str, str]
    quality: float


def parse(header: str) -> list[Accepted]:
    """The elements of an Accept or Accept-Encoding header; unreadable qualities count as 0."""
    found = []
    for element in header.split(","):
        name, *rest = (part.strip() for part in element.split(";"))
        parameters = {key.strip().lower(): value.strip().strip('"') for key, _, value in (part.partition("=") for part in rest)}
        if name:
            found.append(Accepted(name.lower(), parameters, _quality(parameters.pop("q", "1"))))
    return found


def _quality(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0.0 <= value <= 1.0 else 0.0


def wants_openmetrics(accept: str) -> bool:
    """Whether OpenMetrics 1.0.0 is named and nothing else is liked better; the text format stands in when nothing fits."""
    openmetrics = text = 0.0
    for element in parse(accept):
        if element.name == "application/openmetrics-text" and element.parameters.get("version", "1.0.0") == "1.0.0":
            openmetrics = max(openmetrics, element.quality)
        elif element.name in ("*/*", "text/*", "text/plain"):
            text = max(text, element.quality)
    return openmetrics > 0.0 and openmetrics >= text


def wants_gzip(accept_encoding: str) -> bool:
    """Whether the scraper takes gzip, by name or by `*`."""
    qualities = {element.name: element.quality for element in parse(accept_encoding)}
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0.0
