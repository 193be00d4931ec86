"""What is known of a cluster before it is judged. No Secret's data is ever among it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitoring_operator.api.resources import Resource

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, and why."""

    why: str


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """A verb on a resource (with its subresource, as in `pods/proxy`), in a namespace or, where that is empty, in all of them."""

    group: str
    resource: str
    verb: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """Whose rights were asked for, and which of those that the operator needs are not there."""

    user: str
    missing: tuple[Right, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """How the operator is run, or will be: as the options of `monitoring-operator run`.

    `prometheus_labels` None derives them from the cluster; `namespaces` empty means the whole cluster; `user` empty is whoever asks.
    """

    prometheus_labels: Mapping[str, str] | None = None
    namespaces: tuple[str, ...] = ()
    user: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the checks look at, as JSON of Kubernetes.

    `version` is what /version says; `crd` our definition as the cluster has it (None: it has none); `served` are the types of
    prometheus-operator there; `stamp` is the version that its CRDs carry. `secrets` are the metadata of the Secrets that Alertmanager
    objects read, by namespace and name. `grafanas` are what runs a sidecar for dashboards: Deployments and StatefulSets, or, where none
    does, pods. `user_workload` says whether OpenShift monitors users' workloads, None where it is not OpenShift.
    """

    version: Object
    crd: Object | Unread | None
    served: frozenset[Resource] = frozenset()
    stamp: str = ""
    workloads: Sequence[Object] | Unread = ()
    deployments: Sequence[Object] | Unread = ()
    grafanas: Sequence[Object] | Unread = ()
    secrets: Mapping[tuple[str, str], Object | Unread | None] = field(default_factory=dict)
    rights: Rights | Unread = field(default_factory=lambda: Rights(""))
    user_workload: bool | Unread | None = None
