"""Waiting for a state, never for a time: polls until a deadline and says what it saw last."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NotInTime(AssertionError, TimeoutError):
    """The state did not come within its time."""


def wait_for(
    probe: Callable[[], T],
    *,
    what: str,
    timeout: float = 30.0,
    interval: float = 0.1,
    give_up_on: type[Exception] | tuple[type[Exception], ...] = (),
) -> T:
    """What `probe` returns as soon as that is true, asking every `interval` seconds for at most `timeout` seconds.

    A probe may raise AssertionError, LookupError or OSError for "not yet", or return something false: the last of these is shown.
    Raises NotInTime, and whatever the probe raises that can only stay as it is (`give_up_on`).
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            seen = probe()
        except give_up_on:
            raise
        except (AssertionError, LookupError, OSError) as error:
            last = f"{type(error).__name__}: {error}"
        else:
            if seen:
                return seen
            last = repr(seen)
        if time.monotonic() >= deadline:
            raise NotInTime(f"{what}: not within {timeout:g} s; last seen: {last}")
        time.sleep(interval)
