"""`monitoring-operator route`: who would be told of an alert, by the profiles of files, a configuration, or a cluster as it is."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from monitoring_operator.alertmanager.base import InvalidBase, base_of
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.routing import decide, inhibition, parsed
from monitoring_operator.alertmanager.target import NoTarget, Target, choose
from monitoring_operator.alertmanager.told import integrations
from monitoring_operator.api.profile import Profile
from monitoring_operator.cli import answers
from monitoring_operator.cli.answers import Answer, Told
from monitoring_operator.cli.documents import UnreadableError, load
from monitoring_operator.cli.formats import TEXT, data
from monitoring_operator.cli.rendering import parts_by_target, target_for
from monitoring_operator.cli.scenes import ALERT_NAME, Wanted, scene


class CannotAnswer(Exception):
    """There is no configuration to ask, or nothing to ask it about; the message says which."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which configuration is asked: that of `config` (a file), else the cluster's if `live`, else what the profiles become.

    `base` is a file with the configuration of one's own that the profiles are merged with; `alertmanager` (namespace, name, Secret)
    is that of profiles which name none; None: the only one of the cluster.
    """

    config: str | None = None
    base: str | None = None
    live: bool = False
    kubeconfig: str | None = None
    context: str | None = None
    alertmanager: tuple[str, str, str] | None = None


def ask(files: Sequence[str], wanted: Wanted, where: Where, *, output: str) -> int:
    """Prints who would be told of every alert; returns the exit code."""
    try:
        found = _found(files, wanted, where)
    except (UnreadableError, CannotAnswer, NoTarget, InvalidBase) as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return 2
    if output != TEXT:
        click.echo(data({"alerts": [answers.as_json(a) for a in found]}, output), nl=False)
    else:
        click.echo("\n\n".join(answers.as_text(a) for a in found))
    return 0 if all(a.tells_somebody for a in found) else 1


def _found(files: Sequence[str], wanted: Wanted, where: Where) -> list[Answer]:
    profiles = _profiles(files)
    configurations = _configurations(profiles, where)
    about: Sequence[Profile | None] = profiles or [None]
    found = [answer for profile in about for answer in _answers(profile, wanted, configurations, where)]
    for name, _ in wanted.by_name:
        if not any(answer.alert.labels[ALERT_NAME] == name for answer in found if ALERT_NAME in answer.alert.labels):
            raise CannotAnswer(f"no profile in {', '.join(files)} has an alert {name}")
    return found


def _profiles(files: Sequence[str]) -> list[Profile]:
    if not files:
        return []
    loaded = load(files)
    for note in (*loaded.notes, *loaded.findings):
        click.echo(note, err=True)
    if loaded.findings:
        raise CannotAnswer("the profiles must be valid first")
    return [profile for _, profile in loaded.profiles]


def _configurations(profiles: Sequence[Profile], where: Where) -> dict[Target, Mapping[str, Any]]:
    """What can be asked, by Alertmanager."""
    if where.config is not None:
        return {_ANY: _read(_text(where.config), where.config)}
    if where.live:
        # Imported here: the Kubernetes client takes longer to load than everything else.
        from monitoring_operator.cli.live_routes import running_configurations

        texts = asyncio.run(running_configurations(where.kubeconfig, where.context))
        return {target: _read(text, f"what {target.namespace}/{target.name} runs") for target, text in texts.items()}
    base = base_of(_text(where.base), {}) if where.base is not None else None
    parts = parts_by_target(profiles, _default(where))
    return {target: parsed(merge(found, base).config) for target, found in parts.items()}


_ANY = Target("", "", "")
"""Stands for the Alertmanager of a configuration that came as a file."""


def _default(where: Where) -> Target:
    return Target(*(where.alertmanager or ("monitoring", "main", "alertmanager-main")))


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CannotAnswer(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CannotAnswer(f"cannot read {file}: it is not UTF-8 text (byte {error.start})") from error


def _read(text: str, name: str) -> dict[str, Any]:
    try:
        return parsed(text)
    except (yaml.YAMLError, ValueError) as error:
        # The words of a YAML error quote the text, which may hold credentials.
        reason = error if isinstance(error, ValueError) else "it is not YAML"
        raise CannotAnswer(f"{name} cannot be asked: {reason}") from error


def _answers(profile: Profile | None, wanted: Wanted, configurations: Mapping[Target, Mapping[str, Any]], where: Where) -> list[Answer]:
    alerts = scene(wanted, profile)
    firing = [a.labels for a in alerts]
    about = f"{profile.namespace}/{profile.name}" if profile else ""
    found = []
    for config in _asked(profile, configurations, where):
        for position, alert in enumerate(alerts):
            try:
                decisions = decide(config, alert.labels)
                muted = inhibition(config, firing, position)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise CannotAnswer(f"the configuration cannot be asked: {error}") from error
            told = tuple(Told(decision, integrations(config, decision.receiver)) for decision in decisions)
            rule = config["inhibit_rules"][muted.rule] if muted else None
            found.append(Answer(about, alert, told, firing[muted.source] if muted else None, rule))
    return found


def _asked(profile: Profile | None, configurations: Mapping[Target, Mapping[str, Any]], where: Where) -> list[Mapping[str, Any]]:
    """The configurations that decide for `profile`: its Alertmanager's, or all where nothing chooses among them."""
    if where.config is not None:
        return list(configurations.values())
    notifications = profile.spec.notifications if profile else None
    if not where.live:
        target = target_for(profile, _default(where)) if profile else _default(where)
        config = configurations.get(target)
        if config is None:
            raise CannotAnswer(
                "none of the profiles has notifications in that Alertmanager's Secret; --live asks for the mode AlertmanagerConfig too"
            )
        return [config]
    if where.alertmanager is not None:
        chosen = [c for t, c in configurations.items() if (t.namespace, t.name) == where.alertmanager[:2]]
        if not chosen:
            raise CannotAnswer(f"there is no Alertmanager {'/'.join(where.alertmanager[:2])} in the cluster")
        return chosen
    return [configurations[choose(notifications.alertmanager if notifications else None, configurations)]]
