"""Makes alertmanager/accepted_fields.py from the sources of prometheus-operator and Alertmanager.

Run once per release that is to be supported, with unpacked modules: `python -m harness.accepted_fields FOLDER`, where FOLDER holds
`prometheus-operator-VERSION/` and `alertmanager-VERSION/` folders.
"""

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[2] / "operator/src/monitoring_operator/alertmanager/accepted_fields.py"
OLDEST_ALERTMANAGER = (0, 27)
_STRUCT = re.compile(r"^type (\w+) struct \{(.*?)^\}", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^\s*(?:\w+\s+)?(\S+)\s+`.*?yaml:\"([^\",]*)((?:,[^\"]*)?)\"", re.MULTILINE)
_HEADER = '''"""Which fields of an Alertmanager configuration prometheus-operator and Alertmanager know, and since which version.

Generated from their sources by `python -m harness.accepted_fields`. Do not edit. A struct's fields are listed as
`field`, `field:struct` where its value (or each element of it) is one, with `@0.88` where prometheus-operator has it since 0.88 and
`!0.28` where Alertmanager has it since 0.28; without a mark the oldest supported versions know it.
"""

STRUCTS = {
'''

_INDENT = " " * 8
# prometheus-operator takes Alertmanager's own types for these.
_INTERVALS: dict[str, dict[str, str]] = {
    "timeInterval": {"name": "", "time_intervals": "interval"},
    "interval": dict.fromkeys(("weekdays", "days_of_month", "months", "years", "location"), "") | {"times": "timeRange"},
    "timeRange": {"start_time": "", "end_time": ""},
}

Structs = dict[str, dict[str, str]]
Version = tuple[int, int]


def structs(source: str) -> Structs:
    """Struct name -> yaml field -> Go type without pointers, lists and packages; inlined structs are dissolved."""
    raw = {name: list(_FIELD.findall(body)) for name, body in _STRUCT.findall(source)}

    def fields(name: str) -> Iterator[tuple[str, str]]:
        for go_type, field, options in raw.get(name, ()):
            plain = re.sub(r"^[*\[\]]*(?:\w+\.)?", "", go_type)
            if "inline" in options:
                yield from fields(plain)
            elif field not in ("", "-"):
                yield field, plain

    return {name: dict(fields(name)) for name in raw}


def _versions(folder: Path, module: str, *parts: str) -> dict[Version, Structs]:
    found: dict[Version, Structs] = {}
    for path in folder.glob(f"{module}-*"):
        major, minor = path.name.removeprefix(f"{module}-").split(".")[:2]
        sources = sorted(file for part in parts for file in path.rglob(part) if not file.name.endswith("_test.go"))
        found[int(major), int(minor)] = structs("\n".join(file.read_text() for file in sources))
    return dict(sorted(found.items()))


def _alertmanager_since(known: dict[Version, Structs], operator: Structs) -> dict[tuple[str, str], Version]:
    """For each struct and field of prometheus-operator, the first Alertmanager that has it; both are walked side by side."""
    since: dict[tuple[str, str], Version] = {}
    for version, theirs in known.items():
        todo, seen = [("alertmanagerConfig", "Config")], set()
        while todo:
            pair = todo.pop()
            if pair in seen or pair[0] not in operator or pair[1] not in theirs:
                continue
            seen.add(pair)
            for field, inner in operator[pair[0]].items():
                if field in theirs[pair[1]]:
                    since.setdefault((pair[0], field), version)
                    todo.append((inner, theirs[pair[1]][field]))
    return since


def table(folder: Path) -> str:
    """The module's text."""
    operators = _versions(folder, "prometheus-operator", "types.go")
    alertmanagers = _versions(folder, "alertmanager", "config.go", "notifiers.go", "timeinterval.go")
    oldest, newest = next(iter(operators)), operators[max(operators)]
    for known in operators.values():
        known.update(_INTERVALS)
    alertmanager_since = _alertmanager_since(alertmanagers, newest)
    lines = []
    for name, fields in sorted(newest.items()):
        shown = []
        for field, inner in sorted(fields.items()):
            first = next((v for v, known in operators.items() if field in known.get(name, {})), oldest)
            there = alertmanager_since.get((name, field), OLDEST_ALERTMANAGER)
            text = f"{field}:{inner}" if inner in newest else field
            text += f"@{first[0]}.{first[1]}" if first > oldest else ""
            shown.append(text + (f"!{there[0]}.{there[1]}" if there > OLDEST_ALERTMANAGER else ""))
        lines.append(
            f'    "{name}": """\n{textwrap.fill(" ".join(shown), 128, initial_indent=_INDENT, subsequent_indent=_INDENT)}\n    """,\n'
        )
    return _HEADER + "".join(lines) + "}\n"


if __name__ == "__main__":
    TARGET.write_text(table(Path(sys.argv[1])))
