"""Which documents are profiles, what is wrong with them, and where."""

import io
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitoring_operator.cli.documents import Loaded, UnreadableError, load

GOOD = """\
apiVersion: monitoring-operator.dev/v1alpha1
kind: MonitoringProfile
metadata:
  name: web
  namespace: shop
spec:
  scrape:
    selector: {matchLabels: {app: web}}
    port: http
"""


def loaded(folder: Path, text: str) -> Loaded:
    """What a file `p.yaml` with that text holds."""
    file = folder / "p.yaml"
    file.write_text(text, encoding="utf-8")
    return load([str(file)])


def findings(folder: Path, text: str) -> list[str]:
    """What is wrong with a file of that text, without the folder."""
    return [str(finding).removeprefix(f"{folder}/") for finding in loaded(folder, text).findings]


def test_bad_promql_is_found_on_its_own_line(tmp_path: Path) -> None:
    """In a text after a `|` the lines of the expression are lines of the file; elsewhere the field's is given."""
    text = GOOD + (
        "  alerts:\n"
        "    extra:\n"
        "    - alert: Mine\n"
        "      severity: info\n"
        "      summary: Mine.\n"
        "      expr: |\n"
        "        up == 0\n"
        "          andd foo\n"
        "    - {alert: Yours, severity: info, summary: Yours., expr: 'sum(up'}\n"
    )

    assert [
        "p.yaml:17: spec.alerts.extra[0].expr: is not PromQL: invalid promql query (alert Mine, line 2, column 3, at 'andd')",
        "p.yaml:18: spec.alerts.extra[1].expr: is not PromQL: unclosed left parenthesis (alert Yours, line 1, column 4, at '(')",
    ] == findings(tmp_path, text)


def test_what_is_empty_is_said_in_plain_words(tmp_path: Path) -> None:
    """No types of a library; and a list whose one item is wrong has one problem, that item."""
    text = GOOD + (
        "  packs: []\n"
        "  alerts:\n"
        "    extra:\n"
        "    - {alert: Mine, severity: info, summary: '', expr: up}\n"
        "  notifications:\n"
        "    assertions: [{labels: {severity: critical}, receivers: [pager]}]\n"
    )
    empty, summary, receiver = findings(tmp_path, text)

    assert "p.yaml:10: spec.packs: must have at least 1 item" == empty
    assert "p.yaml:13: spec.alerts.extra[0].summary: must have at least 1 character, not ''" == summary
    assert receiver.startswith("p.yaml:15: spec.notifications.assertions[0].receivers[0]: must be 'critical', 'warning', ")


def test_a_good_profile_is_loaded(tmp_path: Path) -> None:
    """It comes out parsed, with nothing to say about it."""
    result = loaded(tmp_path, GOOD)

    assert [("shop", "web")] == [(p.namespace, p.name) for _, p in result.profiles]
    assert ([], []) == (result.findings, result.notes)


def test_every_problem_is_found_with_its_line(tmp_path: Path) -> None:
    """Schema, cross-field rules and content: all problems of a profile at once, sorted by line."""
    text = GOOD + (
        "    sampleLimit: '5'\n"
        "    timeout: 1x\n"
        "  packs: [ga4, ga5]\n"
        "  alerts:\n"
        "    labels: {team: a}\n"
        "    extra:\n"
        "      - alert: Mine\n"
        "        expr: up\n"
        "        severity: fatal\n"
    )

    assert [
        "p.yaml:10: spec.scrape.sampleLimit: must be a valid integer, not '5'",
        "p.yaml:11: spec.scrape.timeout: must be a duration in hours and smaller units, such as 15s or 1m30s, not '1x'",
        "p.yaml:12: spec.packs[1]: must be 'ga4', 'vector-search', 'sse', 'http', 'database' or 'system', not 'ga5'",
        "p.yaml:16: spec.alerts.extra[0].summary: is required",
        "p.yaml:18: spec.alerts.extra[0].severity: must be 'critical', 'warning' or 'info', not 'fatal'",
    ] == findings(tmp_path, text)


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("    timeout: 20s\n", "7: spec.scrape: timeout must not be longer than interval"),
        ("  alerts: {rules: {CpuHihg: {}}}\n", "10: spec.alerts.rules.CpuHihg: is not an alert of the catalogue; did you mean CpuHigh"),
        ("  dashboards: {include: [sytem-overview]}\n", "10: spec.dashboards.include[0]: sytem-overview is not a dashboard; did you mean"),
        ("  alerts:\n    rules:\n      CpuHigh: {threshold: 120}\n", "12: spec.alerts.rules.CpuHigh.threshold: 120 is never exceeded"),
        (
            "  alerts:\n    extra:\n    - {alert: A, severity: info, summary: s, expr: 'sum(up'}\n",
            "12: spec.alerts.extra[0].expr: ",
        ),
    ],
)
def test_what_no_schema_sees_is_found_too(tmp_path: Path, added: str, words: str) -> None:
    """Conditions over several fields, names of the catalogue, thresholds that cannot be reached, PromQL."""
    assert findings(tmp_path, GOOD + added)[0].startswith(f"p.yaml:{words}")


