"""Dashboards of users' own: what is refused and in which words, and what becomes of one that is taken."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.content.profiles import profile
from monitoring_operator.api.profile import Profile
from monitoring_operator.content import links
from monitoring_operator.content.dashboard_check import Unusable, read
from monitoring_operator.content.user_dashboards import SIZE_LIMIT, Taken, slot, take, uid

SOURCE = ("boards", "checkout.json")
OTHER = ("boards", "carts.json")
DS = {"type": "prometheus", "uid": "${datasource}"}
DATASOURCE = {"name": "datasource", "type": "datasource", "query": "prometheus"}


def with_extra(*sources: tuple[str, str], **dashboards: Any) -> Profile:
    """A profile that refers to these."""
    extra = [{"configMapKeyRef": {"name": name, "key": key}} for name, key in sources]
    return profile(dashboards={"extra": extra, **dashboards})


def board(*exprs: str, title: str = "Checkout", variables: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    """A small dashboard with a panel for each query."""
    panels = [
        {"type": "timeseries", "title": f"P{i}", "datasource": DS, "targets": [{"refId": "A", "expr": expr}]}
        for i, expr in enumerate(exprs or ("up",))
    ]
    return {"title": title, "panels": panels, "templating": {"list": [DATASOURCE, *variables]}, **more}


def taken(*boards: dict[str, Any], **dashboards: Any) -> Taken:
    """What is made of dashboards under SOURCE and OTHER."""
    texts = dict(zip((SOURCE, OTHER), map(json.dumps, boards), strict=False))
    return take(with_extra(*texts, **dashboards), texts)


def refused(text: str) -> tuple[str, ...]:
    """Why a text is no dashboard."""
    with pytest.raises(Unusable) as raised:
        read(text)
    return raised.value.problems


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ('{"title": "a", "panels": [NaN]}', "NaN is no number in JSON"),
        ('{"title": "a", "refresh": 1e999}', "1e999 is no number in JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "its JSON is not an object"),
        (json.dumps({"elements": {}, "title": "a"}), "schema version 2"),
        (json.dumps({"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "spec": {}}), "schema version 2"),
        (json.dumps({"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "spec": board()}), "give what stands in its spec"),
        (json.dumps({"dashboard": board(), "meta": {}}), "give what stands in its field dashboard"),
        (json.dumps(board(title=" ")), "has no title"),
        (json.dumps({"title": "a", "panels": []}), "has no panels"),
        (json.dumps({"title": "a", "panels": 5, "rows": "x"}), "has no panels"),
    ],
)
def test_what_is_no_dashboard_for_files_is_refused(text: str, words: str) -> None:
    """One sentence says what it is instead."""
    (problem,) = refused(text)

    assert words in problem


def test_wrong_promql_is_refused_with_the_panels_name() -> None:
    """Every panel's every query, in collapsed rows and old rows too."""
    inside = {"type": "row", "title": "R", "panels": [{"title": "In a row", "targets": [{"refId": "B", "expr": "rate(x)"}]}]}
    old = [{"title": "old", "panels": [{"id": 7, "type": "graph", "targets": [{"expr": "x y"}]}]}]
    text = json.dumps({**board("sum("), "rows": old} | {"panels": [*board("sum(")["panels"], inside]})

    found = refused(text)

    assert [re.sub(r" is not PromQL: .*", "", p, flags=re.DOTALL) for p in found] == [
        'panel "P0": A',
        'panel "In a row": B',
        'panel "7": its query',
    ]


