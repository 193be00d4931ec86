"""`monitoring-operator completion`: what a shell needs to complete our commands and options."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "monitoring-operator"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print what a shell needs to complete commands and options.

    Exit code: 0; 2 for a shell that is not known.

    \b
    Examples (in the shell's start-up file):
      source <(monitoring-operator completion bash)
      source <(monitoring-operator completion zsh)
      monitoring-operator completion fish | source
    """  # noqa: D301 -- click's mark for a paragraph that is not to be rewrapped
    kind = get_completion_class(shell)
    assert kind is not None, "click knows the three shells"
    root = click.get_current_context().find_root().command
    click.echo(kind(root, {}, PROGRAM, f"_{PROGRAM.replace('-', '_').upper()}_COMPLETE").source())
