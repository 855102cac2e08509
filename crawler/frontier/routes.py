"""Which lanes a request travels on, and under which limits: ours, or what the site's owner granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler import politeness, urls
from crawler.frontier.lanes import Passage
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
        state.gap = politeness.host_gap(floor, state.response_time, rules.gap)
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
