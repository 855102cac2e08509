"""One site's share of a run across its visits, and what a plan says of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from crawler import urls
from crawler.frontier.hosts import Hosts
from crawler.frontier.itinerary import Itinerary
from crawler.permission.decision import Permission
from crawler.permission.gate import Gate
from crawler.tally import Tally


@dataclass(slots=True, eq=False)
class SiteWork:
    """One site's share of the run, across its visits."""

    site: str
    itinerary: Itinerary
    gate: Gate
    tally: Tally = field(default_factory=Tally)
    restored: bool = False
    epoch: int = 0  # of the lease of its last visit
    waits_for: str = ""  # why it is not being worked on, for people
    waiting_since: float | None = None
    reason: str = ""  # how it ended
    planned: list[Permission] | None = None


def hosts_of(work: SiteWork) -> set[str]:
    """Return the hosts that something of a site is still to be asked of."""
    return {
        stop.target.host for queue in work.itinerary.queues.values() if queue for stop in [queue.line()[0]]
    }


def held_in_words(work: SiteWork, hosts: Hosts) -> str:
    """Return who holds back every host that is left to ask, and why; "" where one of them is free."""
    left = hosts_of(work)
    holds = {host: hosts.state(host).hold for host in left}
    if not left or not all(holds.values()):
        return ""
    return "; ".join(
        f"{host} is {hold.holding} by {hold.by}: {hold.reason}"
        for host, hold in sorted(holds.items())
        if hold
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrigin:
    """What a plan says of one origin."""

    origin: str
    robots: str  # state of its robots.txt, in words
    files: tuple[str, ...]  # how looking for its other files about rights went
    granted: int  # URLs known so far that would be asked for
    refused: tuple[str, ...]  # count and rule, over the whole site
    gap: float  # seconds after each answer


def planned(work: SiteWork, hosts: Hosts) -> list[PlannedOrigin]:
    """Return what a plan found out about a site, origin by origin."""
    refused = tuple(f"{count} {rule}" for rule, count in work.tally.refused.most_common())
    found = []
    for rules in work.gate.origins():
        granted = sum(permission.record.origin == rules.origin for permission in work.planned or ())
        state = rules.state.value if rules.state is not None else "not asked"
        words = f"{state}: {rules.reason}" if rules.reason else state
        gap = max(hosts.state(urls.parse(f"{rules.origin}/").host).gap, rules.gap)
        found.append(
            PlannedOrigin(
                origin=rules.origin,
                robots=words,
                files=tuple(
                    f"{file.kind.name}: {file.retrieval.value}"
                    for file in work.gate.files.of(rules.origin)
                    if file.reading is not None
                ),
                granted=granted,
                refused=refused,
                gap=gap,
            )
        )
    return found
