"""Pages of rules are read anew only if they say something new."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from monitoring_operator.adoption import rules
from monitoring_operator.adoption.pages import NotAsExpected

UID = "01234567-89ab-4def-8123-456789abcdef"
UIDS = frozenset({UID})

Rule = dict[str, Any]


def page(rule: Rule | None = None, *, second: int = 0) -> bytes:
    """A page with one rule, as Prometheus gives it some seconds later."""
    moment = {"evaluationTime": 0.0001 * (second + 1), "lastEvaluation": f"2026-01-02T03:04:{second:02d}.123456789Z"}
    base = {"name": "Down", "query": "up == 0", "labels": {}, "annotations": {}, "health": "ok", "lastError": ""}
    group = {"name": "g", "file": f"/rules/shop-web-{UID}.yaml", "rules": [base | (rule or {}) | moment], **moment}
    return json.dumps({"status": "success", "data": {"groups": [group]}}, separators=(",", ":")).encode()


def test_a_page_that_differs_in_its_times_alone_is_not_read_again() -> None:
    """Evaluations go on; of another replica too."""
    reader = rules.Reader()
    first = reader.read(page(second=1), UIDS)

    assert rules.parse(page(second=2), UIDS) == first
    assert first is reader.read(page(second=2), UIDS)


@pytest.mark.parametrize(
    "change",
    [
        {"query": "up == 1"},
        {"labels": {"lastEvaluation": "later"}},
        {"labels": {"evaluationTime": "2"}},
        {"annotations": {"summary": '"lastEvaluation":"2026-01-02T03:04:05Z"'}},
        {"annotations": {"summary": '"evaluationTime":5'}},
        {"health": "err", "lastError": "many-to-many matching"},
    ],
)
def test_whatever_else_changes_is_seen(change: Rule) -> None:
    """Also what looks like a time in the texts of a rule."""
    reader = rules.Reader()
    before = reader.read(page(), UIDS)
    after = reader.read(page(change), UIDS)

    assert after == rules.parse(page(change), UIDS) != before


def test_a_file_that_is_ours_now_is_found_in_a_page_that_is_known() -> None:
    """A page may be there before the answer to the write that made the object."""
    reader = rules.Reader()

    assert {} == reader.read(page(), frozenset())
    assert UIDS == reader.read(page(), UIDS).keys()


def test_only_the_last_pages_are_remembered() -> None:
    """Memory does not grow with each change; what is asked for again and again stays."""
    reader = rules.Reader()
    often = reader.read(page(), UIDS)
    seldom = reader.read(page({"query": "once"}), UIDS)
    for number in range(rules.REMEMBERED):
        reader.read(page({"query": f"up == {number}"}), UIDS)
        assert often is reader.read(page(), UIDS)

    assert seldom is not reader.read(page({"query": "once"}), UIDS)


def test_replicas_that_answer_together_are_read_once() -> None:
    """Each in a thread of its own."""
    reader = rules.Reader()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda second: reader.read(page(second=second), UIDS), range(20)))

    assert all(one is found[0] for one in found)


@pytest.mark.parametrize("read", [rules.parse, rules.Reader().read])
def test_what_is_no_page_of_rules_is_refused(read: Callable[[bytes, frozenset[str]], object]) -> None:
    """However it is read."""
    with pytest.raises(NotAsExpected):
        read(b"<html>", UIDS)
