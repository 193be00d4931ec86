"""Dead, quiet and healthy watches are told apart, by a clock that is turned by hand."""

from dataclasses import dataclass

import pytest

from monitoring_operator.handlers.informer import Patience
from monitoring_operator.handlers.watchdog import Blind, Watchdog

PATH = "/api/v1/secrets"
LIMIT = 80.0


@dataclass
class Stream:
    """An open watch."""

    total_bytes: int = 0


class Scene:
    """A watchdog over one path that has just been listed and opened."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.dog = Watchdog(LIMIT, clock=lambda: self.now)
        self.dog.expect([PATH])
        self.stream = self.open()

    def open(self) -> Stream:
        """The watch is opened."""
        stream = Stream()
        self.dog.asked(PATH, watching=True)
        self.dog.answered(PATH, stream)
        return stream

    def listed(self) -> None:
        """The kind is listed."""
        self.dog.asked(PATH, watching=False)
        self.dog.answered(PATH, None)

    def later(self, seconds: float, *, api_answers: bool = True) -> None:
        """Time goes by, looked at each second."""
        for _ in range(int(seconds)):
            self.now += 1.0
            self.dog.check(api_answers=api_answers)


@pytest.fixture
def scene() -> Scene:
    """A healthy watch."""
    return Scene()


def test_the_shipped_patience_ends_within_90_seconds() -> None:
    """Whatever goes wrong, and longer than the minute between two bookmarks."""
    patience = Patience()

    assert 60.0 < patience.inactivity < patience.limit < 90.0
    assert sum(patience.backoffs) < 90.0
    assert patience.inactivity + patience.backoffs[0] < patience.limit
    assert patience.api_silence < patience.limit


def test_bookmarks_keep_a_watch_alive(scene: Scene) -> None:
    """An hour without an event, but with a bookmark a minute."""
    for _ in range(60):
        scene.later(60)
        scene.stream.total_bytes += 100

    assert [] == scene.dog.suspects()


def test_a_watch_that_cannot_be_opened_is_blindness(scene: Scene) -> None:
    """After the limit, not before."""
    scene.dog.asked(PATH, watching=True)
    scene.later(LIMIT)

    with pytest.raises(Blind, match=PATH):
        scene.later(1)


def test_a_watch_that_nobody_tries_to_open_any_more_is_too(scene: Scene) -> None:
    """When one of its watches fails for good, kopf may wait for ever to end the others."""
    scene.later(LIMIT)

    with pytest.raises(Blind, match=PATH):
        scene.later(1)


def test_an_outage_of_the_api_server_is_not(scene: Scene) -> None:
    """Afterwards the watch has the whole limit to come back."""
    scene.dog.asked(PATH, watching=True)
    scene.later(600, api_answers=False)
    scene.later(LIMIT)
    scene.open()
    scene.later(LIMIT)

    assert [PATH] == scene.dog.suspects()


def test_a_type_that_was_installed_and_is_never_watched_is_blindness(scene: Scene) -> None:
    """Whoever should have told kopf of it has not."""
    scene.dog.expect([PATH, "/apis/new"])
    scene.later(LIMIT)
    scene.stream.total_bytes += 100

    with pytest.raises(Blind, match="/apis/new"):
        scene.later(1)


def test_a_type_that_has_gone_is_not_missed(scene: Scene) -> None:
    """Its watch is refused for ever, and nobody has to hear of it."""
    scene.dog.asked(PATH, watching=True)
    scene.dog.expect([])
    scene.later(600)

    assert [] == scene.dog.suspects()


def test_a_list_that_kopf_has_to_make_anew_is_checked(scene: Scene) -> None:
    """Once it has ended: what was deleted before is then in neither list."""
    scene.listed()
    before = scene.dog.suspects()
    scene.open()

    assert ([], [PATH], []) == (before, scene.dog.suspects(), scene.dog.suspects())


def test_lists_in_a_row_are_checked_now_and_then(scene: Scene) -> None:
    """A watch that is gone again and again must not make us list without end, and the last of them is checked all the same."""
    found = 0
    for _ in range(60):
        scene.listed()
        scene.open()
        found += len(scene.dog.suspects())
        scene.later(1)
    scene.later(LIMIT / 3)

    assert (3, [PATH]) == (found, scene.dog.suspects())


def test_a_quiet_kind_is_checked_ever_more_rarely(scene: Scene) -> None:
    """A watch that is closed without a word: after 1, 2, 4, 8 ... of them."""
    checks = []
    for silence in range(1, 17):
        scene.later(70)
        scene.stream = scene.open()
        checks += [silence] * len(scene.dog.suspects())

    assert [1, 2, 4, 8, 16] == checks


def test_a_watch_that_is_cut_off_again_and_again_is_checked(scene: Scene) -> None:
    """Each time it says something, but perhaps never a whole event."""
    found = 0
    for _ in range(60):
        scene.stream.total_bytes += 150
        scene.later(1)
        scene.stream = scene.open()
        found += len(scene.dog.suspects())

    assert 3 == found


def test_a_watch_that_was_found_to_lie_is_checked_each_time(scene: Scene) -> None:
    """As long as changes are found of which it had not told."""
    checks = []
    for silence in range(1, 5):
        scene.later(70)
        scene.stream = scene.open()
        if scene.dog.suspects():
            checks.append(silence)
            scene.dog.suspect(PATH)

    assert [1, 2, 3, 4] == checks
