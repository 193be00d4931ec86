"""Binaries are taken from where somebody put them on purpose; what lies on PATH must be new enough."""

from pathlib import Path

import pytest

from harness import toolchain, tools


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which no tool is anywhere; folders named, assets, path and the cache are below the returned one."""
    for variable, folder in (("MONITORING_TOOLS_DIR", "named"), ("KUBEBUILDER_ASSETS", "assets"), ("PATH", "path")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def put(path: Path, says: str = "") -> Path:
    """A program that prints `says`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def build(name: str) -> Path:
    """A program in the cache as `make tools` leaves it."""
    program = put(tools.cache() / "bin" / name)
    tools.stamp_of(program).write_text(tools.TOOLS[name].key())
    return program


def test_order_of_places(places: Path) -> None:
    """The named folder wins over KUBEBUILDER_ASSETS, that over the cache, that over PATH."""
    on_path = put(places / "path" / "etcd", "etcd Version: 3.6.1")
    found = [tools.find("etcd")]
    built = build("etcd")
    found.append(tools.find("etcd"))
    asset = put(places / "assets" / "etcd")
    found.append(tools.find("etcd"))
    named = put(places / "named" / "etcd")
    found.append(tools.find("etcd"))

    assert [on_path, built, asset, named] == found


@pytest.mark.parametrize(
    ("tool", "answer"),
    [
        ("promtool", "promtool, version 2.45.0 (branch: HEAD, revision: 8ef767e396bf8445f009f945b0162fd71827f445)"),
        ("kube-apiserver", "Kubernetes v1.30.9"),
        ("helm", "v3.15.4+gfa9efb0"),
        ("amtool", "amtool, version  (branch: , revision: unknown)"),
    ],
)
def test_what_is_too_old_on_path_is_passed_over(places: Path, tool: str, answer: str) -> None:
    """A distribution's promtool of two years ago would fail on rules that are right, and one without a version may be anything."""
    put(places / "path" / tool, answer)

    with pytest.raises(tools.ToolMissing, match=rf"^{tool} is not there: run `make tools`$"):
        tools.find(tool)


def test_a_changed_pin_makes_what_was_built_worthless(places: Path) -> None:
    """What was compiled from another go.mod is not found any more."""
    program = build("amtool")
    tools.stamp_of(program).write_text("another key")

    with pytest.raises(tools.ToolMissing):
        tools.find("amtool")


def test_pins_name_a_version() -> None:
    """Every tool's version can be read from its go.mod, which keeps reports of what was tested honest."""
    versions = {name: tool.pinned_version() for name, tool in tools.TOOLS.items()}

    assert versions["kubectl"] == versions["kube-apiserver"]
    assert [] == [name for name, version in versions.items() if not version.startswith("v")]


def test_a_failed_build_leaves_nothing_and_shows_the_compilers_words(places: Path) -> None:
    """A half-written binary would be worse than none."""
    compiler = places / "go"
    compiler.write_text("#!/bin/sh\necho 'dial tcp: lookup proxy: no such host' >&2\nexit 1\n")
    compiler.chmod(0o755)

    with pytest.raises(toolchain.BuildFailed, match=r"(?s)compiling etcd failed:.*no such host"):
        toolchain.compile_tool(compiler, tools.TOOLS["etcd"])
    assert [] == list((tools.cache() / "bin").iterdir())


def test_only_what_is_missing_is_compiled(places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tool that is found anywhere is not built again; progress names what is, and when it is done the tool is found."""
    put(places / "named" / "etcd")
    # Stands in for the compiler: the word after -o is where the binary belongs.
    put(places / "path" / "go").write_text(
        '#!/bin/sh\n[ "$1" = env ] && echo go1.26.0 && exit\nwhile [ "$1" != -o ]; do shift; done\nprintf \'#!/bin/sh\\n\' > "$2"\n'
        '/bin/chmod 755 "$2"\n'
    )
    toolchain.provide(["etcd", "amtool"])

    assert capsys.readouterr().out.splitlines() == [
        "tools: [1/1] compiling amtool (about 1 minute the first time)",
        "tools: [1/1] amtool: 0 s",
        f"etcd            {places}/named/etcd",
        f"amtool          {places}/cache/monitoring-operator/tools/bin/amtool",
    ]
