"""TargetsUp: what Prometheus scrapes for a profile, and of what it does not scrape, why.

prometheus-operator names the pool of a ServiceMonitor's endpoint `serviceMonitor/<namespace>/<name>/<index>`.
API: https://prometheus.io/docs/prometheus/latest/querying/api/#targets
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitoring_operator.adoption.expected import Scrape
from monitoring_operator.adoption.pages import NotAsExpected, Page, elements, silent
from monitoring_operator.adoption.rules import unreachable
from monitoring_operator.adoption.services import Trouble
from monitoring_operator.api.facts import Fact, Verdict
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Condition, Reason

PATH = "/api/v1/targets?state=active"
SHOWN = 2


@dataclass(slots=True)
class Pool:
    """The targets of a scrape pool: how many there are, are up, and have not been scraped yet, and the errors of the others by URL."""

    total: int = 0
    up: int = 0
    new: int = 0
    errors: dict[str, str] = field(default_factory=dict)


Pages = Sequence[Page[dict[str, Pool]]]


def parse(body: bytes) -> dict[str, Pool]:
    """Pools of ServiceMonitors by name, without those that have no target. Raises NotAsExpected."""
    pools: defaultdict[str, Pool] = defaultdict(Pool)
    try:
        for target in elements(body, "activeTargets"):
            if not target["scrapePool"].startswith("serviceMonitor/"):
                continue
            pool = pools[target["scrapePool"]]
            pool.total += 1
            match target["health"]:
                case "up":
                    pool.up += 1
                case "unknown":
                    pool.new += 1
                case _:
                    pool.errors[target["scrapeUrl"]] = target.get("lastError") or "no reason given"
    except (KeyError, TypeError) as error:
        raise NotAsExpected("not targets of Prometheus' HTTP API") from error
    return dict(pools)


@dataclass(frozen=True, slots=True)
class Counted:
    """The fact `TargetsUp`, and the count beside it (`3/3`; empty while nobody knows)."""

    fact: Fact
    count: str = ""


def judge(scrape: Scrape, by: Mapping[Ref, Pages], trouble: Trouble | None, *, overdue: bool) -> Counted:
    """What is scraped for a ServiceMonitor by those who select it (`by`), and what its Services have to do with that."""
    pools = {who: pool for who, pages in by.items() if (pool := _pool(scrape.pool, pages)) is not None}
    best = max(pools.values(), key=lambda p: (p.up, -p.total), default=None)
    count = f"{best.up}/{best.total}" if best is not None else ""
    if trouble is not None:
        return Counted(_fact("False", trouble.reason, trouble.message), count)
    if not by:
        return Counted(_fact("Unknown", Reason.PENDING, f"Waiting for somebody who selects {scrape.ref}."))
    if not pools:
        return Counted(unreachable(Condition.TARGETS_UP, by))
    missing = {who: pages for who, of in by.items() if who in pools and (pages := silent(of))}
    return Counted(_scraping(scrape, pools, missing, overdue=overdue), count)


def _scraping(scrape: Scrape, pools: Mapping[Ref, Pool], missing: Mapping[Ref, Pages], *, overdue: bool) -> Fact:
    """`missing` are shards that do not answer: theirs may be the targets that the others do not have."""
    names = ", ".join(map(str, sorted(pools)))
    worst = min((p for p in pools.values() if p.total), key=lambda p: p.up / p.total, default=_NONE)
    if worst.errors:
        texts = "; ".join(f"{url}: {error}" for url, error in sorted(worst.errors.items())[:SHOWN])
        return _fact("False", Reason.TARGETS_DOWN, f"{len(worst.errors)} of {worst.total} targets cannot be scraped: {texts}")
    if missing:
        return unreachable(Condition.TARGETS_UP, missing)
    if worst.new:
        return _fact("Unknown", Reason.PENDING, f"{names} has yet to scrape targets of {scrape.ref} for the first time.")
    if worst.total:
        return _fact("True", Reason.TARGETS_UP, f"All targets of {scrape.ref} are up.")
    if overdue:
        return _fact("False", Reason.NO_TARGETS, f"{names} has no target for {scrape.ref}, though its Service has endpoints.")
    return _fact("Unknown", Reason.PENDING, f"{names} has yet to find the targets of {scrape.ref}.")


def scraped(scrape: Scrape, by: Mapping[Ref, Pages]) -> bool:
    """Whether anybody has a target for the ServiceMonitor."""
    return any((pool := _pool(scrape.pool, pages)) is not None and pool.total for pages in by.values())


def _pool(name: str, pages: Pages) -> Pool | None:
    """The pool over all shards, of each shard the replica that sees the fewest targets up; None if nobody answered."""
    shards: defaultdict[int, list[Pool]] = defaultdict(list)
    for page in pages:
        if page.content is not None:
            shards[page.replica.shard].append(page.content.get(name, _NONE))
    if not shards:
        return None
    worst = [min(pools, key=lambda p: (p.up, -p.total)) for pools in shards.values()]
    errors = {url: error for p in worst for url, error in p.errors.items()}
    return Pool(sum(p.total for p in worst), sum(p.up for p in worst), sum(p.new for p in worst), errors)


_NONE = Pool()


def _fact(status: Verdict, reason: str, message: str) -> Fact:
    return Fact(Condition.TARGETS_UP, status, reason, message)
