"""What all tests share: the cluster that was named, namespaces of their own, and a look at the scene where one fails."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from harness.cluster import Cluster
from harness.process import reach_loopback_directly

Diagnose = Callable[[str, Callable[[], str]], None]
DIAGNOSTICS: pytest.StashKey[list[tuple[str, Callable[[], str]]]] = pytest.StashKey()

# How fast an example runs depends on what else the machine does.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")
reach_loopback_directly()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --kubeconfig: no test ever uses a context that was not named to it."""
    parser.addoption("--kubeconfig", type=Path, help="kubeconfig of the cluster that tests/e2e may use")
    parser.addoption("--soak", type=float, default=20, help="seconds for which a healthy application is watched in tests/e2e")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failed test's report what its fixtures asked to be shown."""
    report = yield
    if report.failed and report.when != "teardown":
        report.sections.extend((title, look()) for title, look in item.stash.get(DIAGNOSTICS, []))
    return report


@pytest.fixture
def diagnose(request: pytest.FixtureRequest) -> Diagnose:
    """Takes a title and a function whose text is shown should the test fail."""
    looks = request.node.stash.setdefault(DIAGNOSTICS, [])
    return lambda title, look: looks.append((title, look))


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The cluster named by --kubeconfig."""
    kubeconfig = request.config.getoption("--kubeconfig")
    if kubeconfig is None:
        pytest.fail("no cluster was named: make e2e KUBECONFIG=path, or pytest --kubeconfig path", pytrace=False)
    return Cluster(kubeconfig.expanduser().resolve(strict=True))


@pytest.fixture
def namespace(cluster: Cluster, diagnose: Diagnose) -> Iterator[str]:
    """A namespace of the test's own, deleted after it; on failure its profiles, children and events are shown."""
    with cluster.namespace() as name:
        diagnose(f"namespace {name}", lambda: cluster.dump(name))
        yield name
