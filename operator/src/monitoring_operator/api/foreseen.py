"""What reconciling a profile would run into, said before it is stored."""

from dataclasses import dataclass

from monitoring_operator.api.profile import Problem


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`refused` is wrong with the profile whatever the cluster holds; `warnings` say what stands in its way at the moment."""

    refused: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
