"""A profile's own tests of its routes, run before they are written.

Other profiles cannot change the outcome, because every other route is fenced to another namespace or name; it is enough to look at the
profile's own part and what is written around all parts.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from monitoring_operator.alertmanager.base import Base
from monitoring_operator.alertmanager.credentials import wanted
from monitoring_operator.alertmanager.fragment import Fragment, fragment, receiver_name
from monitoring_operator.alertmanager.matching import Matcher
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.routing import decide, parsed
from monitoring_operator.alertmanager.told import Integration, integrations
from monitoring_operator.api.assertions import Assertion
from monitoring_operator.api.names import ALERT_LABEL_NAMESPACE, ALERT_LABEL_PROFILE
from monitoring_operator.api.profile import Problem, Profile

_LISTS = ("critical", "warning")

Told = tuple[str, Integration]
"""One integration that an alert reaches, with its receiver's name."""


def failed_assertions(profile: Profile) -> tuple[Problem, ...]:
    """Every assertion that would not hold of `profile` by itself, with what would happen instead.

    Credentials count as present: one that is missing is a matter of its Secret, not of the routes.
    """
    notifications = profile.spec.notifications
    if notifications is None:
        return ()
    # An AlertmanagerConfig object has the same routes and receivers.
    as_secret = profile.spec.model_copy(update={"notifications": notifications.model_copy(update={"mode": "Secret"})})
    inlined = replace(profile, spec=as_secret)
    part = fragment(inlined, dict.fromkeys(wanted(inlined), "present"))
    return failed_beside(part, None) if part is not None else ()


def failed_beside(part: Fragment, base: Base | None) -> tuple[Problem, ...]:
    """Every assertion that would not hold of `part` once it is merged with `base`; none are looked at while it lacks credentials."""
    if not part.assertions or part.missing:
        return ()
    config = _beside(part, base)
    fence = {ALERT_LABEL_NAMESPACE: part.namespace, ALERT_LABEL_PROFILE: part.profile}
    own = {receiver_name(part.namespace, part.profile, severity): severity for severity in _LISTS}
    found = []
    for index, assertion in enumerate(part.assertions):
        receivers = [decision.receiver for decision in decide(config, {**assertion.labels, **fence})]
        told = [(own.get(name, name), integration) for name in receivers for integration in integrations(config, name)]
        if not _holds(assertion, told):
            found.append(Problem(f"spec.notifications.assertions[{index}]", _instead(assertion, told)))
    return tuple(found)


def _beside(part: Fragment, base: Base | None) -> dict[str, Any]:
    """Routes and receivers as `merge` puts them together of the part and the base alone."""
    theirs = _around(base.text if base else None)
    route = {**theirs["route"], "routes": [part.route, *(theirs["route"].get("routes") or ())]}
    return {"route": route, "receivers": [*theirs["receivers"], *part.receivers]}


@lru_cache(maxsize=4)
def _around(base: str | None) -> dict[str, Any]:
    """What is there without any profile. A base is parsed once for all of them."""
    return parsed(merge([]).config if base is None else base)


def _holds(assertion: Assertion, told: Collection[Told]) -> bool:
    """Whether all that is asserted is told, and of the profile's own receivers nothing else."""
    if assertion.receivers is None:
        return not told
    own = [one for one in told if one[0] in _LISTS]
    each_told = all(any(_is(name, one) for one in own) for name in assertion.receivers)
    return each_told and all(any(_is(name, one) for name in assertion.receivers) for one in own)


def _is(asserted: str, told: Told) -> bool:
    receiver, integration = told
    return asserted in (receiver, integration.field)


def _instead(assertion: Assertion, told: Iterable[Told]) -> str:
    labels = ", ".join(str(Matcher(name, "=", value)) for name, value in sorted(assertion.labels.items()))
    return f"expected {_listed(assertion.receivers or ())} to be told of {{{labels}}}; it would be {_listed(_words(told))}"


def _words(told: Iterable[Told]) -> Iterator[str]:
    for receiver, integration in told:
        yield f"{integration} of {receiver}"


def _listed(words: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(words)) or "nobody"
