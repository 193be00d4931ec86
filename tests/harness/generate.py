"""Everything that is generated and checked in: CRD and rights and their copies, what examples and golden profiles become, and pages.

`python -m harness.generate` writes it, `python -m harness.generate --check` says what is stale and fails. Run with tests/ on
PYTHONPATH, from anywhere.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from app_metrics.reference import reference
from chart import values_table
from harness.content import alerts_page
from harness.reference import pages as reference_pages
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.cli.documents import load
from monitoring_operator.cli.rendering import as_files, children, inputs
from monitoring_operator.content.dashboards import operator_board
from monitoring_operator.crd import document
from monitoring_operator.telemetry import reference as operator_metrics

ROOT = Path(__file__).resolve().parents[2]
CRDS = (ROOT / "crds/monitoringprofiles.yaml", ROOT / "charts/monitoring-operator/files/crds/monitoringprofiles.yaml")
CHART = ROOT / "charts/monitoring-operator"
RIGHTS = ROOT / "operator/src/monitoring_operator/doctor/rbac-rules.yaml"
EXAMPLES = ROOT / "examples"
GOLDEN = ROOT / "tests/golden"


_RIGHTS_HEADER = '# Copied from charts/monitoring-operator/files by "make generate". Do not edit.\n'


class InvalidExampleError(Exception):
    """An example holds a profile that is not valid; the message is what `validate` prints."""


def examples() -> list[Path]:
    """The example profiles, sorted."""
    return sorted(EXAMPLES.glob("*.yaml"))


def sources() -> list[Path]:
    """Every file of profiles whose rendering is checked in, in the folder `rendered` beside it."""
    return [*examples(), *sorted(GOLDEN.glob("*.yaml"))]


def rendered_folder(source: Path) -> Path:
    """Where the objects that a file's profiles become are checked in."""
    return source.parent / "rendered" / source.stem


def generated() -> dict[Path, str]:
    """What each generated file must hold. Raises InvalidExampleError."""
    readme = CHART / "README.md"
    pages = {
        alerts_page.PAGE: alerts_page.page(),
        **reference_pages(),
        ROOT / "docs/metrics.md": reference(),
        ROOT / "docs/operator-metrics.md": operator_metrics.page(),
        CHART / "files/dashboards/operator.json": operator_board.template() + "\n",
        RIGHTS: _RIGHTS_HEADER + (CHART / "files/rbac-rules.yaml").read_text(encoding="utf-8"),
        readme: values_table.with_table(readme.read_text(encoding="utf-8"), (CHART / "values.yaml").read_text(encoding="utf-8")),
    }
    return (
        pages
        | dict.fromkeys(CRDS, document())
        | {rendered_folder(source) / name: text for source in sources() for name, text in rendered(source).items()}
    )


def rendered(source: Path) -> Mapping[str, str]:
    """The files that `monitoring-operator render SOURCE -o DIR` writes. Raises InvalidExampleError."""
    loaded = load([str(source)])
    if loaded.findings:
        raise InvalidExampleError("\n".join(map(str, loaded.findings)))
    return as_files(children(loaded, inputs(None, None, ""), Target("monitoring", "main", "alertmanager-main")))


def stale(wanted: Mapping[Path, str]) -> list[Path]:
    """Files that are not there, not as they should be, or there though nothing generates them any more."""
    differing = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    there = (path for folder in (EXAMPLES, GOLDEN) for path in (folder / "rendered").rglob("*.yaml"))
    return sorted([*differing, *(path for path in there if path not in wanted)])


def main() -> int:
    """Brings every file up to date, or with --check only says which are not; returns the exit code."""
    wanted = generated()
    out_of_date = stale(wanted)
    check = "--check" in sys.argv[1:]
    for path in out_of_date:
        print(f"{'stale' if check else 'generated' if path in wanted else 'removed'}: {path.relative_to(ROOT)}")
        if check:
            continue
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    if check and out_of_date:
        print('Run "make generate" and commit the result.')
    return int(check and bool(out_of_date))


if __name__ == "__main__":
    sys.exit(main())
