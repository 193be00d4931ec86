"""What is new in Prometheus since the last look, in the words of `stack up`."""

from monitoring_operator.stack.snapshot import News, Snapshot, news

POOL = ("serviceMonitor/analytics/ga4-analytics/0", "localhost:8000")
NAME = "analytics/ga4-analytics at localhost:8000"


def test_a_target_is_news_once_it_was_scraped() -> None:
    """Not before; then when it is up, and when that changes, with the scrape's own error."""
    waiting, up, down = (Snapshot(targets={POOL: error}) for error in ("", None, "connection refused"))

    assert [] == list(news(Snapshot(), waiting))
    assert [News(good=True, text=f"{NAME}: scraped")] == list(news(waiting, up))
    assert [News(good=False, text=f"{NAME}: cannot be scraped: connection refused")] == list(news(up, down))
    assert [] == list(news(down, down))


def test_rules_are_counted_and_broken_ones_named() -> None:
    """A rule that cannot be evaluated would never fire and says so."""
    loaded = Snapshot(rules=21)
    broken = Snapshot(rules=21, broken={"Slow": "many-to-many matching not allowed"})

    assert [News(good=True, text="21 alerts are loaded")] == list(news(Snapshot(), loaded))
    assert [News(good=False, text="Slow cannot be evaluated: many-to-many matching not allowed")] == list(news(loaded, broken))


def test_alerts_are_followed_from_pending_to_their_end() -> None:
    """Each state is said once."""
    states = [Snapshot(alerts={"Slow severity=warning": state}) for state in ("pending", "firing")]

    assert [News(good=None, text="pending: Slow severity=warning")] == list(news(Snapshot(), states[0]))
    assert [News(good=False, text="firing: Slow severity=warning")] == list(news(states[0], states[1]))
    assert [News(good=True, text="over: Slow severity=warning")] == list(news(states[1], Snapshot()))


def test_settled_means_scraped_and_loaded() -> None:
    """Only then is there nothing more to wait for."""
    assert Snapshot(targets={POOL: None}, rules=1).settled
    assert not any(s.settled for s in (Snapshot(rules=1), Snapshot(targets={POOL: None}), Snapshot(targets={POOL: ""}, rules=1)))
