"""docs/reference/conditions.md: conditions and reasons that a profile's status and Events may show."""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

from harness.reference.reasons import REASONS
from monitoring_operator.api import names

_INTRO = """\
# Conditions and reasons

What `kubectl describe mprof` shows. Each condition's message says what to do, with the field's or the object's name;
[Troubleshooting](../troubleshooting.md) goes from the symptom to the reason. `Ready` is always there; `Reconciling` and `Stalled` are only
there while true, as kstatus has it: `kubectl wait`, Flux and Argo CD read them.
"""


def page() -> str:
    """The whole page."""
    types = [f"- `{name}`{f': {explained}' if explained else ''}" for name, explained in constants(names, "Condition")]
    return "\n".join([_INTRO, "## Conditions", "", *types, "", "## Reasons", "", *_reasons(), ""])


def _reasons() -> Iterator[str]:
    yield "| reason | what it means | what mends it |"
    yield "| --- | --- | --- |"
    for reason, _ in constants(names, "Reason"):
        means, mends = REASONS.get(reason, ("", ""))
        yield f"| `{reason}` | {means} | {mends} |"


def constants(module: ModuleType, name: str) -> Iterator[tuple[str, str]]:
    """The texts that a class of constants holds, each with the docstring that follows it."""
    tree = ast.parse(inspect.getsource(module))
    holder = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    for node, after in zip(holder.body, [*holder.body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            explained = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            yield node.value.value, " ".join(str(explained).split())
