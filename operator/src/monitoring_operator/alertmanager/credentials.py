"""Which credentials a profile's notifications refer to. Their values are read by the caller and live in a Fragment's files alone."""

from collections.abc import Mapping

from monitoring_operator.alertmanager.receivers import entry
from monitoring_operator.api.profile import Profile

Credentials = Mapping[tuple[str, str], str]
"""(Secret name, key) in the profile's namespace -> value."""


def wanted(profile: Profile) -> tuple[tuple[str, str], ...]:
    """The (Secret, key) pairs that the profile's notifications refer to, sorted, each once."""
    notifications = profile.spec.notifications
    if notifications is None:
        return ()
    entries = map(entry, (*notifications.critical, *notifications.warning))
    refs = (source.secret_key_ref for one in entries for source in one.credentials.values())
    return tuple(sorted({(ref.name, ref.key) for ref in refs}))
