"""A real Prometheus says which configuration it runs, and so when its rules need be read anew."""

import urllib.request
from pathlib import Path

from harness.content.prometheus import Prometheus, running
from harness.wait import wait_for
from monitoring_operator.adoption import runtime


def told(prometheus: Prometheus) -> runtime.Configuration | None:
    """The configuration that it says it runs."""
    with urllib.request.urlopen(f"{prometheus.url}{runtime.PATH}", timeout=30) as answer:
        return runtime.parse(answer.read())


def test_another_configuration_is_another_one_and_a_refused_one_is_none(tmp_path: Path) -> None:
    """It is the same as long as nothing is read, another after each reload, and unknown after one that failed."""
    with running(tmp_path, {}, window="5m") as prometheus:
        first = told(prometheus)
        assert first is not None
        assert first == told(prometheus)

        def another() -> bool:
            # The time is told by the second.
            prometheus.reload()
            return told(prometheus) not in (first, None)

        wait_for(another, what="another configuration", timeout=60, interval=0.5)
        (tmp_path / "prometheus.yaml").write_text("scrape_configs: nonsense\n")
        prometheus.reload()
        wait_for(lambda: told(prometheus) is None, what="the refusal", timeout=60)
