"""Which lanes a request travels on, and under which limits: ours, or what the site's owner granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler import politeness, urls
from crawler.frontier.hosts import DEFAULT_BUDGET, Budget, Closure
from crawler.frontier.lanes import Passage
from crawler.job import PermissionSection
from crawler.permission.address import Address, pacing_key
from crawler.permission.origin import OriginRules
from crawler.politeness import Limits

if TYPE_CHECKING:
    from crawler.visit import Visit


class Routes:
    """The routes of one visit's requests."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._services = visit.services
        self._budget = _granted(visit.owner)

    def _limits(self, rules: OriginRules, host: str) -> tuple[Limits, Limits, Limits]:
        """Return the limits for host, domain and address, as the site's owner may have set them."""
        owner = self._visit.owner if self.is_ours(host) else None
        state = self._services.hosts.state(host)
        floor = politeness.HOST.gap
        flying = politeness.HOST.max_in_flight
        if owner is not None and owner.min_gap_seconds is not None:
            floor = owner.min_gap_seconds
        if owner is not None and owner.max_in_flight is not None:
            flying = owner.max_in_flight
        asked = rules.gap if rules.settled else max(rules.gap, state.gap)  # what it asked for last time holds
        state.floor = floor
        state.gap = politeness.host_gap(floor, state.learned.slowness, asked, state.learned.excess)
        at_host = Limits(max_in_flight=flying, gap=state.gap)
        if owner is None:
            return at_host, politeness.DOMAIN, politeness.ADDRESS
        return (
            at_host,
            Limits(
                max_in_flight=max(flying, politeness.DOMAIN.max_in_flight),
                gap=min(floor, politeness.DOMAIN.gap),
            ),
            Limits(
                max_in_flight=max(flying, politeness.ADDRESS.max_in_flight),
                gap=min(floor, politeness.ADDRESS.gap),
            ),
        )

    def closure(self, host: str, now: float) -> Closure | None:
        """Return why a host takes no request of this visit now, and until when; None: it does."""
        hosts = self._services.hosts
        budget = self._budget if self.is_ours(host) else DEFAULT_BUDGET
        return hosts.closure(host, now, budget) or hosts.back_off(host, now)

    def is_ours(self, host: str) -> bool:
        """Whether the owner's permission reaches this host: it holds for the visit's own site only."""
        return urls.site_of(host) == self._visit.site

    def passages(self, target: urls.Target, rules: OriginRules, address: Address) -> tuple[Passage, ...]:
        """Return the lanes a request travels on (host, registrable domain, address), each with its limits."""
        lane = self._services.lanes.lane
        at_host, at_domain, at_address = self._limits(rules, target.host)
        return (
            Passage(lane(f"host:{target.host}"), at_host),
            Passage(lane(f"domain:{urls.site_of(target.host)}"), at_domain),
            Passage(lane(f"address:{pacing_key(address)}"), at_address),
        )


def _granted(owner: PermissionSection | None) -> Budget:
    """Return what a host may see of us in a day: our own bounds, or those that its owner named."""
    if owner is None:
        return DEFAULT_BUDGET
    return Budget(
        requests=owner.max_requests_per_day or DEFAULT_BUDGET.requests,
        received=owner.max_bytes_per_day or DEFAULT_BUDGET.received,
    )
