"""Our checks of users' expressions and templates against promtool, which reads them as prometheus-operator does."""

import threading
from pathlib import Path

import pytest
import yaml

from harness.content import promtool
from monitoring_operator.content import promql, templates

GOOD_PROMQL = [
    'sum by (a) (rate(x{b="c"}[5m])) / on (a) group_left (d) y > bool 0.5',
    "absent_over_time(export_success_total[26h])",
    '{"my.metric", a="b"} > 1',
    "x @ end() offset -5m > 1",
    "max_over_time((x > 1)[5m:1m]) unless on () y",
    "histogram_quantile(0.9, sum without (instance) (rate(x_bucket[1h30m])))",
    'count_values("v", x) > 1 # a comment',
    "x{a=`b`} > 0x1F",
    "time() - x > 1h",
    "vector(1)",
    "predict_linear(x[1h], 3600) < 0",
    "x{a=~\"b|c\",d!~'e.*'} % 2 == 0",
    "1 > bool 0",
]
BAD_PROMQL = [
    "",
    "sum(",
    "x >",
    "rate(x)",
    "x[5m",
    'x{a="b}',
    'x{a=~"("}',
    "nosuch(x)",
    "x y",
    "sum by a (x)",
    "x and 1",
    "x{a=b}",
    "{}",
    'x + "a"',
    "x > 5minutes",
]
PROMQL_NOT_YET = ["x > 1_000", "rate(x[5m*2])"]
"""What Prometheus takes and the parser does not: digits in groups, and arithmetic on durations. Both can be written otherwise."""

GOOD_TEMPLATES = [
    "plain, with }} and { and $",
    "{{ $value }} of {{ $labels.instance }}",
    '{{ $value | humanizePercentage }} {{ printf "%.2f" $value }} {{- .Value -}} {{ .Labels.a }}',
    "{{ if gt $value 5.0 }}a{{ else if eq $labels.a `}}` }}b{{ else }}c{{ end }}",
    '{{ range query "up == 0" }}{{ .Labels.instance }}{{ end }}',
    "{{ range $key, $one := $labels }}{{ $key }}={{ $one }}{{ end }}",
    "{{ with $labels.a }}{{ . }}{{ end }} {{/* {{ a comment }} */}}",
    '{{ with query "up" }}{{ . | first | value | humanize }}{{ end }} {{ externalURL }}{{ pathPrefix }}',
    '{{ define "t" }}x{{ end }}{{ template "t" }}',
    '{{ "}}" }} {{ \'a\' }} {{ 1e3 }} {{ true }} {{ $labels.a | reReplaceAll "a" "b" | toUpper | urlquery }}',
    "{{ $externalLabels.cluster }} {{ $externalURL }} {{ now }} {{ toDuration 5.0 }} {{ urlQueryEscape `a b` }}",
]
BAD_TEMPLATES = [
    "{{ $value",
    "{{ humanise $value }}",
    "{{ $vlaue }}",
    "{{ }}",
    "{{ if $value }}x",
    "x{{ end }}",
    "{{ else }}",
    '{{ "a }}',
    "{{ range $labels }}{{ end }}{{ end }}",
    "{{ value of it }}",
]


def accepted(folder: Path, *, expr: str = "up == 0", description: str = "") -> bool:
    """Whether promtool takes an alert with this expression and description."""
    rule = {"alert": "X", "expr": expr, "annotations": {"description": description}}
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}))
    return promtool.check(path).returncode == 0


@pytest.mark.parametrize("expression", GOOD_PROMQL)
def test_good_promql(expression: str, tmp_path: Path) -> None:
    """What Prometheus takes is taken."""
    assert accepted(tmp_path, expr=expression)
    assert promql.error(expression) is None


@pytest.mark.parametrize("expression", BAD_PROMQL)
def test_bad_promql(expression: str, tmp_path: Path) -> None:
    """What Prometheus refuses is refused."""
    assert not accepted(tmp_path, expr=expression)
    assert promql.error(expression) is not None


@pytest.mark.parametrize("expression", PROMQL_NOT_YET)
def test_promql_that_the_parser_lacks(expression: str, tmp_path: Path) -> None:
    """The known gaps; one that is closed belongs to the good ones."""
    assert accepted(tmp_path, expr=expression)
    assert promql.error(expression) is not None


HOSTILE = [
    "1" + "+1" * 8000,
    "(" * 8000 + "1" + ")" * 8000,
    "sum(" * 3000 + "x" + ")" * 3000,
    "x" + " or x" * 3000,
    "x" + "[5m:1m]" * 2000,
    "-" * 16000 + "1",
    "x{" + 'a="b",' * 2000 + "}",
]


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda e: e[:12])
def test_hostile_promql_is_refused_unparsed(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser never sees what would overflow its stack or keep it busy for seconds."""
    monkeypatch.setattr("promql_parser.parse", lambda _: pytest.fail("parsed"))

    assert promql.error(expression) is not None


@pytest.mark.timeout(30)
def test_a_string_without_end_is_refused() -> None:
    """The count of operators skips strings: one that never ends must not make it try every end."""
    assert promql.error('"' + '\\"' * 8000) is not None


@pytest.mark.parametrize("expression", ["1" + "+1" * 500, "(" * 500 + "1" + ")" * 500, "x" + " or x" * 500])
def test_large_expressions_are_taken(expression: str) -> None:
    """Up to the limit the parser needs less than 1 MiB of stack, an eighth of what a thread has."""
    found: list[str | None] = ["not run"]
    threading.stack_size(1024 * 1024)
    try:
        thread = threading.Thread(target=lambda: found.append(promql.error(expression)))
        thread.start()
    finally:
        threading.stack_size(0)
    thread.join()

    assert found[1:] == [None]


HOSTILE_TEMPLATES = ["{{" + " " * 4000, "{{" * 2000, '{{ "' + '\\"' * 2000, "{{/*" + "*/" * 2000, "{{ $a" + " " * 4000 + "}}"]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("template", HOSTILE_TEMPLATES)
def test_hostile_templates_are_judged(template: str) -> None:
    """No text keeps the check busy: each of these is made to make a backtracking one try everything."""
    assert templates.error(template) is not None


@pytest.mark.parametrize("template", GOOD_TEMPLATES)
def test_good_template(template: str, tmp_path: Path) -> None:
    """What Prometheus takes is taken."""
    assert accepted(tmp_path, description=template)
    assert templates.error(template) is None


@pytest.mark.parametrize("template", BAD_TEMPLATES)
def test_bad_template(template: str, tmp_path: Path) -> None:
    """What Prometheus refuses is refused."""
    assert not accepted(tmp_path, description=template)
    assert templates.error(template) is not None


@pytest.mark.parametrize("text", ["{{", "}}", "{{ $value }}", "a {{{{ b }} c", '"{{" `}}` \\', "{{{"])
def test_literal_is_a_template(text: str, tmp_path: Path) -> None:
    """Any text can be escaped into a template that parses."""
    assert accepted(tmp_path, description=templates.literal(text))
    assert templates.error(templates.literal(text)) is None
