"""The profiles in files: which documents are profiles, what is wrong with them, and on which line."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.profile import NOT_A_FIELD, InvalidProfile, Problem, Profile, parse
from monitoring_operator.cli.suggestions import TOP_LEVEL, with_nearest_field
from monitoring_operator.cli.yaml_source import Read, read
from monitoring_operator.content.check import problems as content_problems

STANDARD_INPUT = "-"


class UnreadableError(Exception):
    """A file cannot be read at all; the message names it and the reason."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A problem and its place in a file. `path` is empty where the text itself is wrong."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {f'{self.path}: ' if self.path else ''}{self.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """A MonitoringProfile as it stands in a file."""

    file: str
    body: Mapping[str, Any]
    lines: Mapping[str, int] = field(repr=False)
    root: str = ""

    def finding(self, problem: Problem) -> Finding:
        """`problem` with the line of its field, or of the nearest field around it that is there."""
        path = f"{self.root}.{problem.path}" if self.root else problem.path
        while path and path not in self.lines:
            index = re.search(r"\[\d+\]$", path)
            path = path[: index.start()] if index else path.rpartition(".")[0]
        return Finding(self.file, self.lines.get(path, 1), problem.path, problem.message)


@dataclass(slots=True)
class Loaded:
    """What the files hold: profiles that can be read, what is wrong, and what was passed over (notes for a person)."""

    profiles: list[tuple[Source, Profile]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load(files: Sequence[str]) -> Loaded:
    """Every profile of `files` that is valid in all, and what is wrong with the others. `-` is standard input.

    Raises UnreadableError.
    """
    loaded = Loaded()
    for file in files:
        shown = _shown(file)
        for document in read(_text(file)):
            if document.mistakes:
                loaded.findings += [Finding(shown, m.line, "", m.message) for m in document.mistakes]
            else:
                _take(shown, document, loaded)
    _refuse_twins(loaded)
    if not loaded.findings and not loaded.profiles:
        loaded.findings.append(Finding(_shown(files[-1]), 1, "", f"holds no {names.KIND} (apiVersion: {names.API_VERSION})"))
    loaded.findings.sort()
    return loaded


def _shown(file: str) -> str:
    return "<stdin>" if file == STANDARD_INPUT else file


def _text(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise UnreadableError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnreadableError(f"cannot read {file}: it is not UTF-8 text (byte {error.start})") from error


def _take(file: str, document: Read, loaded: Loaded) -> None:
    for body, root in _objects(document.value):
        line = document.lines[root]
        if not isinstance(body, dict):
            loaded.findings.append(Finding(file, line, "", "is not a Kubernetes object; a profile begins with apiVersion and kind"))
        elif body.get("kind") != names.KIND and not _is_ours(body):
            loaded.notes.append(f"{file}:{line}: skipped: {_what(body)} is not a {names.KIND}")
        else:
            source = Source(file, _without_nulls(body), document.lines, root)
            problems = [*_frame_problems(source.body)]
            try:
                profile = parse(_with_identity(source.body), strict=True)
            except InvalidProfile as error:
                problems += error.problems
            else:
                problems += content_problems(profile)
                if not problems:
                    loaded.profiles.append((source, profile))
            loaded.findings += [source.finding(with_nearest_field(p)) for p in dict.fromkeys(problems)]


def _objects(value: Any) -> Iterator[tuple[Any, str]]:
    """The object, or those in it if it is a list as `kubectl get -o yaml` prints it; each with its path."""
    if isinstance(value, dict) and isinstance(value.get("items"), list) and str(value.get("kind", "")).endswith("List"):
        for i, item in enumerate(value["items"]):
            yield item, f"items[{i}]"
    else:
        yield value, ""


def _is_ours(body: Mapping[str, Any]) -> bool:
    return str(body.get("apiVersion", "")).partition("/")[0] == names.GROUP


def _what(body: Mapping[str, Any]) -> str:
    metadata = body.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    return f"{body.get('kind', 'a document without kind')} {name}".strip()


def _without_nulls(value: Any) -> Any:
    """As the API server takes it: a field that is null is a field that is not there."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value


def _with_identity(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """`body` with name and namespace as text, as the API server guarantees them to the operator."""
    metadata = body.get("metadata")
    identity = {k: str(metadata[k]) for k in ("name", "namespace") if k in metadata} if isinstance(metadata, dict) else {}
    return {**body, "metadata": identity}


def _frame_problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong around the spec, which the API server checks without any schema of ours."""
    for key, expected in (("apiVersion", names.API_VERSION), ("kind", names.KIND)):
        if body.get(key) != expected:
            yield Problem(key, f"must be {expected}, not {body.get(key)!r}" if key in body else f"is required: {expected}")
    for key in body:
        if key not in TOP_LEVEL:
            yield Problem(key, NOT_A_FIELD)
    metadata = body.get("metadata", {})
    if not isinstance(metadata, dict):
        yield Problem("metadata", "must be a mapping with name and namespace")
        return
    for key, pattern in (
        ("name", r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"),
        ("namespace", r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
    ):
        value = metadata.get(key)
        if value is not None and not (isinstance(value, str) and re.fullmatch(pattern, value)):
            yield Problem(f"metadata.{key}", f"must be lower-case letters, digits and hyphens, such as ga4-analytics, not {value!r}")


def _refuse_twins(loaded: Loaded) -> None:
    """Two profiles of one name would overwrite each other's objects, in the cluster as in the output."""
    seen: dict[tuple[str, str], Source] = {}
    for source, profile in loaded.profiles:
        first = seen.setdefault((profile.namespace, profile.name), source)
        if first is not source:
            where = first.finding(Problem("metadata.name", ""))
            message = f"{profile.namespace}/{profile.name} stands there twice; it is first at {where.file}:{where.line}"
            loaded.findings.append(source.finding(Problem("metadata.name", message)))
