"""Background programs of tests and demo, as the local stack runs them, and the way to what they listen on."""

import os

from monitoring_operator.stack.process import Process

__all__ = ["Process", "reach_loopback_directly"]


def reach_loopback_directly() -> None:
    """Have this process and those it starts talk to the loopback address without a proxy, whatever the environment names."""
    named = {os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")} - {""}
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(sorted(named | {"127.0.0.1", "localhost"}))