@pytest.mark.parametrize(
    "expr",
    [
        "rate(x[$__rate_interval]) > $limit",
        'x{a="$tenant",b=~"${tenant:regex}",c=~"[[tenant]]"}',
        "topk($count, x)",
        "x offset $shift",
        "sum by ($by) (increase(x[$__range]))",
        'label_replace(x, "a", "$1", "b", "(.*)$")',
        "rate(x[${__interval}])",
        "x[$window:$__interval]",
    ],
)
def test_variables_are_filled_in_before_the_query_is_read(expr: str) -> None:
    """All of Grafana's spellings, its own variables, and the dashboard's of every type."""
    variables = (
        {"name": "tenant", "type": "query", "query": "label_values(up, tenant)", "current": {"value": ["$__all"]}},
        {"name": "limit", "type": "textbox", "query": "5"},
        {"name": "count", "type": "query", "query": "label_values(x, y)"},
        {"name": "shift", "type": "query", "query": "label_values(x, y)"},
        {"name": "window", "type": "interval", "query": "1m,5m", "current": {"value": "$__auto_interval_window"}},
        {"name": "by", "type": "custom", "options": [{"value": "pod"}], "current": {}},
    )

    assert read(json.dumps(board(expr, variables=variables)))["title"] == "Checkout"


@pytest.mark.parametrize(
    "query", ['label_values(up{job=~"$job"}, instance)', "label_values(tenant)", "metrics(http_.*)", "query_result(topk(5, x))"]
)
def test_queries_of_variables_that_are_taken(query: str) -> None:
    """Both places where Grafana has kept a variable's query."""
    for form in (query, {"query": query, "refId": "A"}):
        asking = {"name": "v", "type": "query", "datasource": DS, "query": form}

        assert read(json.dumps(board(variables=(asking, {"name": "job", "type": "custom"}))))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("label_values(up{, a)", "is not PromQL"),
        ("label_values(up, a b)", "a label's name"),
        ("up", "is none of label_values()"),
        ("query_result(x y)", "is not PromQL"),
    ],
)
def test_queries_of_variables_that_are_refused(query: str, words: str) -> None:
    """The variable's name stands before the words."""
    (problem,) = refused(json.dumps(board(variables=({"name": "v", "type": "query", "datasource": DS, "query": query},))))

    assert problem.startswith("variable v: ")
    assert words in problem


def test_an_input_of_an_export_is_refused() -> None:
    """Nobody fills ${DS_PROMETHEUS} in when a dashboard comes from a file; in Grafana every panel would say that it is not found."""
    text = json.dumps(board()).replace("${datasource}", "${DS_PROMETHEUS}")

    assert [p for p in refused(text) if p.startswith('panel "P0"')] == [
        'panel "P0": its data source ${DS_PROMETHEUS} is no variable of the dashboard: add one of the type datasource and refer to that'
    ]


def test_other_query_languages_are_left_alone() -> None:
    """Logs and Grafana's own sources are not Prometheus' to read."""
    panels = [
        {"title": "Logs", "datasource": {"type": "loki", "uid": "loki"}, "targets": [{"expr": '{app="a"} |= "error"'}]},
        {"title": "Mixed", "datasource": {"uid": "-- Mixed --"}, "targets": [{"datasource": {"type": "loki"}, "expr": "{} | json"}]},
        {"title": "Test data", "datasource": "-- Grafana --", "targets": [{"expr": "what ever"}]},
        {"title": "Text", "type": "text"},
    ]

    assert read(json.dumps({"title": "a", "panels": panels}))


def test_no_more_than_ten_problems_are_named() -> None:
    """What is broken everywhere would fill the status."""
    found = refused(json.dumps(board(*["("] * 15)))

    assert (11, "and 5 more problems") == (len(found), found[-1])


def test_a_dashboard_becomes_the_profiles() -> None:
    """Uid and title are no other profile's, tags link it with the catalogue's, nothing of an export or of another Grafana is left."""
    given = board(uid="checkout", id=17, tags=["shop"], __inputs=[], __requires=[], refresh="1m")

    text = taken(given).texts[SOURCE]
    made = json.loads(text)

    assert made["uid"] == uid(with_extra(SOURCE), SOURCE) == links.dashboard_uid(profile(), "extra/boards/checkout.json")
    assert made["title"] == "Checkout (analytics/ga4-analytics)"
    assert made["tags"] == ["shop", "monitoring-operator", "analytics/ga4-analytics"]
    assert (None, "1m") == (made["id"], made["refresh"])
    assert not [key for key in made if key.startswith("__")]
    assert text == taken(given).texts[SOURCE]


