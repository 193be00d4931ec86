"""What all trackers and recorders share: they are usable in every form a caller may write, and they never raise.

A tracker is a context manager, with `with` (also around `await`) and `async with`, and a decorator for functions and coroutine
functions. An exception that passes through is recorded and goes on; an error of our own is logged and stops here.
"""

import functools
import inspect
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

_log = logging.getLogger("app_metrics")
_P = ParamSpec("_P")
_F = TypeVar("_F", bound=Callable[..., Any])


def never_raises(function: Callable[_P, None]) -> Callable[_P, None]:
    """`function` with whatever it raises logged instead: a wrong argument to a recorder must not fail a request."""

    @functools.wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Exception:  # noqa: BLE001 - measuring never changes what the application does
            _log.exception("%s was not recorded", function.__name__)

    return guarded


class Tracker(ABC):
    """Times a block of code and records how it ended. Each use of one tracker is recorded on its own."""

    _start = 0.0

    @abstractmethod
    def _fresh(self) -> Self:
        """A tracker for the same thing, not yet entered."""

    def _begin(self) -> None:  # noqa: B027 - most trackers have nothing to do on entry
        """Called on entry."""

    @abstractmethod
    def _end(self, seconds: float, error: BaseException | None) -> None:
        """Called on exit with the duration and the exception that passes through."""

    def __enter__(self) -> Self:
        try:
            self._begin()
        except Exception:  # noqa: BLE001 - measuring never changes what the application does
            _log.exception("the beginning of %s was not recorded", type(self).__name__)
        self._start = perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        seconds = perf_counter() - self._start
        try:
            self._end(seconds, error)
        except Exception:  # noqa: BLE001 - measuring never changes what the application does
            _log.exception("the end of %s was not recorded", type(self).__name__)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: _F) -> _F:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def tracked_coroutine(*args: Any, **kwargs: Any) -> Any:
                with self._fresh():
                    return await function(*args, **kwargs)

            return tracked_coroutine  # type: ignore[return-value]

        @functools.wraps(function)
        def tracked(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                return function(*args, **kwargs)

        return tracked  # type: ignore[return-value]
