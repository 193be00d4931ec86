"""The documentation as a whole: it builds without a warning, its links lead somewhere, nothing is left out."""

import re
import subprocess
import sys
from pathlib import Path

import lupa
import pytest
import yaml

from harness.documents import ROOT, Page, pages
from harness.reference.names import constants
from harness.reference.reasons import REASONS
from monitoring_operator.api import names

PAGES = pages()
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a link or an anchor that leads nowhere would be an error."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", f"--site-dir={folder}"]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert 0 == done.returncode, done.stderr
    return folder


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """No font, script, style or picture of another host, and no tracker: pages work where there is no internet."""
    shown = r'<(?:script|img|iframe)[^>]*\bsrc="(https?:)?//'
    laid_over = r'<link[^>]*rel="(?:stylesheet|preconnect|preload)"[^>]*href="(https?:)?//'
    loaded = re.compile(f"{shown}|{laid_over}")

    assert [] == [page.name for page in site.rglob("*.html") if loaded.search(page.read_text())]


def test_runbooks_are_where_alerts_say(site: Path) -> None:
    """The default `runbook_url` is this site's address of the alert's page."""
    assert (site / "runbooks/ServiceDown/index.html").is_file()
    assert "https://monitoring-operator.dev/" == SITE["site_url"]


def test_every_page_is_in_the_navigation() -> None:
    """But runbooks, which have a page of their own, and decisions, which are for contributors."""
    listed = set(re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text()))
    there = {str(page.path.relative_to(ROOT / "docs")) for page in PAGES if page.path.is_relative_to(ROOT / "docs")}

    assert set() == {page for page in there - listed if not page.startswith(("runbooks/", "adr/"))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Page) -> None:
    """Files and headings exist; addresses elsewhere are whole."""
    for link in page.links():
        target, _, anchor = link.partition("#")
        if target.startswith(("http://", "https://")):
            assert re.fullmatch(r"https?://[\w.:-]+(/\S*)?", target)
            continue
        path = (page.path.parent / target).resolve() if target else page.path

        assert path.exists(), link
        assert not anchor or anchor in Page(path).anchors(), link


def test_decisions_are_numbered_in_order_and_listed() -> None:
    """From 1 without a gap, in the file's name, in its heading and in the index."""
    folder = ROOT / "docs" / "adr"
    decisions = sorted(folder.glob("0*.md"))
    headings = [page.read_text().partition("\n")[0].removeprefix("# ") for page in decisions]

    assert [*range(1, len(decisions) + 1)] == [int(page.name[:4]) for page in decisions]
    assert [f"{n}. [{h.partition('. ')[2]}]({p.name})" for n, (p, h) in enumerate(zip(decisions, headings, strict=True), start=1)] == [
        line for line in (folder / "README.md").read_text().splitlines() if line[:1].isdigit()
    ]
    assert [*range(1, len(decisions) + 1)] == [int(heading.partition(".")[0]) for heading in headings]


def test_every_reason_is_explained() -> None:
    """With what mends it, unless nothing needs to be mended."""
    reasons = [reason for reason, _ in constants(names, "Reason")]

    assert [] == [reason for reason in reasons if reason not in REASONS]
    assert [] == [reason for reason in REASONS if not REASONS[reason][0]]


def test_troubleshooting_names_reasons_that_exist() -> None:
    """A reason that was renamed would send people looking for nothing."""
    text = (ROOT / "docs/troubleshooting.md").read_text()
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", text))
    known = {*(r for r, _ in constants(names, "Reason")), *(c for c, _ in constants(names, "Condition")), "MetricLabelsNearLimit"}

    assert named <= known


@pytest.mark.parametrize(
    ("conditions", "health"),
    [
        ([], "Progressing"),
        ([("Ready", "True", 2)], "Healthy"),
        ([("Ready", "True", 1)], "Progressing"),
        ([("Ready", "False", 2)], "Progressing"),
        ([("Ready", "False", 2), ("Stalled", "True", 2)], "Degraded"),
        ([("Ready", "False", 2), ("Reconciling", "True", 2)], "Progressing"),
    ],
)
def test_argo_cds_health_check_reads_conditions(conditions: list[tuple[str, str, int]], health: str) -> None:
    """The Lua of the page, run on a profile of generation 2."""
    (block,) = (b for b in Page(ROOT / "docs/howto/gitops.md").blocks("yaml") if "argocd-cm" in b.text)
    code = yaml.safe_load(block.text)["data"]["resource.customizations.health.monitoring-operator.dev_MonitoringProfile"]
    lua = lupa.LuaRuntime()
    listed = [{"type": t, "status": s, "observedGeneration": g, "message": "why"} for t, s, g in conditions]
    profile = {"metadata": {"generation": 2}, "status": {"conditions": listed} if conditions else None}
    lua.globals().obj = lua.table_from(profile, recursive=True)

    assert health == lua.execute(code)["status"]
