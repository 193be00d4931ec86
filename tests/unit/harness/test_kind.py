"""`make kind-up` without a container engine says what is missing; with one it does what the documentation says, in that order."""

from pathlib import Path

import pytest

from harness import kind
from harness.operator import ROOT


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is installed; what is put into the returned folder is on its PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("MONITORING_TOOLS_DIR", str(folder))
    monkeypatch.setattr(kind, "KUBECONFIG", ROOT / "build" / f"{tmp_path.name}.kubeconfig")
    return folder


def install(machine: Path, name: str, *, works: bool = True) -> None:
    """A program that notes how it was called, and works or does not."""
    program = machine / name
    program.write_text(f'#!/bin/sh\necho "{name} $*" >> {machine}/calls\nexit {0 if works else 1}\n')
    program.chmod(0o755)


def calls(machine: Path) -> list[str]:
    """How programs were called: their names and the first words."""
    return [" ".join(line.split()[:3]) for line in (machine / "calls").read_text().splitlines()]


def test_no_engine_is_said_with_what_works_without(machine: Path) -> None:
    """An installed engine whose daemon does not run is none."""
    install(machine, "docker", works=False)

    with pytest.raises(kind.Unable, match=r"(?s)docker or podman must be installed and running.*make demo"):
        kind.up()


def test_kind_missing_is_said(machine: Path) -> None:
    """With an engine but without kind there is nothing to start."""
    install(machine, "podman")

    with pytest.raises(kind.Unable, match="kind is not on PATH"):
        kind.up()


def test_everything_ends_up_in_the_cluster(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cluster, both images built and loaded, the stack, our chart; and the kubeconfig is a file of its own."""
    for name in ("docker", "kind", "helm"):
        install(machine, name)
    # What `docker save` writes and the load has read is deleted in between.
    (machine / "docker").write_text(f"""#!/bin/sh
echo "docker $*" >> {machine}/calls
[ "$1" = save ] && : > "$3"
exit 0
""")
    kind.up()

    assert [
        "docker info",
        "kind get clusters",
        "kind create cluster",
        "docker build --tag",
        "docker build --tag",
        "docker save --output",
        "kind load image-archive",
        "docker save --output",
        "kind load image-archive",
        "helm upgrade --install",
        "helm upgrade --install",
    ] == calls(machine)
    given = [line for line in (machine / "calls").read_text().splitlines() if line.startswith(("helm", "kind create"))]
    assert all(f"--kubeconfig {kind.KUBECONFIG}" in line for line in given)
    assert f"make e2e KUBECONFIG=build/{kind.KUBECONFIG.name}" in capsys.readouterr().out
