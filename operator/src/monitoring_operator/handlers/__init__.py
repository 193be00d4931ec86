"""kopf glue: watches feed the store and wake keys. Nothing is decided here."""

import sys


def _import_kopf() -> None:
    """Where the official client is installed, kopf imports all of it, only to recognise its models, and we never hand it any.

    That costs 20 MiB and a second of CPU at every start; while kopf is being imported, the client is not to be found.
    """
    loaded = "kubernetes" in sys.modules
    if not loaded:
        sys.modules["kubernetes"] = None  # type: ignore[assignment]  # Python's own way to say that an import fails
    try:
        import kopf  # noqa: F401, PLC0415
    finally:
        if not loaded:
            del sys.modules["kubernetes"]


_import_kopf()
