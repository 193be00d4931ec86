"""Kubernetes Events: one when a profile's readiness changes, none otherwise."""

import logging
from collections.abc import Mapping
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError
from monitoring_operator.api.resources import EVENT
from monitoring_operator.reconcile.world import World

LONGEST_NOTE = 1024
"""The API server refuses longer messages."""

logger = logging.getLogger(__name__)


async def announce(world: World, profile: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Records the change of the Ready condition on the profile, if it is one. An Event that is lost costs nothing but itself."""
    if (before.get("status"), before.get("reason")) == (after.get("status"), after.get("reason")):
        return
    metadata, now = profile["metadata"], world.now()
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": names.API_VERSION,
            "kind": names.KIND,
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
        "type": "Normal" if after["status"] == "True" else "Warning",
        "reason": after["reason"] if after["status"] != "True" else "Ready",
        "message": after["message"][:LONGEST_NOTE],
        "action": "Reconcile",
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "reportingComponent": names.FIELD_MANAGER,
        "reportingInstance": names.FIELD_MANAGER,
        "source": {"component": names.FIELD_MANAGER},
    }
    try:
        await world.cluster.create(EVENT, body)
    except ApiError as error:
        logger.info("event for %s/%s not recorded: %s", metadata["namespace"], metadata["name"], error.message)
