"""Who an operator is among several in one cluster, and which profiles are its own."""

from dataclasses import dataclass

from monitoring_operator.api import names
from monitoring_operator.api.resources import ALERTMANAGER, CONFIG_MAP, SECRET, Resource
from monitoring_operator.store import ProfileKey


@dataclass(frozen=True, slots=True)
class Scope:
    """One operator's part. `namespaces` empty means the whole cluster, `selector` empty every profile there.

    `identity` names the installation, `namespace/name`: it stays the same over restarts and upgrades, and all replicas share it. A `shard`
    brings its part of an Alertmanager's configuration to whoever assembles it; one that only `assembles` looks after no profile.
    """

    identity: str = ""
    namespaces: tuple[str, ...] = ()
    selector: str = ""
    shard: str = ""
    assembles: bool = False

    @property
    def name(self) -> str:
        """By which it is told from the others that look after profiles."""
        return self.shard or self.identity

    @property
    def role(self) -> str:
        """The role of its profiles' children."""
        return names.role_of_children(self.shard)

    @property
    def sees_all(self) -> bool:
        """Whether every profile of the cluster is known here."""
        return not (self.namespaces or self.selector or self.assembles)

    def sees(self, key: ProfileKey) -> bool:
        """Whether the operator knows the profile if there is one: what it does not know then does not exist."""
        return not (self.selector or self.assembles) and (not self.namespaces or key.namespace in self.namespaces)

    def watches(self, resource: Resource) -> bool:
        """Whether a kind is of interest: who only assembles needs Alertmanagers and Secrets."""
        return not self.assembles or resource in (ALERTMANAGER, SECRET)


def selector_of(scope: Scope, resource: Resource, *, sources: bool = False) -> str:
    """The label selector of our own children of a kind; of Secrets, of all that operators write for Alertmanagers.

    `sources` adds what profiles refer to, where that can be of the kind.
    """
    roles = [names.ROLE_CHILD, names.ROLE_FRAGMENT] if resource == SECRET else [scope.role]
    if sources and resource in (SECRET, CONFIG_MAP):
        roles.append(names.ROLE_SOURCE)
    return f"{names.LABEL_ROLE} in ({','.join(roles)})" if len(roles) > 1 else f"{names.LABEL_ROLE}={roles[0]}"
