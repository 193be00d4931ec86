"""docs/alerts.md is what the catalogue says now."""

import re

from harness.content.alerts_page import PAGE, page
from harness.content.promql import parsed
from monitoring_operator.content import ALERT_NAMES


def test_page_is_current() -> None:
    """A changed alert is a changed page; PYTHONPATH=tests python -m harness.content.alerts_page writes it."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_every_alert_is_on_it() -> None:
    """Each has a section, a line in the overview that leads to it, and a link to a runbook that is there."""
    text = page()

    assert list(ALERT_NAMES) == re.findall(r"^## (\w+)$", text, re.MULTILINE)
    assert list(ALERT_NAMES) == re.findall(r"^\| \[(\w+)\]\(#", text, re.MULTILINE)
    links = re.findall(r"\]\((runbooks[^)]*)\)", text)
    assert all((PAGE.parent / link).exists() for link in links)


def test_queries_parse() -> None:
    """What is shown is PromQL."""
    queries = re.findall(r"```promql\n(.*?)\n```", page(), re.DOTALL)

    assert len(ALERT_NAMES) == len(queries)
    for query in queries:
        parsed(query)
