"""Alertmanager's own tool agrees: the configuration loads, and alerts go where our routing says."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from harness import tools
from harness.notifications import pagerduty, part, sets_of_parts, slack, slack_bot
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.matchers import matcher
from monitoring_operator.alertmanager.matching import parse_matchers
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.routing import route
from monitoring_operator.api.model import DURATION_PATTERN
from monitoring_operator.api.profile import InvalidProfile

# A process per example is slow, and the folder may be shared: every example writes its own file.
SAMPLE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _amtool(*arguments: str | Path) -> str:
    answer = subprocess.run([tools.find("amtool"), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def _told(config: Path, labels: dict[str, str]) -> tuple[str, ...]:
    pairs = [matcher(name, "=", value) for name, value in labels.items()]
    return tuple(_amtool("config", "routes", "test", f"--config.file={config}", *pairs).strip().split(","))


@SAMPLE
@given(sets_of_parts(max_size=3))
def test_alertmanager_loads_every_configuration(tmp_path: Path, fragments: list[Fragment]) -> None:
    """Whatever profiles say within the schema, the merged file is one that Alertmanager takes."""
    config = tmp_path / "alertmanager.yaml"
    config.write_text(merge(fragments).config)
    assert f"{1 + sum(len(f.receivers) for f in fragments)} receivers" in _amtool("check-config", config)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("groupInterval", "0s", "must be longer than zero"),
        ("repeatInterval", "0h0m", "must be longer than zero"),
        ("groupWait", "999y", "must be a duration"),
        ("repeatInterval", "soon", "must be a duration"),
    ],
)
def test_a_duration_that_alertmanager_refuses_is_refused_in_the_profile(field: str, value: str, words: str) -> None:
    """It would stop everybody's configuration from loading."""
    timing: dict[str, Any] = {field: value}
    with pytest.raises(InvalidProfile, match=rf"spec\.notifications.*{words}"):
        part(warning=[slack()], **timing)


@SAMPLE
@given(st.from_regex(DURATION_PATTERN, fullmatch=True).filter(lambda text: 2 <= len(text) <= 32))
@example("99y999w9999d99999h999999m999999s")
@example("1ms")
def test_alertmanager_takes_every_duration_that_a_profile_may_have(tmp_path: Path, duration: str) -> None:
    """The model's limits lie within Alertmanager's."""
    try:
        built = part(warning=[slack()], groupWait=duration, groupInterval=duration, repeatInterval=duration)
    except InvalidProfile:
        reject()
    config = tmp_path / "alertmanager.yaml"
    config.write_text(merge([built]).config)
    _amtool("check-config", config)


def test_alertmanager_loads_a_thousand_profiles(tmp_path: Path) -> None:
    """Its YAML library refuses documents that refer to the same part too often; we stay far below that."""
    config = tmp_path / "alertmanager.yaml"
    config.write_text(merge(part(f"n{i % 100}", f"p{i}", critical=[pagerduty()], warning=[slack()]) for i in range(1000)).config)
    assert "2001 receivers" in _amtool("check-config", config)


@SAMPLE
@given(sets_of_parts(max_size=3))
def test_amtool_routes_every_alert_as_we_do(tmp_path: Path, fragments: list[Fragment]) -> None:
    """Our answer to "who would be told" is Alertmanager's."""
    config = tmp_path / "alertmanager.yaml"
    config.write_text(merge(fragments).config)
    for fragment in fragments:
        for severity in ("critical", "info"):
            labels = {"namespace": fragment.namespace, "profile": fragment.profile, "severity": severity}
            assert _told(config, labels) == route(config.read_text(), labels)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({"namespace": "a", "profile": "x", "severity": "critical"}, "a/x/critical"),
        ({"namespace": "a", "profile": "x", "severity": "warning"}, "a/x/warning"),
        ({"namespace": "a", "profile": "x", "severity": "info"}, "null"),
        ({"namespace": "a", "profile": "x.y", "severity": "critical"}, "a/x.y/warning"),
        ({"namespace": "b", "profile": "x", "severity": "critical"}, "b/x/critical"),
        ({"namespace": "b", "profile": "x", "severity": "warning"}, "null"),
        ({"namespace": "b", "severity": "critical"}, "null"),
        ({"namespace": "kube-system", "severity": "critical", "alertname": "KubeletDown"}, "null"),
    ],
)
def test_routing_of_three_profiles(tmp_path: Path, labels: dict[str, str], told: str) -> None:
    """Amtool and our routing give the same, expected answer; names that begin alike are told apart."""
    parts = [
        part("a", "x", critical=[pagerduty()], warning=[slack()]),
        part("a", "x.y", warning=[slack_bot()]),
        part("b", "x", critical=[pagerduty(), slack()]),
    ]
    config = tmp_path / "alertmanager.yaml"
    config.write_text(merge(parts).config)
    assert _told(config, labels) == (told,)
    assert route(config.read_text(), labels) == (told,)