def test_links_between_own_dashboards_follow() -> None:
    """A link by uid leads to the same dashboard under its new uid; every other link stays."""
    links_ = [{"url": "/d/carts/x?y=1"}, {"url": "https://grafana/d/carts"}, {"url": "/d/elsewhere/x"}, {"title": "/d/carts"}]

    made = json.loads(taken(board(links=links_), board(title="Carts", uid="carts")).texts[SOURCE])

    new = uid(profile(), OTHER)
    assert made["links"] == [
        {"url": f"/d/{new}/x?y=1"},
        {"url": f"https://grafana/d/{new}"},
        {"url": "/d/elsewhere/x"},
        {"title": "/d/carts"},
    ]


def test_two_of_one_title_are_refused() -> None:
    """Grafana would stop saving any dashboard of the folder; the same title as one of the catalogue's is no better."""
    twice = taken(board(), board())
    ours = taken(board(title="System Overview"))

    assert ([SOURCE], ["spec.dashboards.extra[1]: its title 'Checkout' is that of spec.dashboards.extra[0]"]) == (
        list(twice.texts),
        list(map(str, twice.unusable)),
    )
    assert ["spec.dashboards.extra[0]: its title 'System Overview' is that of the catalogue's system-overview"] == list(
        map(str, ours.unusable)
    )
    assert taken(board(title="System Overview"), include=["ga4-health"]).texts


@given(st.lists(st.sampled_from("ab()/ -."), max_size=12).map("".join), st.lists(st.sampled_from("ab()/ -."), max_size=12).map("".join))
def test_no_title_of_one_profile_is_ever_that_of_another(one: str, two: str) -> None:
    """Whatever their authors call them, even by each other's names."""
    titles = []
    for name, stem in (("a", f"x{one}"), ("b", f"x{one} (shop/a){two}"), ("a.b", f"x{two}")):
        owner = profile(name=name, namespace="shop", dashboards={"extra": [{"configMapKeyRef": {"name": "m", "key": "k"}}]})
        text = json.dumps({"title": stem, "panels": [{"title": "P"}]})
        titles += [json.loads(t)["title"] for t in take(owner, {("m", "k"): text}).texts.values()]

    assert 3 == len(titles) == len(set(titles))


def test_what_does_not_fit_into_a_config_map_is_refused() -> None:
    """A ConfigMap holds 1 MiB."""
    found = taken(board(description="x" * SIZE_LIMIT))

    assert ({}, f"a ConfigMap holds {SIZE_LIMIT}") == (found.texts, found.unusable[0].message.partition("; ")[2])


def test_what_is_missing_is_named() -> None:
    """The others are taken all the same."""
    found = take(with_extra(OTHER, SOURCE), {SOURCE: json.dumps(board())})

    assert [SOURCE] == list(found.texts)
    assert ["spec.dashboards.extra[0]: there is no ConfigMap boards with the key carts.json"] == list(map(str, found.missing))


def test_none_without_dashboards() -> None:
    """Dashboards that are switched off are neither read nor missed."""
    assert Taken({}) == take(with_extra(SOURCE, enabled=False), {})


def test_slots_are_readable_and_unique() -> None:
    """Names that look the same once they are fit for Kubernetes stay apart."""
    keys = ["checkout.json", "Checkout.json", "check_out.json", "x" * 200, "..."]
    slots = [slot(("boards", key)) for key in keys]

    assert slots[0].startswith("extra-checkout-")
    assert len(set(slots)) == len(keys)
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", s) and len(s) < 60 for s in slots)
