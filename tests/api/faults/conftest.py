"""Operators whose way to the real API server leads through a proxy that makes faults."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.controlplane import ControlPlane
from harness.operator import Operator
from harness.proxy import FaultProxy


@pytest.fixture(scope="session")
def proxy(control_plane: ControlPlane) -> Iterator[FaultProxy]:
    """The proxy, without any fault."""
    with FaultProxy(control_plane) as running:
        yield running


@pytest.fixture
def start_behind_proxy(
    proxy: FaultProxy, operator_account: Path, tmp_path: Path, diagnose: Callable[[str, Callable[[], str]], None]
) -> Iterator[Callable[..., Operator]]:
    """Starts an operator as a client of the proxy, with the given arguments, and waits until it is ready; all end with the test."""
    with ExitStack() as running:

        def start(client: str, *args: str, env: dict[str, str] | None = None) -> Operator:
            operator = running.enter_context(Operator(proxy.door(client, operator_account), *args, folder=tmp_path, env=env))
            diagnose(f"log of {client}", lambda: operator.tail(60))
            operator.wait_until_ready(120)
            return operator

        yield start
