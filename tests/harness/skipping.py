"""An event loop whose time is not waited for: where everybody sleeps, it is at once as late as the first of them wants it to be."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Never waits, and counts how long it would have."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for something that has no time"
        self.passed += max(timeout, 0.0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Selector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.passed


def run(main: Coroutine[Any, Any, T]) -> T:
    """What `main` returns. It must sleep for all that it waits for: nothing comes from outside."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
