"""A shard's fragment: whatever it is given comes out of it again, small, readable by no eye that should not, and safe to read."""

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.notifications import pagerduty, part, sets_of_parts, slack
from monitoring_operator.alertmanager import shards
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.secret import TooLarge
from monitoring_operator.alertmanager.shards import (
    Brought,
    Bundle,
    Unreadable,
    content_taken,
    fragment_name,
    read_fragment,
    refusals,
    render_fragment,
    taken_up,
)
from monitoring_operator.alertmanager.target import Target

TARGET = Target("monitoring", "main", "routes")


def live(*parts: Fragment, version: int = 7) -> dict[str, Any]:
    """A fragment as an API server returns it."""
    body = render_fragment(TARGET, "a", "operators/a", [Brought(version, p) for p in parts]).body
    return {**body, "metadata": {**body["metadata"], "resourceVersion": "9"}}


@given(sets_of_parts(), st.randoms())
def test_the_way_there_and_back_changes_nothing(parts: list[Fragment], order: Any) -> None:
    """Assertions and missing credentials included; the merged configuration is the same bytes as without the way through a Secret."""
    shuffled = list(parts)
    order.shuffle(shuffled)
    bundle = read_fragment(live(*shuffled))
    back = [b.part for b in bundle.parts.values()]

    assert sorted(parts, key=lambda p: (p.namespace, p.profile)) == back
    assert {(p.namespace, p.profile): p.missing for p in parts} == {pair: b.part.missing for pair, b in bundle.parts.items()}
    assert merge(parts).config == merge(back).config
    assert merge(parts).files == merge(back).files
    assert live(*parts) == live(*shuffled)


def test_it_says_for_whom_it_is_and_by_whom() -> None:
    """By labels and annotations, which are watched; credentials are keys of their own, and in nothing else."""
    body = live(part(critical=[pagerduty()], values={"pagerduty": "PLANTED"}))
    said = gzip.decompress(base64.b64decode(body["data"]["parts.json.gz"])).decode()

    assert body["metadata"]["name"] == "routes.shard.a"
    assert {"monitoring-operator.dev/role": "fragment", "monitoring-operator.dev/shard": "a"}.items() <= body["metadata"]["labels"].items()
    assert body["metadata"]["annotations"]["monitoring-operator.dev/for-secret"] == "routes"
    assert body["metadata"]["annotations"]["monitoring-operator.dev/assembled-by"] == "operators/a"
    assert base64.b64decode(body["data"]["analytics.ga4.critical.0.routing_key"]).decode() == "PLANTED"
    assert "PLANTED" not in said
    assert "PLANTED" not in json.dumps(body["metadata"])
    assert "PLANTED" not in repr(read_fragment(body))


def test_a_rotated_credential_is_another_content() -> None:
    """The configuration Secret must be written anew for it, though no route has changed."""
    one, other = (live(part(warning=[slack()], values={"slack": value})) for value in ("old", "new"))

    assert one["metadata"]["annotations"] != other["metadata"]["annotations"]
    assert one["data"]["parts.json.gz"] == other["data"]["parts.json.gz"]


@pytest.mark.parametrize(
    "change",
    [
        {"data": None},
        {"data": {"parts.json.gz": "not base64"}},
        {"data": {"parts.json.gz": base64.b64encode(b"no gzip").decode()}},
        {"data": {"parts.json.gz": base64.b64encode(gzip.compress(b"[{}]")).decode()}},
        {"data": {"parts.json.gz": base64.b64encode(gzip.compress(b"7")).decode()}},
        {"metadata": {"labels": {}, "annotations": None, "resourceVersion": "1"}},
    ],
)
def test_what_a_shard_would_not_write_is_not_read(change: dict[str, Any]) -> None:
    """Somebody's edit: no half of it is taken."""
    with pytest.raises(Unreadable):
        read_fragment({**live(part(warning=[slack()])), **change})


def test_a_credential_that_is_gone_makes_it_unreadable() -> None:
    """A part without its file would be refused by Alertmanager."""
    body = live(part(warning=[slack()]))
    del body["data"]["analytics.ga4.warning.0.api_url"]
    with pytest.raises(Unreadable):
        read_fragment(body)


def test_a_fragment_has_the_same_limit_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Secret could hold more."""
    monkeypatch.setattr(shards, "SIZE_LIMIT", 100)
    with pytest.raises(TooLarge):
        live(part(warning=[slack()]))


@pytest.mark.parametrize(("secret", "shard"), [("routes", "a"), ("s" * 253, "a" * 40), ("s" * 253, "b" * 40)])
def test_a_name_fits_whatever_the_secret_is_called(secret: str, shard: str) -> None:
    """And is another one for another shard or Secret."""
    name = fragment_name(Target("m", "main", secret), shard)

    assert len(name) <= 253
    assert name.endswith(f".shard.{shard}")
    assert name != fragment_name(Target("m", "main", f"{secret[:-1]}x"), shard)


def test_the_way_back_says_what_was_taken_and_what_was_refused() -> None:
    """By shard and by profile; of what somebody wrote there instead nothing is believed."""
    said = taken_up([Bundle("a", "1", "x", {}), Bundle("b", "2", "y", {})], {("shop", "web"): "why"})

    assert ("x", "y", "") == tuple(content_taken(said, shard) for shard in ("a", "b", "c"))
    assert {("shop", "web"): "why"} == refusals(said)
    assert {} == taken_up([], {})
    for nonsense in ("", "{", "[]", "7"):
        annotations = dict.fromkeys(said, nonsense)
        assert ("", {}) == (content_taken(annotations, "a"), refusals(annotations))
