"""One fact about a profile, as whoever looked found it: what conditions are made of."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Fact:
    """`type` is a condition's type; `message` is one sentence on which its reader can act.

    A fact holds no time and no figure that moves by itself: the same state of the cluster gives the same fact.
    """

    type: str
    status: Verdict
    reason: str
    message: str
