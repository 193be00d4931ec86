"""What the pages tell people to type works, as far as it can be tried without a cluster."""

import ast
import importlib
import importlib.util
import itertools
import re
import subprocess
from functools import cache
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from harness import kind, tools
from harness.documents import ROOT, Block, Command, Page, pages
from monitoring_operator.cli.judgement import judge
from monitoring_operator.cli.main import cli
from unit.migration.test_import import ALERTMANAGER, RULES, SLOTH

PAGES = pages()
COMMANDS = [command for page in PAGES for command in page.commands()]
EXECUTED = {"validate", "render", "route", "crd", "import", "stack", "completion", "preview", "test"}
"""Commands of ours that need no cluster: they are really run, but for `stack up`, which tests/rules runs."""
KUBECTL = {"annotate", "apply", "create", "delete", "describe", "get", "logs", "patch", "rollout", "wait", "port-forward"}


def of(*programs: str) -> pytest.MarkDecorator:
    """The commands of some programs."""
    return pytest.mark.parametrize("command", [c for c in COMMANDS if c.words[0] in programs], ids=str)


def test_every_program_is_known() -> None:
    """A program that no test below knows is one that nobody has tried."""
    known = {"monitoring-operator", "make", "helm", "kubectl", "docker", "kind", "curl", "uvicorn", "pip", "python", "base64", "grep"}

    assert [] == [str(command) for command in COMMANDS if command.words[0] not in known]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like a checkout, in which commands may write; with the files that pages tell people to save."""
    for name in ("examples", "charts", "crds"):
        (tmp_path / name).symlink_to(ROOT / name)
    for name, text in {"rules.yaml": RULES, "alertmanager.yml": ALERTMANAGER, "slo.yaml": SLOTH, **_saved()}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@cache
def _saved() -> dict[str, str]:
    """The profiles that pages have saved under a name; `profile.yaml` is the example."""
    tutorial = next(page for page in PAGES if page.path.name == "tutorial.md")
    (profile,) = (block.text for block in tutorial.blocks("yaml") if "name: shop\n" in block.text)
    return {"shop.yaml": profile, "profile.yaml": (ROOT / "examples/ga4-analytics.yaml").read_text()}


@of("monitoring-operator")
def test_our_commands_work(command: Command, checkout: Path) -> None:
    """Arguments are such as the command takes; what needs no cluster runs to its end."""
    words = [word for word in command.words[1:] if not word.startswith(">")]
    context: click.Context | None = cli.make_context("monitoring-operator", list(words))
    name: str | None = ""
    while isinstance(context, click.Context) and isinstance(context.command, click.Group):
        name, inner, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert inner is not None
        context = inner.make_context(name, rest, parent=context)
    if command.words[1] in EXECUTED and name != "up":
        given = "kind: List\nitems: []\n" if "import" in words else _saved()["shop.yaml"]
        if "import" in words and "-" in words:
            given = RULES
        programs = {"PROMTOOL": str(tools.find("promtool"))} if "test" in words else {}
        result = CliRunner().invoke(cli, words, input=given, env=programs)

        assert result.exit_code in ((0, 1) if "import" in words else (0,)), result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)


@of("make")
def test_targets_are_there(command: Command) -> None:
    """Every `make` target is one."""
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {word for word in command.words[1:] if "=" not in word and not word.startswith("-")} <= targets


@of("helm")
def test_the_chart_takes_it(command: Command) -> None:
    """What is installed or upgraded is our chart, and renders with the values that are given; or what `make kind-up` installs beside it."""
    verb = next(word for word in command.words[1:] if not word.startswith("-"))
    flags = "install", "upgrade", "template", "test", "uninstall", "rollback"

    assert verb in flags
    if "kube-prometheus-stack" in command.words:
        assert {"--repo", kind.STACK_REPOSITORY, kind.STACK_VERSION, "--create-namespace"} <= set(command.words)
        assert (ROOT / command.words[command.words.index("--values") + 1]).is_file()
        return
    assert {"monitoring-operator", "charts/monitoring-operator"} & set(command.words)
    if verb in ("install", "upgrade", "template"):
        # `...` stands for what was said before.
        charts = [word for word in command.words if word.startswith("charts/")] or ["charts/monitoring-operator"]
        settings = [pair for pair in itertools.pairwise(command.words) if pair[0] in ("--set", "--values")]
        words = [str(tools.find("helm")), "template", "monitoring-operator", str(ROOT / charts[0])]
        done = subprocess.run(
            [*words, *(w for pair in settings for w in pair)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )

        assert 0 == done.returncode, done.stderr


@cache
def _flags(*verb: str) -> str:
    """What kubectl says of a verb's options, and of those that all verbs have."""
    kubectl = str(tools.find("kubectl"))
    asked = ([kubectl, *verb, "--help"], [kubectl, "options"])
    return "\n".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout for command in asked)


def _without_namespace(words: tuple[str, ...]) -> list[str]:
    """Without `--namespace NAME`, which may stand before the verb."""
    kept = list(words)
    while (flag := next((w for w in kept if w in ("-n", "--namespace")), None)) is not None:
        del kept[kept.index(flag) : kept.index(flag) + 2]
    return kept


