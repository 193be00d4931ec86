"""The profiles in files: which documents are profiles, what is wrong with them, and on which line."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.profile import Problem, Profile
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.cli.judgement import judge
from monitoring_operator.cli.suggestions import with_nearest_field
from monitoring_operator.cli.yaml_source import Read, read
from monitoring_operator.content import reach
from monitoring_operator.content.user_dashboards import sources, take

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
    """Where a MonitoringProfile stands: its file, the lines of its fields, and its path where it is an item of a list."""

    file: str
    lines: Mapping[str, int] = field(repr=False)
    root: str = ""
    blocks: Mapping[str, int] = field(default_factory=dict, repr=False)

    def finding(self, problem: Problem) -> Finding:
        """`problem` with the line of its field, or of the nearest field around it that is there."""
        path = f"{self.root}.{problem.path}" if self.root else problem.path
        if problem.line and path in self.blocks:
            return Finding(self.file, self.blocks[path] + problem.line, problem.path, problem.message)
        while path and path not in self.lines:
            index = re.search(r"\[\d+\]$", path)
            path = path[: index.start()] if index else path.rpartition(".")[0]
        return Finding(self.file, self.lines.get(path, 1), problem.path, problem.message)


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """A ConfigMap among the documents, and what is said of it if no profile refers to it."""

    data: Mapping[str, str]
    note: str


@dataclass(slots=True)
class Loaded:
    """What the files hold: profiles that can be read, what is wrong, and what was passed over (notes for a person).

    `config_maps` are the contents of the ConfigMaps among the documents, by namespace and name.
    """

    profiles: list[tuple[Source, Profile]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    config_maps: dict[tuple[str, str], ConfigMap] = field(default_factory=dict)

    def texts(self, profile: Profile) -> dict[tuple[str, str], str]:
        """The contents of the ConfigMaps that `profile` refers to, by name and key, as far as the files hold them."""
        names = {name for name, _ in sources(profile)}
        return {
            (n, key): text for n in names if (found := self.config_maps.get((profile.namespace, n))) for key, text in found.data.items()
        }

    def own_dashboards(self, profile: Profile) -> Mapping[tuple[str, str], str]:
        """The profile's own dashboards that can be delivered, from the files alone."""
        return take(profile, self.texts(profile)).texts


def load(files: Sequence[str], *, retention: float | None = None) -> Loaded:
    """Every profile of `files` that is valid in all, and what is wrong with the others. `-` is standard input.

    `retention` are the seconds that Prometheus keeps, None if that is not known. Raises UnreadableError.
    """
    loaded = Loaded()
    for file in files:
        name = shown(file)
        for document in read(text(file)):
            if document.mistakes:
                loaded.findings += [Finding(name, m.line, "", m.message) for m in document.mistakes]
            else:
                _take(name, document, loaded)
    _refuse_twins(loaded)
    _check_own_dashboards(loaded)
    _refuse_far_reach(loaded, retention)
    if not loaded.findings and not loaded.profiles:
        loaded.findings.append(Finding(shown(files[-1]), 1, "", f"holds no {names.KIND} (apiVersion: {names.API_VERSION})"))
    loaded.findings.sort()
    return loaded


def _refuse_far_reach(loaded: Loaded, retention: float | None) -> None:
    """Profiles with rules that look back further than Prometheus keeps are not valid for it."""
    far = [(source, profile, reach.problems(profile, retention)) for source, profile in loaded.profiles]
    loaded.findings += [source.finding(p) for source, _, problems in far for p in problems]
    loaded.profiles[:] = [(source, profile) for source, profile, problems in far if not problems]


def shown(file: str) -> str:
    """What people are told of a file's name."""
    return "<stdin>" if file == STANDARD_INPUT else file


def text(file: str) -> str:
    """What a file holds; `-` is standard input. Raises UnreadableError."""
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
        elif _is_config_map(body):
            metadata = body["metadata"]
            texts = {str(key): text for key, text in (body.get("data") or {}).items() if isinstance(text, str)}
            where = str(metadata.get("namespace") or "default"), str(metadata.get("name"))
            loaded.config_maps[where] = ConfigMap(texts, _skipped(file, line, body))
        elif body.get("kind") != names.KIND and not _is_ours(body):
            loaded.notes.append(_skipped(file, line, body))
        else:
            source = Source(file, document.lines, root, document.blocks)
            profile, problems = judge(body)
            if profile is not None:
                loaded.profiles.append((source, profile))
            loaded.findings += [source.finding(with_nearest_field(p)) for p in problems]


def _objects(value: Any) -> Iterator[tuple[Any, str]]:
    """The object, or those in it if it is a list as `kubectl get -o yaml` prints it; each with its path."""
    if isinstance(value, dict) and isinstance(value.get("items"), list) and str(value.get("kind", "")).endswith("List"):
        for i, item in enumerate(value["items"]):
            yield item, f"items[{i}]"
    else:
        yield value, ""


def _is_config_map(body: Mapping[str, Any]) -> bool:
    shape = isinstance(body.get("metadata"), dict) and isinstance(body.get("data") or {}, dict)
    return (body.get("apiVersion"), body.get("kind")) == (CONFIG_MAP.api_version, CONFIG_MAP.kind) and shape


def _is_ours(body: Mapping[str, Any]) -> bool:
    return str(body.get("apiVersion", "")).partition("/")[0] == names.GROUP


def _skipped(file: str, line: int, body: Mapping[str, Any]) -> str:
    return f"{file}:{line}: skipped: {_what(body)} is not a {names.KIND}"


def _what(body: Mapping[str, Any]) -> str:
    metadata = body.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    return f"{body.get('kind', 'a document without kind')} {name}".strip()


def _refuse_twins(loaded: Loaded) -> None:
    """Two profiles of one name would overwrite each other's objects, in the cluster as in the output."""
    seen: dict[tuple[str, str], Source] = {}
    for source, profile in loaded.profiles:
        first = seen.setdefault((profile.namespace, profile.name), source)
        if first is not source:
            where = first.finding(Problem("metadata.name", ""))
            message = f"{profile.namespace}/{profile.name} stands there twice; it is first at {where.file}:{where.line}"
            loaded.findings.append(source.finding(Problem("metadata.name", message)))


def _check_own_dashboards(loaded: Loaded) -> None:
    """A ConfigMap that no file holds may be in the cluster; one that is there must hold a dashboard."""
    referred = {(profile.namespace, name) for _, profile in loaded.profiles for name, _ in sources(profile)}
    loaded.notes += [config_map.note for where, config_map in loaded.config_maps.items() if where not in referred]
    for source, profile in loaded.profiles:
        taken = take(profile, loaded.texts(profile))
        loaded.findings += [source.finding(problem) for problem in taken.unusable]
        loaded.notes += [f"{source.finding(problem)} in these files; it is left out here" for problem in taken.missing]
