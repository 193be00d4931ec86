"""One word for what went wrong, for the `error_type` label: gRPC's code where there is one, else the exception's class.

Told by attributes and names and not by isinstance: none of the libraries that raise these is a dependency.
"""

import asyncio

_BY_CLASS = {
    "TooManyRequests": "resource_exhausted",
    "RetryError": "deadline_exceeded",
    "RefreshError": "unauthenticated",
    "DefaultCredentialsError": "unauthenticated",
}


def type_of(error: BaseException | str) -> str:
    """The type of an error; a text is taken as it is."""
    if isinstance(error, str):
        return error
    code = _grpc_code(error)
    if code is not None:
        return code
    if isinstance(error, TimeoutError):
        return "deadline_exceeded"
    name = type(error).__name__
    return _BY_CLASS.get(name, name)


def is_cancellation(error: BaseException) -> bool:
    """Whether the caller gave up: nothing went wrong on the other side. Leaving a generator early counts as that."""
    return isinstance(error, asyncio.CancelledError | GeneratorExit | KeyboardInterrupt | SystemExit)


def outcome(error: BaseException | None) -> str:
    """The `status` of a call that ended with `error`: success, error or cancelled."""
    if error is None:
        return "success"
    return "cancelled" if is_cancellation(error) else "error"


def _grpc_code(error: BaseException) -> str | None:
    """The code's name, from google-api-core's exceptions (`grpc_status_code`) or gRPC's own (`code()`)."""
    code = getattr(error, "grpc_status_code", None)
    if code is None and callable(ask := getattr(error, "code", None)):
        code = ask()
    name = getattr(code, "name", None)
    return name.lower() if isinstance(name, str) else None
