"""A real API server with both sets of CRDs, and the operator beside it with the chart's rights."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.controlplane import ControlPlane
from harness.operator import Operator, install_crds, operator_kubeconfig
from harness.teams import Scene, two_teams

StartOperator = Callable[..., Operator]


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server for the whole run, with prometheus-operator's CRDs and ours."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane")) as running:
        install_crds(running)
        yield running


@pytest.fixture(scope="session")
def cluster(control_plane: ControlPlane) -> ControlPlane:
    """API tests use the server they started, whatever --kubeconfig says."""
    return control_plane


@pytest.fixture(scope="session")
def operator_account(control_plane: ControlPlane) -> Path:
    """Kubeconfig of the operator's ServiceAccount, with the chart's RBAC."""
    return operator_kubeconfig(control_plane)


@pytest.fixture
def start_operator(operator_account: Path, tmp_path: Path, diagnose: Callable[[str, Callable[[], str]], None]) -> Iterator[StartOperator]:
    """Starts an operator with the given arguments and waits until it is ready; all end with the test."""
    with ExitStack() as running:

        def start(*args: str) -> Operator:
            operator = running.enter_context(Operator(operator_account, *args, folder=tmp_path))
            diagnose("operator's log", lambda: operator.tail(100))
            operator.wait_until_ready()
            return operator

        yield start


@pytest.fixture(scope="module")
def running_operator(operator_account: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """One operator for the whole cluster and all tests of a module; modules that start their own must not use it."""
    with Operator(operator_account, folder=tmp_path_factory.mktemp("operator")) as running:
        running.wait_until_ready()
        yield running


@pytest.fixture
def operator(running_operator: Operator, diagnose: Callable[[str, Callable[[], str]], None]) -> Operator:
    """The module's operator, ready."""
    diagnose("operator's log", lambda: running_operator.tail(100))
    return running_operator


@pytest.fixture
def pair(cluster: ControlPlane, diagnose: Callable[[str, Callable[[], str]], None]) -> Iterator[str]:
    """A second namespace of the test's own, for what lives apart from the profile."""
    with cluster.namespace("pair") as name:
        diagnose(f"namespace {name}", lambda: cluster.dump(name))
        yield name


@pytest.fixture
def scene(
    cluster: ControlPlane, operator_account: Path, tmp_path: Path, diagnose: Callable[[str, Callable[[], str]], None]
) -> Iterator[Scene]:
    """Two teams with an Alertmanager, and no operator yet."""
    with two_teams(cluster, operator_account, tmp_path, diagnose) as found:
        yield found
