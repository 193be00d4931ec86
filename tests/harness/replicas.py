"""Replicas of one operator behind the proxy: who leads, whose writes followed whose, and how long a takeover took by the protocol."""

from dataclasses import dataclass

from harness.faults import Call
from harness.operator import Operator
from harness.proxy import FaultProxy
from monitoring_operator.leadership.lease import Timing

LEADER = "monitoring_operator_leader"


@dataclass
class Replicas:
    """Operators by the names by which the proxy knows them, of which one Lease names the one that writes; and what they have written."""

    proxy: FaultProxy
    members: dict[str, Operator]
    lease: str
    since: int = 0
    """How many writes there had been before."""

    def leader(self) -> str | None:
        """Which of them says that it leads."""
        leading = [name for name, r in self.members.items() if r.exit_code is None and r.metric(LEADER) == 1]
        assert len(leading) <= 1
        return leading[0] if leading else None

    def writes(self) -> list[Call]:
        """Theirs, oldest first."""
        return [c for c in self.proxy.writes()[self.since :] if c.client in self.members]

    def turns(self) -> list[str]:
        """Whose writes followed whose: each name stands once for a whole series."""
        names: list[str] = []
        for call in self.writes():
            if names[-1:] != [call.client]:
                names.append(call.client)
        return names

    def overlaps(self) -> list[str]:
        """Writes that were on their way while those of another had begun."""
        ends: dict[str, float] = {}
        found = []
        for call in self.writes():
            others = [other for other, end in ends.items() if other != call.client and end > call.began]
            found += [f"{call} of {call.client} during one of {other}" for other in others]
            ends[call.client] = max(ends.get(call.client, 0.0), call.reached or call.began)
        return found

    def waited(self, client: str, since: float) -> float:
        """Seconds from a moment until `client` has taken the Lease, by the protocol: it looks, and looks again after `retry` at the most.

        Its looks are counted, because seconds say how busy the machine is: where that holds it up there are fewer looks, never more.
        """
        mine = [c for c in self.proxy.calls if c.client == client and c.path.endswith(f"/leases/{self.lease}") and c.began >= since]
        taken = next(number for number, call in enumerate(mine) if call.verb == "update" and call.status == 200)
        return Timing().retry * sum(call.verb == "get" for call in mine[:taken])
