"""Who an operator is among several in one cluster, and which profiles are its own."""

from dataclasses import dataclass

from monitoring_operator.store import ProfileKey


@dataclass(frozen=True, slots=True)
class Scope:
    """One operator's part. `namespaces` empty means the whole cluster.

    `identity` names the installation, `namespace/name`: it stays the same over restarts and upgrades, and all replicas share it.
    """

    identity: str = ""
    namespaces: tuple[str, ...] = ()

    @property
    def sees_all(self) -> bool:
        """Whether every profile of the cluster is known here."""
        return not self.namespaces

    def sees(self, key: ProfileKey) -> bool:
        """Whether the operator knows the profile if there is one: what it does not know then does not exist."""
        return not self.namespaces or key.namespace in self.namespaces
