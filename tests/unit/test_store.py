"""The store wakes for what matters, sleeps through echoes, and is not fooled by late or foreign events."""

import copy
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.store import ProfileKey, Store, ref_of, secret_ref

KEY = ProfileKey("shop", "web")


def profile(version: int = 1, generation: int = 1, uid: str = "p-1", **status: Any) -> dict[str, Any]:
    """A MonitoringProfile as an API server gives it."""
    metadata = {"namespace": "shop", "name": "web", "uid": uid, "generation": generation, "resourceVersion": str(version)}
    return {"kind": "MonitoringProfile", "metadata": metadata, "spec": {}, "status": status}


def manifest(value: str = "1") -> Manifest:
    """A child of the profile."""
    metadata = {"name": "web-sentry", "namespace": "shop", "labels": names.child_labels("web", "shop", "p-1")}
    return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"A": value}})


def live(wanted: Manifest, version: int = 10, uid: str = "c-1", *, touched: bool = False) -> dict[str, Any]:
    """A child as an API server has it after an apply; `touched` where somebody else has changed its data since."""
    body = copy.deepcopy(wanted.body)
    fields = {
        "f:metadata": {"f:labels": {f"f:{k}": {} for k in body["metadata"]["labels"]}},
        "f:data": {f"f:{k}": {} for k in body["data"]},
    }
    if touched:
        del fields["f:data"]
    entry = {"manager": names.FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}
    body["metadata"] |= {"uid": uid, "resourceVersion": str(version), "managedFields": [entry]}
    return body


def metadata_of(body: dict[str, Any]) -> dict[str, Any]:
    """An object as a watch of metadata gives it."""
    return {k: body[k] for k in ("apiVersion", "kind", "metadata")}


def test_the_echo_of_our_own_write_wakes_nobody() -> None:
    """The answer to an apply goes into the store; the watch's event of the same version is not news."""
    store, wanted = Store(), manifest()
    store.applied(live(wanted), wanted.digest)

    assert not store.put_child(live(wanted))
    assert store.in_sync(wanted.ref, wanted.digest)


def test_a_foreign_label_wakes_nobody_and_a_changed_value_does() -> None:
    """Only the fields that we own count."""
    store, wanted = Store(), manifest()
    store.applied(live(wanted), wanted.digest)
    labelled = live(wanted, version=11)
    labelled["metadata"]["labels"]["theirs"] = "x"
    edited = live(manifest("2"), version=12, touched=True)

    assert [False, True] == [store.put_child(labelled), store.put_child(edited)]
    assert not store.in_sync(wanted.ref, wanted.digest)


def test_a_late_event_does_not_turn_back_the_clock() -> None:
    """A watch that lags behind our own write brings older versions; they are passed over, for profiles too."""
    store, wanted = Store(), manifest()
    store.applied(live(wanted, version=20), wanted.digest)
    store.put_profile(profile(version=9, generation=2))

    assert not store.put_child(live(manifest("old"), version=19))
    assert store.in_sync(wanted.ref, wanted.digest)
    assert not store.put_profile(profile(version=8, generation=1))
    assert 2 == store.profiles[KEY]["metadata"]["generation"]


def test_a_delete_of_a_former_object_does_not_remove_the_new_one() -> None:
    """Deleted and made again under the same name: the late delete names another uid."""
    store, wanted = Store(), manifest()
    store.applied(live(wanted, uid="c-2"), wanted.digest)

    assert store.drop_child(wanted.ref, "c-1") is None
    assert wanted.ref in store.children_of(KEY)


def test_a_value_that_the_server_normalises_is_accepted_once() -> None:
    """A webhook that rewrites a field of ours must not be fought in a loop; a later change of it is drift all the same."""
    store, wanted = Store(), manifest("5m0s")
    store.applied(live(manifest("5m")), wanted.digest)

    assert store.in_sync(wanted.ref, wanted.digest)
    store.put_child(live(manifest("6m"), version=30, touched=True))
    assert not store.in_sync(wanted.ref, wanted.digest)


def test_metadata_is_enough_to_see_that_a_known_child_was_or_was_not_touched() -> None:
    """Whoever changes a field of ours takes it out of our entry of managedFields; a label of his own leaves the entry as it is."""
    store, wanted = Store(), manifest()
    store.applied(metadata_of(live(wanted)), wanted.digest)
    labelled = metadata_of(live(wanted, version=11))
    labelled["metadata"]["labels"]["theirs"] = "x"

    assert not store.put_child(labelled)
    assert store.in_sync(wanted.ref, wanted.digest)
    assert store.put_child(metadata_of(live(manifest("2"), version=12, touched=True)))
    assert not store.in_sync(wanted.ref, wanted.digest)


def test_a_child_of_which_only_metadata_was_ever_seen_is_not_taken_for_right() -> None:
    """Its content is unknown until it has been listed, or applied once."""
    store, wanted = Store(), manifest()

    assert store.put_child(metadata_of(live(wanted)))
    assert not store.in_sync(wanted.ref, wanted.digest)
    assert store.put_child(live(wanted, version=11))
    assert store.in_sync(wanted.ref, wanted.digest)


def test_a_watch_that_is_faster_than_the_answer_costs_no_second_write() -> None:
    """The event of our own write comes first, or even that of a foreign label after it: the answer says what the content is."""
    for later in (10, 11):
        store, wanted = Store(), manifest()
        store.put_child(metadata_of(live(wanted, version=later)))
        store.applied(metadata_of(live(wanted, version=10)), wanted.digest)

        assert store.in_sync(wanted.ref, wanted.digest)


def test_an_answer_that_is_older_than_somebodys_change_does_not_hide_it() -> None:
    """Applied at 10, edited by somebody at 11, and the watch was faster than the answer."""
    store, wanted = Store(), manifest()
    store.put_child(metadata_of(live(wanted, version=11, touched=True)))
    store.applied(metadata_of(live(wanted, version=10)), wanted.digest)

    assert not store.in_sync(wanted.ref, wanted.digest)


def test_only_a_change_of_spec_or_status_wakes_a_profile() -> None:
    """Labels and annotations on a profile are not work; a status that somebody tampered with is."""
    store = Store()
    first = store.put_profile(profile(version=1))
    labelled = profile(version=2)
    labelled["metadata"]["labels"] = {"a": "b"}

    assert [True, False, True, True] == [
        first,
        store.put_profile(labelled),
        store.put_profile(profile(version=3, alerts=3)),
        store.put_profile(profile(version=4, generation=2, alerts=3)),
    ]


def test_who_refers_to_a_secret_follows_the_profile() -> None:
    """A Secret's event wakes those that refer to it now, not those that did."""
    store, other = Store(), ProfileKey("shop", "api")
    a, b = secret_ref("shop", "a"), secret_ref("shop", "b")
    store.refers(KEY, [a, b])
    store.refers(other, [a])
    store.refers(KEY, [b])

    assert [{other}, {KEY}] == [store.referring(a), store.referring(b)]
    store.drop_profile(KEY)
    assert {a} == store.referred()


def test_a_child_that_changes_hands_is_listed_once() -> None:
    """The labels decide whose a child is; after a change the former owner no longer has it."""
    store, wanted = Store(), manifest()
    store.put_child(live(wanted))
    moved = live(wanted, version=11)
    moved["metadata"]["labels"][names.LABEL_PROFILE] = "api"
    store.put_child(moved)

    assert frozenset() == store.children_of(KEY)
    assert {ref_of(moved)} == store.children_of(ProfileKey("shop", "api"))
    assert CONFIG_MAP == ref_of(moved).resource
