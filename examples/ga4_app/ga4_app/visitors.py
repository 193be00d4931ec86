"""Visitors for the example: `python -m ga4_app.visitors http://localhost:8000` asks for reports and searches until it is ended.

About ten requests a second over all tenants, so that every alert's low-traffic guard is passed within minutes.
"""

import itertools
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

from ga4_app.backend import PROPERTIES

PAUSE = 0.1


def paths() -> list[str]:
    """One round: every property's report, with a different number of days each time a round begins, and a search per tenant."""
    days = 1 + int(time.time()) % 90
    reports = [f"/v1/tenants/{t}/properties/{p}/report?days={days}" for t, properties in PROPERTIES.items() for p in properties]
    return [*reports, *(f"/v1/tenants/{tenant}/search?q=sessions" for tenant in PROPERTIES)]


def visit(base: str, path: str) -> int:
    """Asks once; returns the status, 0 if there was no answer."""
    try:
        with urlopen(base + path, timeout=30) as answer:  # noqa: S310 - the address is the caller's
            return int(answer.status)
    except URLError as error:
        return int(getattr(error, "code", 0))


def main() -> None:
    """Visits the address given on the command line."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one argument
        raise SystemExit("usage: python -m ga4_app.visitors http://localhost:8000")
    for number in itertools.count():
        round_ = paths()
        visit(sys.argv[1], round_[number % len(round_)])
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