def test_one_run_finds_problems_of_both_kinds(tmp_path: Path) -> None:
    """A section that cannot be read does not hide what is wrong with the names and queries in another."""
    text = GOOD.replace("port: http", "port: 80") + (
        "  alerts:\n"
        "    rules:\n"
        "      CpuHihg: {}\n"
        "      CpuHigh: {treshold: 5}\n"
        "  dashboards: {include: [nope], folder: ''}\n"
    )  # fmt: skip

    assert [
        (9, "spec.scrape.port"),
        (12, "spec.alerts.rules.CpuHihg"),
        (13, "spec.alerts.rules.CpuHigh.treshold"),
        (14, "spec.dashboards.folder"),
    ] == [(f.line, f.path) for f in loaded(tmp_path, text).findings]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    port:", "    prot:", "9: spec.scrape.prot: is not a field of a MonitoringProfile; did you mean port?"),
        ("  scrape:", "  Scrape:", "7: spec.Scrape: is not a field of a MonitoringProfile; did you mean scrape?"),
        ("spec:", "specs:", "6: specs: is not a field of a MonitoringProfile; did you mean spec?"),
        (
            "    port:",
            "    zzz:",
            "9: spec.scrape.zzz: is not a field of a MonitoringProfile; the fields here are selector, port, path, interval, timeout, ",
        ),
    ],
)
def test_an_unknown_field_comes_with_the_one_that_was_meant(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """A typo is told from a field that does not exist at all."""
    assert any(found.startswith(f"p.yaml:{expected}") for found in findings(tmp_path, GOOD.replace(old, new)))


def test_an_unknown_field_of_an_item_or_of_an_alert_is_found(tmp_path: Path) -> None:
    """Suggestions work below lists and below the map of alerts."""
    text = GOOD + "  alerts:\n    rules: {CpuHigh: {treshold: 70}}\n    extra:\n      - {alert: A, expr: up, severity: info, sumary: s}\n"

    assert [
        "p.yaml:11: spec.alerts.rules.CpuHigh.treshold: is not a field of a MonitoringProfile; did you mean threshold?",
        "p.yaml:13: spec.alerts.extra[0].sumary: is not a field of a MonitoringProfile; did you mean summary?",
        "p.yaml:13: spec.alerts.extra[0].summary: is required",
    ] == findings(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("v1alpha1", "v2", "1: apiVersion: must be monitoring-operator.dev/v1alpha1, not 'monitoring-operator.dev/v2'"),
        ("MonitoringProfile", "MonitorProfile", "2: kind: must be MonitoringProfile, not 'MonitorProfile'"),
        ("apiVersion: monitoring-operator.dev/v1alpha1\n", "", "1: apiVersion: is required: monitoring-operator.dev/v1alpha1"),
        (
            "name: web",
            "name: Web_1",
            "4: metadata.name: must be lower-case letters, digits and hyphens, such as ga4-analytics, not 'Web_1'",
        ),
        ("name: web", f"name: {'a' * 64}", "4: metadata.name: is 64 characters long; at most 63 fit into a label"),
        ("name: web", "name: ../../etc/cron", "4: metadata.name: must be lower-case letters"),
        ("namespace: shop", "namespace: a/b", "5: metadata.namespace: must be lower-case letters"),
        ("name: web", "name:", "4: metadata.name: is required"),
        ("name: web", "name: 5", "4: metadata.name: must be lower-case letters"),
    ],
)
def test_what_stands_around_the_spec_is_checked(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """What the API server checks without our schema is found without an API server."""
    assert any(found.startswith(f"p.yaml:{expected}") for found in findings(tmp_path, GOOD.replace(old, new)))


@pytest.mark.parametrize(
    "spec", ["spec: text\n", "spec: []\n", "spec: 5\n", "spec:\n  scrape: text\n", "metadata: text\n", "- 1\n", "text\n"]
)
def test_no_shape_of_a_document_is_a_surprise(tmp_path: Path, spec: str) -> None:
    """Whatever stands where a mapping should be is a finding, never a traceback."""
    assert findings(tmp_path, f"apiVersion: monitoring-operator.dev/v1alpha1\nkind: MonitoringProfile\nmetadata: {{name: a}}\n{spec}")
    assert findings(tmp_path, spec)


def test_a_value_in_the_place_of_a_secret_is_not_repeated(tmp_path: Path) -> None:
    """Somebody who pastes a key instead of naming a Secret does not find it again in the log of the build."""
    text = GOOD + "  notifications:\n    critical:\n      - pagerDuty: {routingKey: hush-hush}\n"
    reference = GOOD + "  sentry: {dsn: {secretKeyRef: {name: 'https://hush-hush@sentry.io', key: dsn}}}\n"

    path = "spec.notifications.critical[0].pagerDuty.routingKey"
    words = "must be a reference, {secretKeyRef: {name: SECRET, key: KEY}}; credentials never stand in a profile"
    assert [f"p.yaml:12: {path}: {words}"] == findings(tmp_path, text)
    assert findings(tmp_path, reference)
    assert "hush-hush" not in str(findings(tmp_path, reference))


def test_nulls_count_as_left_out(tmp_path: Path) -> None:
    """A section whose lines are all commented out is taken as kubectl takes it."""
    (_, profile), *_ = loaded(tmp_path, GOOD + "    timeout:\n  alerts:\n  #  enabled: false\n").profiles

    assert profile.spec.alerts.enabled
    assert profile.spec.scrape.timeout is None


def test_other_objects_are_passed_over_with_a_note(tmp_path: Path) -> None:
    """A file may hold an application's other manifests too; what is in them is not shown."""
    result = loaded(tmp_path, f"kind: Secret\nmetadata: {{name: s}}\nstringData: {{key: hush-hush}}\n---\n{GOOD}")

    assert 1 == len(result.profiles)
    assert [f"{tmp_path}/p.yaml:1: skipped: Secret s is not a MonitoringProfile"] == result.notes


def test_lists_are_looked_into(tmp_path: Path) -> None:
    """`kubectl get monitoringprofiles -o yaml` prints a List."""
    indented = "".join(f"  {line}\n" for line in GOOD.splitlines())
    items = f"apiVersion: v1\nkind: List\nitems:\n- {indented[2:]}- {indented[2:].replace('port: http', 'port: 8000')}"
    result = loaded(tmp_path, items.replace("name: web", "name: a", 1))

    assert ["a"] == [p.name for _, p in result.profiles]
    assert [(21, "spec.scrape.port")] == [(f.line, f.path) for f in result.findings]


def test_a_profile_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Two of one name would overwrite each other's objects."""
    assert ["p.yaml:14: metadata.name: shop/web stands there twice; it is first at " + f"{tmp_path}/p.yaml:4"] == findings(
        tmp_path, f"{GOOD}---\n{GOOD}"
    )


def test_a_file_without_a_profile_is_a_finding(tmp_path: Path) -> None:
    """Passing over everything in silence would look like success."""
    assert ["p.yaml:1: holds no MonitoringProfile (apiVersion: monitoring-operator.dev/v1alpha1)"] == findings(tmp_path, "kind: Pod\n")
    assert ["p.yaml:1: holds no MonitoringProfile (apiVersion: monitoring-operator.dev/v1alpha1)"] == findings(tmp_path, "")


def test_mistakes_of_yaml_are_findings(tmp_path: Path) -> None:
    """A key that stands twice and a syntax error have file and line like any other problem."""
    assert ["p.yaml:10: port stands there twice; it is first on line 9"] == findings(tmp_path, f"{GOOD}    port: web\n")
    assert "p.yaml:11: is not YAML: " in findings(tmp_path, f"{GOOD}  packs: [ga4\n")[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["scrape", "alerts", "name", "items", "a.b[0]", "]"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(spec=JSON, metadata=JSON)
def test_no_profile_is_a_surprise(spec: object, metadata: object) -> None:
    """Whatever its parts are, there are findings, each with a line of the file: never a traceback."""
    body = {"apiVersion": "monitoring-operator.dev/v1alpha1", "kind": "MonitoringProfile", "metadata": metadata, "spec": spec}
    text = yaml.safe_dump(body, allow_unicode=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode(errors="replace"))))
        result = load(["-"])

    assert result.findings
    assert all(1 <= finding.line <= text.count("\n") + 1 for finding in result.findings)


@given(text=st.text(max_size=60) | st.text(st.sampled_from("ab:-[]{}&*!|>'\"#?%@, \n"), max_size=60))
def test_no_text_is_a_surprise(text: str) -> None:
    """Whatever a file holds, reading it ends in findings: it is no profile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode(errors="replace"))))

        assert load(["-"]).findings


@pytest.mark.parametrize(("name", "words"), [("absent.yaml", "No such file or directory"), (".", "Is a directory")])
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, words: str) -> None:
    """The error names file and reason."""
    with pytest.raises(UnreadableError, match=words):
        load([str(tmp_path / name)])


def test_what_is_not_text_is_named(tmp_path: Path) -> None:
    """A file in another encoding is told from one with a mistake."""
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableError, match="is not UTF-8"):
        load([str(tmp_path / "b")])


OWN = GOOD + "  dashboards:\n    extra:\n      - configMapKeyRef: {name: boards, key: a.json}\n"
BOARDS = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: boards, namespace: shop}
data:
  a.json: '{"title": "A", "panels": [{"title": "P", "targets": [{"refId": "A", "expr": "EXPR"}]}]}'
"""


def test_own_dashboards_come_from_the_same_files(tmp_path: Path) -> None:
    """A ConfigMap beside the profile is read, and is nothing that was skipped."""
    result = loaded(tmp_path, OWN + BOARDS.replace("EXPR", "up"))
    ((_, profile),) = result.profiles

    assert ([], []) == (result.findings, result.notes)
    assert [("boards", "a.json")] == list(result.own_dashboards(profile))


def test_a_broken_own_dashboard_is_found_at_its_reference(tmp_path: Path) -> None:
    """With the line of the profile that names it."""
    (finding,) = findings(tmp_path, OWN + BOARDS.replace("EXPR", "sum("))

    assert finding.startswith('p.yaml:12: spec.dashboards.extra[0]: panel "P": A is not PromQL: ')


def test_an_own_dashboard_that_no_file_holds_is_noted(tmp_path: Path) -> None:
    """It may well be in the cluster: the profile is valid."""
    result = loaded(tmp_path, OWN + BOARDS.replace("boards", "others"))

    assert [] == result.findings
    assert [
        "p.yaml:12: spec.dashboards.extra[0]: there is no ConfigMap boards with the key a.json in these files; it is left out here",
        "p.yaml:14: skipped: ConfigMap others is not a MonitoringProfile",
    ] == sorted(note.removeprefix(f"{tmp_path}/") for note in result.notes)
