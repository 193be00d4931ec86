"""`monitoring-operator import`: a profile from what was written by hand, and a line for everything that stood there."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from monitoring_operator import yaml_output
from monitoring_operator.cli import formats
from monitoring_operator.cli.documents import UnreadableError, shown, text
from monitoring_operator.cli.yaml_source import read as read_yaml
from monitoring_operator.migration import assemble
from monitoring_operator.migration.draft import Document, Draft


def import_files(files: Sequence[str], *, output: str | None, name: str | None, namespace: str | None) -> int:
    """Prints or writes the profile, and on standard error what became of everything, or all of it as data; returns the exit code."""
    draft = Draft(name=name or "", namespace=namespace or "")
    try:
        assemble.read(list(_documents(files)), draft)
        body = assemble.profile(draft)
        if output in (formats.JSON, formats.YAML):
            click.echo(formats.data(_data(body, draft), output), nl=False)
        elif output is None:
            click.echo(yaml_output.document(body), nl=False)
        else:
            Path(output).write_text(yaml_output.document(body), encoding="utf-8")
    except (UnreadableError, assemble.NothingToImport) as error:
        for line in draft.report:
            click.echo(line, err=True)
        click.echo(f"monitoring-operator: {error}", err=True)
        return 2
    except OSError as error:
        click.echo(f"monitoring-operator: cannot write {output}: {error.strerror}", err=True)
        return 2
    if output not in (formats.JSON, formats.YAML):
        for line in draft.report:
            click.secho(str(line), err=True, fg=None if line.taken else "yellow")
        _next_steps(draft, output)
    return 0 if all(line.taken for line in draft.report) else 1


def _data(profile: dict[str, Any], draft: Draft) -> dict[str, Any]:
    return {"profile": profile, "report": [asdict(line) for line in draft.report], "secrets": [asdict(c) for c in draft.credentials]}


def _next_steps(draft: Draft, output: str | None) -> None:
    """What is left for a person to do."""
    if not draft.scrape:
        click.echo("to check: spec.scrape says which Services are scraped and on which port; no file did", err=True)
    namespace = f" --namespace {draft.namespace}" if draft.namespace else ""
    for secret in sorted({c.secret for c in draft.credentials}):
        keys = [c for c in draft.credentials if c.secret == secret]
        for credential in keys:
            place = f"{credential.file}:{credential.line} ({credential.field})"
            click.echo(f"to make: key {credential.key} of the Secret {secret}, from {place}", err=True)
        sources = " ".join(f"--from-file={c.key}=FILE" for c in keys)
        click.echo(f"  kubectl create secret generic {secret}{namespace} {sources}", err=True)
    click.echo(f"then: monitoring-operator validate {output or 'FILE'}", err=True)


def _documents(files: Sequence[str]) -> Iterator[Document]:
    for file in files:
        for document in read_yaml(text(file)):
            if document.mistakes:
                first = document.mistakes[0]
                raise UnreadableError(f"{shown(file)}:{first.line}: {first.message}")
            yield from _items(Document(shown(file), document.value, document.lines))


def _items(document: Document) -> Iterator[Document]:
    """The object, or those in it if it is a list as `kubectl get -o yaml` prints it."""
    body = document.value
    if not (isinstance(body, dict) and str(body.get("kind", "")).endswith("List") and isinstance(body.get("items"), list)):
        yield document
        return
    for index, item in enumerate(body["items"]):
        root = f"items[{index}]"
        lines = {path.removeprefix(root).removeprefix("."): line for path, line in document.lines.items() if path.startswith(root)}
        yield Document(document.file, item, lines)
