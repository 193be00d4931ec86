"""Prometheus durations: `1h30m` to seconds and back (prometheus/common model.ParseDuration)."""

import re

_UNITS = {"y": 365 * 86400.0, "w": 7 * 86400.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"([0-9]+)(ms|[ywdhms])")


def seconds(duration: str) -> float:
    """Length of a Prometheus duration in seconds.

    Raises ValueError if the text is not a sequence of numbers with units.
    """
    parts = _PART.findall(duration)
    if not parts or "".join(n + u for n, u in parts) != duration:
        raise ValueError(f"not a duration: {duration!r}")
    return sum(int(n) * _UNITS[u] for n, u in parts)


def text(length: float) -> str:
    """The shortest Prometheus duration of `length` seconds, to the millisecond: `90.0` is `1m30s`."""
    rest = round(length * 1000)
    out = ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, size)
        out += f"{count}{unit}" if count else ""
    return out or "0s"
