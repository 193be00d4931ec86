"""A thousand profiles that are live cost little: nothing is judged twice, and pauses follow what looking costs."""

import asyncio

import pytest

from harness.live_world import KEY, POOL, live, service
from monitoring_operator.reconcile.observer import pauses


def test_what_has_not_changed_is_not_judged_again() -> None:
    """Look after look; and a change is."""

    async def play() -> None:
        found = await live()
        await found.look(after=10)
        watched = found.world.watched[KEY]
        judged = watched.judged
        assert judged is not None
        await found.look(after=10)
        assert judged is watched.judged
        found.monitoring.targets[POOL] = [("down", "refused")]
        await found.look(after=10)
        await found.look(after=10)

        assert judged is not watched.judged
        assert ("False", "TargetsDown") == found.condition("TargetsUp")[:2]

    asyncio.run(play())


def test_a_namespace_that_stays_as_it_is_causes_no_judging() -> None:
    """Its Services are listed again and again while one of them is wrong, and say the same."""

    async def play() -> None:
        found = await live()
        found.monitoring.targets.pop(POOL)
        found.cluster.put(service("web"))
        for _ in range(3):
            await found.look(after=10)
        watched = found.world.watched[KEY]
        judged = watched.judged
        await found.look(after=1)
        assert judged is watched.judged
        found.cluster.put(service())
        await found.look(after=1)

        assert judged is not watched.judged

    asyncio.run(play())


@pytest.mark.parametrize(
    ("cost", "least", "calm"),
    [(0.0, 1.0, 10.0), (0.1, 2.0, 10.0), (0.3, 6.0, 15.0), (0.5, 10.0, 20.0), (30.0, 20.0, 20.0)],
)
def test_pauses_follow_the_cost(cost: float, least: float, calm: float) -> None:
    """A twentieth of a core while something is waited for, a fiftieth otherwise; but somebody looks three times a minute."""
    assert (least, calm) == pytest.approx(pauses(cost, 10.0))
    assert 60.0 == pauses(cost, 60.0)[1]
