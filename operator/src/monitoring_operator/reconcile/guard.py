"""Two operators never write one Alertmanager's Secret: each would take away the routes that only the other knows of.

Who writes it puts its name to it. A name is never overwritten. Somebody has to take it away, and whoever is alive puts it back at once:
so another operator waits before it believes that there is nobody.
"""

import logging
from collections.abc import Mapping
from math import inf
from typing import Any

from monitoring_operator.alertmanager.secret import assembler
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.api import names
from monitoring_operator.reconcile.world import World

GRACE = 15.0
"""Seconds for which a Secret must stay without a name: a living operator is told of the change, and puts its own back in less than one."""

logger = logging.getLogger(__name__)

Object = Mapping[str, Any]


class Taken(Exception):
    """Another operator writes the Secret, or may be about to. `pause` are the seconds after which it is worth looking again."""

    def __init__(self, message: str, pause: float) -> None:
        super().__init__(message)
        self.pause = pause


def admit(world: World, target: Target, live: Object) -> None:
    """Returns if the Secret, which is live and an operator's, is ours to write. Raises Taken."""
    other, rivals, name = assembler(live), world.routes.rivals, live["metadata"]["name"]
    where = f"{target.namespace}/{name}"
    if other and other == world.scope.identity:
        rivals.pop(target, None)
    elif other:
        if rivals.get(target) != inf:
            logger.warning("Secret %s is written by another operator, %s; it is left alone", where, other)
        rivals[target] = inf
        remedy = f"kubectl annotate secret {name} --namespace {target.namespace} {names.ANNOTATION_ASSEMBLED_BY}-"
        raise Taken(
            f"Secret {where} is written by another operator, {other}, and is left alone: two would lose each other's routes. Make one of "
            f"them a shard of the other, or give it an Alertmanager of its own. If {other} is gone for good: {remedy}",
            pause=60.0,
        )
    elif target in rivals:
        rivals[target] = min(rivals[target], world.clock())
        if world.clock() - rivals[target] < GRACE:
            raise Taken(
                f"Secret {where} has lost the name of the operator that writes it; whether that one lives is waited for.", pause=5.0
            )
        logger.warning("Secret %s is taken over: nobody has put a name to it for %.0f seconds", where, GRACE)
        del rivals[target]
