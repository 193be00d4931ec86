"""promtool accepts every rule file that can be rendered, at its strictest."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.content import promtool
from harness.content.profiles import EVERYTHING_CHANGED, profile
from monitoring_operator.api.profile import PACKS
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules

EXTRA = [
    {
        "alert": "NightlyExportMissing",
        "expr": "absent_over_time(export_success_total[26h])",
        "for": "10m",
        "severity": "warning",
        "summary": "x.",
    },
    {
        "alert": "QueueLong",
        "expr": 'queue_length{queue="a"} > 5',
        "keepFiringFor": "5m",
        "severity": "critical",
        "summary": "The queue is long.",
        "description": "{{ $value }} jobs wait in {{ $labels.queue }}.",
        "labels": {"queue": "{{ $labels.queue }}"},
        "annotations": {"runbook_url": "https://example.com"},
    },
]


@pytest.mark.parametrize(
    "sections",
    [{}, EVERYTHING_CHANGED, {"alerts": {"extra": EXTRA, "labels": {"team": "{{"}}}, *({"packs": [pack]} for pack in PACKS)],
    ids=["defaults", "everything changed", "extra", *PACKS],
)
def test_promtool_accepts(sections: dict[str, Any], tmp_path: Path) -> None:
    """No parse error, no duplicate rule, no warning."""
    for manifest in render_prometheus_rules(profile(**sections), Inputs()):
        path = tmp_path / f"{manifest.ref.name}.yaml"
        path.write_text(yaml.safe_dump(manifest.body["spec"]))

        done = promtool.check(path)

        assert done.returncode == 0, done.stdout + done.stderr
