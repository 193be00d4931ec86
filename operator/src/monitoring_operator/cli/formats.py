"""Results for programs: JSON or YAML on standard output instead of lines for people."""

import json
from collections.abc import Callable
from typing import Any

import click

from monitoring_operator import yaml_output

TEXT, JSON, YAML = "text", "json", "yaml"


def output_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--output` of commands that print a result."""
    option = click.option(
        "-o",
        "--output",
        type=click.Choice([TEXT, JSON, YAML]),
        default=TEXT,
        show_default=True,
        help="For people or for programs.",
    )
    return option(command)


def data(value: Any, output: str) -> str:
    """`value`, which is JSON-shaped, as JSON or YAML, with a line's end."""
    return yaml_output.document(value) if output == YAML else json.dumps(value, indent=2, ensure_ascii=False) + "\n"