@pytest.mark.parametrize(
    ("matchers", "labels", "told"),
    [
        (['team="a\\"b\\\\c"'], {"team": 'a"b\\c'}, "special"),
        (['team=~"a|b"'], {"team": "b"}, "special"),
        (['team=~"a|b"'], {"team": "bb"}, "root"),
        (['team!~"a.*"'], {}, "special"),
        (['team!="a"', "env = prod"], {"env": "prod"}, "special"),
        (["env=prod"], {"env": "staging"}, "root"),
        (['"odd label"="x"'], {"env": "x"}, "root"),
    ],
)
def test_foreign_matchers_are_read_as_alertmanager_reads_them(
    tmp_path: Path, matchers: list[str], labels: dict[str, str], told: str
) -> None:
    """Operators, anchoring, quoting and bare words: a route that somebody else wrote is answered for as well."""
    config = tmp_path / "alertmanager.yaml"
    special = {"receiver": "special", "matchers": matchers}
    whole = {"route": {"receiver": "root", "routes": [special]}, "receivers": [{"name": "root"}, {"name": "special"}]}
    config.write_text(json.dumps(whole))
    assert _told(config, labels or {"x": "y"}) == (told,)
    assert route(config.read_text(), labels) == (told,)


def test_continue_and_nested_routes(tmp_path: Path) -> None:
    """`continue` goes on to the next sibling; a child without a receiver has its parent's; the older match and match_re count."""
    config = tmp_path / "alertmanager.yaml"
    config.write_text(
        """
route:
  receiver: root
  routes:
  - {receiver: first, match: {team: a}, continue: true}
  - {receiver: second, match_re: {team: "a|b"}, routes: [{matchers: [env="prod"], group_wait: 1s}, {receiver: dev, matchers: [env="dev"]}]}
  - {receiver: never, match: {team: a}}
receivers: [{name: root}, {name: first}, {name: second}, {name: dev}, {name: never}]
"""
    )
    for labels, told in (
        ({"team": "a"}, ("first", "second")),
        ({"team": "a", "env": "dev"}, ("first", "dev")),
        ({"team": "b", "env": "prod"}, ("second",)),
        ({"team": "c"}, ("root",)),
    ):
        assert _told(config, labels) == told
        assert route(config.read_text(), labels) == told


WORDS = st.sampled_from(
    ["", "a", "b", "ab", "a|b", "a.*", "b?", "(?i)A", "[ab]+", "a,b", 'a"b', "a\\b", "a\nb", "ä", "{a}", "=", "(", "a)|(?:b"]
)
SPACE = st.sampled_from(["", " ", "\t"])


@st.composite
def matchers(draw: st.DrawFn) -> str:
    """One entry of `matchers` as somebody may have written it, not always well."""
    parts = []
    for _ in range(draw(st.integers(1, 2))):
        label = draw(st.sampled_from(["team", "env", '"team"', '"odd label"', "odd.label", "ä", '"\\u00e4"']))
        value = draw(WORDS)
        quoted = json.dumps(value, ensure_ascii=draw(st.booleans()))
        written = draw(st.sampled_from([quoted, quoted, value, f'"{value}"']))
        parts.append(draw(SPACE).join([label, draw(st.sampled_from(["=", "!=", "=~", "!~"])), written]))
    text = draw(st.sampled_from([",", ", "])).join(parts) + draw(st.sampled_from(["", "", ","]))
    return f"{{{text}}}" if draw(st.booleans()) else text


@st.composite
def routes(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """A route of somebody else's, with routes below it."""
    found: dict[str, Any] = {"matchers": draw(st.lists(matchers(), max_size=2)), "continue": draw(st.booleans())}
    if draw(st.booleans()):
        found["receiver"] = draw(st.sampled_from(["one", "two", "three"]))
    if draw(st.integers(0, 3)) == 0:
        found[draw(st.sampled_from(["match", "match_re"]))] = {"team": draw(st.sampled_from(["a", "b", "a|b", ".+"]))}
    if depth:
        found["routes"] = draw(st.lists(routes(depth - 1), max_size=2))
    return found


def _has_only_good_matchers(node: dict[str, Any]) -> bool:
    try:
        for text in node.get("matchers", ()):
            parse_matchers(text)
    except ValueError:
        return False
    return all(map(_has_only_good_matchers, node.get("routes", ())))


@settings(SAMPLE, max_examples=150)
@given(
    st.lists(routes(), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["team", "env", "odd label", "ä"]), st.sampled_from(["a", "b", "ab", "bx", "A", 'a"b', "a\nb", "ä"])),
)
def test_amtool_and_we_agree_about_anybodys_routes(tmp_path: Path, children: list[dict[str, Any]], labels: dict[str, str]) -> None:
    """Both grammars of matchers, RE2, `continue`, nesting and inheritance: the same receivers in the same order, the same refusals."""
    config = tmp_path / "alertmanager.yaml"
    root = {"receiver": "root", "routes": children}
    config.write_text(json.dumps({"route": root, "receivers": [{"name": name} for name in ("root", "one", "two", "three")]}))
    if _has_only_good_matchers(root):
        pairs = [f"{json.dumps(name, ensure_ascii=False)}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()]
        told = _amtool("config", "routes", "test", f"--config.file={config}", *(pairs or ["x=y"])).strip()
        # What the classic grammar alone takes is warned of on the lines before.
        assert tuple(told.splitlines()[-1].split(",")) == route(config.read_text(), labels)
    else:
        answer = subprocess.run([tools.find("amtool"), "check-config", config], capture_output=True, text=True, timeout=60, check=False)
        assert answer.returncode != 0, answer.stdout