@of("kubectl")
def test_kubectl_takes_it(command: Command) -> None:
    """The verb and every option are kubectl's, resources are named as the cluster names them, files are there."""
    words = _without_namespace(command.words[1:])
    verb, *others = (word for word in words if not word.startswith("-"))
    depth = {"create": 2 if others[:1] == ["secret"] else 1, "rollout": 1}.get(verb, 0)
    known = _flags(verb, *others[:depth])

    assert verb in KUBECTL
    assert [] == [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    files = [after for flag, after in itertools.pairwise(words) if flag in ("-f", "--filename")]
    assert [] == [file for file in files if file != "-" and not (ROOT / file).exists() and file not in _saved()]


@of("docker", "kind")
def test_files_for_images_are_there(command: Command) -> None:
    """Dockerfiles and configurations exist; images are called as the Makefile calls them."""
    words = command.words
    files = [after for flag, after in itertools.pairwise(words) if flag in ("-f", "--file", "--config")]
    images = [word for word in words if word.startswith("localhost/")]

    assert all((ROOT / file).exists() for file in files)
    assert {image.partition(":")[0] for image in images} <= {"localhost/monitoring-operator", "localhost/ga4-app"}


@of("curl")
def test_addresses_are_served(command: Command) -> None:
    """What is asked of the example application is one of its routes, and a fault is one of its faults."""
    faults = re.findall(r'^    "([\w-]+)": ', (ROOT / "examples/ga4_app/ga4_app/faults.py").read_text(), re.MULTILINE)
    routes = [r"/metrics", r"/healthz", r"/faults", *(f"/faults/{fault}" for fault in faults)]
    routes += [r"/v1/tenants/\w+/properties/\d+/report", r"/v1/tenants/\w+/search\?q=.+"]
    (address,) = (word for word in command.words if "localhost" in word)

    assert any(re.fullmatch(route, re.sub(r"^(http://)?localhost:\d+", "", address)) for route in routes)


@of("uvicorn", "python")
def test_modules_are_there(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is served or run can be imported."""
    monkeypatch.syspath_prepend(str(ROOT / "examples/ga4_app"))
    words = command.words
    named = words[1] if words[0] == "uvicorn" else words[words.index("-m") + 1]
    module, _, attribute = named.partition(":")

    assert words[0] == "python" or importlib.util.find_spec(words[0])
    assert hasattr(importlib.import_module(module), attribute or "main")


@of("pip")
def test_distributions_are_there(command: Command) -> None:
    """Folders that are installed are projects, with the extras that are named."""
    for word in command.words[2:]:
        if word.startswith("./"):
            folder, _, extras = word.removesuffix("]").partition("[")
            project = (ROOT / folder / "pyproject.toml").read_text()

            assert all(f"{extra} = [" in project for extra in extras.split(",") if extra)


YAML = [block for page in PAGES for block in page.blocks("yaml")]


@pytest.mark.parametrize("block", YAML, ids=str)
def test_yaml_is_valid(block: Block) -> None:
    """Profiles and parts of profiles are valid; everything else is YAML."""
    for body in yaml.safe_load_all(block.text):
        if body.get("kind") == "MonitoringProfile" or set(body) == {"spec"}:
            scrape = {"selector": {"matchLabels": {"app": "shown"}}, "port": "http"}
            spec = {**body["spec"], "scrape": {**scrape, **body["spec"].get("scrape", {})}}
            whole = {
                "apiVersion": "monitoring-operator.dev/v1alpha1",
                "kind": "MonitoringProfile",
                "metadata": {"name": "shown"},
                **body,
                "spec": spec,
            }

            assert ((),) == judge(whole)[1:]


@pytest.mark.parametrize("block", [block for page in PAGES for block in page.blocks("python")], ids=str)
def test_python_is_python(block: Block) -> None:
    """It parses, and what it imports from us is there."""
    tree = (
        ast.parse(block.text)
        if "await" not in block.text
        else ast.parse("async def f():\n" + re.sub("^", "    ", block.text, flags=re.MULTILINE))
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app_metrics"):
            module = importlib.import_module(str(node.module))

            assert [] == [alias.name for alias in node.names if not hasattr(module, alias.name)]


def _shown() -> list[tuple[Command, str]]:
    """Commands with their output, but for ours that ask a cluster: tests on clusters look at those."""
    shown = [shown for page in PAGES for shown in page.outputs()]
    asks = [c.line.startswith("monitoring-operator ") and c.line.split()[1] not in EXECUTED for c, _ in shown]
    return [pair for pair, asks_a_cluster in zip(shown, asks, strict=True) if not asks_a_cluster]


@pytest.mark.parametrize(("command", "output"), _shown(), ids=[str(command) for command, _ in _shown()])
def test_outputs_are_current(command: Command, output: str, checkout: Path) -> None:
    """What a page shows as the output of a command is what the command prints; of a cluster's, the columns."""
    if command.words[0] == "monitoring-operator":
        assert output == CliRunner().invoke(cli, list(command.words[1:])).output
    else:
        assert ("kubectl", "get") == command.words[:2]
        assert _columns() == output.splitlines()[0].split()


def _columns() -> list[str]:
    """What `kubectl get` shows of a profile."""
    crd = yaml.safe_load((ROOT / "crds/monitoringprofiles.yaml").read_text())
    columns = crd["spec"]["versions"][0]["additionalPrinterColumns"]
    return ["NAME", *(column["name"].upper() for column in columns if not column.get("priority"))]


def test_what_is_looked_for_is_found(tmp_path: Path) -> None:
    """Commands after a prompt and after a pipe, without comments; outputs behind them."""
    page = Page(tmp_path / "page.md")
    page.path.write_text("```console\n$ X=1 make a  # why\nsaid\n$ b | c\n```\n\n```\nout\n```\n")

    assert [("make", "a"), ("b",), ("c",)] == [command.words for command in page.commands()]
    assert [(("c",), "out\n")] == [(command.words, output) for command, output in page.outputs()]
