"""The status that users, `kubectl wait` and kstatus read: its shape, for the CRD's schema and for whoever writes it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from monitoring_operator.api.model import Model

ConditionType = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]*$", min_length=1, max_length=316)]
ConditionReason = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", min_length=1, max_length=1024)]


class StatusCondition(Model):
    """One fact about the profile, as Kubernetes' own conditions are."""

    type: ConditionType
    """Which fact: Ready, Valid, Applied and so on."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: ConditionReason
    """Why, in one word for programs."""
    message: Annotated[str, StringConstraints(max_length=32768)]
    """Why, in words for people."""
    last_transition_time: datetime
    """When status last changed from one value to another."""
    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The metadata.generation that the fact is about."""


class Child(Model):
    """An object that the operator keeps for the profile."""

    api_version: Annotated[str, StringConstraints(max_length=317)]
    """Its apiVersion."""
    kind: Annotated[str, StringConstraints(max_length=63)]
    """Its kind."""
    namespace: Annotated[str, StringConstraints(max_length=63)]
    """Its namespace."""
    name: Annotated[str, StringConstraints(max_length=253)]
    """Its name."""


class Shard(Model):
    """The operator that looks after the profile, where several look after some each."""

    name: Annotated[str, StringConstraints(max_length=63)]
    """Its name."""
    selector: Annotated[str, StringConstraints(max_length=1024)] = ""
    """The label selector by which it selects profiles; empty if it selects all of its namespaces."""
    contender: Annotated[str, StringConstraints(max_length=317)] | None = None
    """Another operator that selects the profile too, and asks whether this one is still there."""


class ProfileStatus(Model):
    """What the operator found and did. Written by the operator alone."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The metadata.generation that this status is about; older than the profile's own while a change is being taken up."""
    conditions: Annotated[
        tuple[StatusCondition, ...],
        Field(max_length=32, json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}),
    ] = ()
    """The facts behind the profile's state; Ready sums them up."""
    children: Annotated[tuple[Child, ...], Field(max_length=256)] = ()
    """The objects that the operator keeps for this profile."""
    shard: Shard | None = None
    """The shard that looks after the profile; absent where one operator looks after all."""
    targets: Annotated[str, StringConstraints(max_length=32)] | None = None
    """Scrape targets that are up, of all that there are, such as 3/3."""
    alerts: Annotated[int, Field(ge=0)] | None = None
    """Number of alerts that the profile has."""
