"""A visit: one site in one run, in the hands of one worker; what its frontier, handler and pipelines share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from crawler.frontier.hostload import HostLoads
from crawler.frontier.itinerary import Errand, Itinerary, Stop
from crawler.frontier.services import Services
from crawler.identity import Identity
from crawler.job import PermissionSection
from crawler.permission.decision import Permission
from crawler.permission.gate import MAX_ROBOTS, Gate
from crawler.representation import media_type_of
from crawler.tally import Tally
from crawler.wire import head_lines
from licences.policy import Policy
from licences.vocabulary import Usage
from provenance.records import PermissionRecord, RefusalRecord, SiteDocumentRecord, capture_id

MAX_PAGE = 10 * 1024 * 1024  # bytes of a body, received and again decoded


@dataclass(slots=True, kw_only=True)
class Visit:
    """The state of one visit."""

    id: int
    run_id: int
    site: str
    epoch: int
    identity: Identity
    policy: Policy
    usage: Usage
    owner: PermissionSection | None  # what the site's owner granted, while it holds
    services: Services
    itinerary: Itinerary
    gate: Gate
    started_at: datetime
    tally: Tally = field(default_factory=Tally)
    loads: HostLoads = field(default_factory=HostLoads)
    stopping: bool = False
    planned: list[Permission] | None = None  # a plan: pages are judged and noted here, not asked for
    due: float | None = None  # the visit closed because nothing is due before this moment
    waits_for: str = ""  # why, for people
    wake: Callable[[], None] = lambda: None  # the frontier's
    cut: Callable[..., None] = lambda _host=None: None  # the handler's; with a host: only requests to it
    _sequence: int = 0

    def next_capture_id(self) -> int:
        """Return the key of the next exchange to archive: client-made, unique while the visit has one owner."""
        key = capture_id(self.id, self._sequence)
        self._sequence += 1
        return key

    @property
    def private_addresses(self) -> bool:
        """Whether the site's owner allowed loopback and private addresses, for this visit only."""
        return self.owner is not None and self.owner.private_addresses

    def refuse(
        self,
        url: str,
        rule: str,
        reason: str,
        evidence: str,
        *,
        permission: PermissionRecord | None = None,
    ) -> None:
        """Record what was not taken, and why: a result like any other."""
        services = self.services
        self.tally.refused[rule] += 1
        services.writer.refuse(
            self,
            RefusalRecord(
                visit_id=self.id,
                url=url,
                at=services.at(services.clock()),
                rule=rule,
                reason=reason,
                evidence=evidence,
                permission=permission,
            ),
        )

    def hand_on_looks(self) -> None:
        """Record what looks at hosts' own files found since the last time."""
        services = self.services
        for look in self.gate.looks.take():
            services.writer.site_document(
                self,
                SiteDocumentRecord(
                    origin=look.origin,
                    name=look.name,
                    url=look.url,
                    retrieval=look.retrieval.value,
                    body=look.body,
                    digest=look.digest,
                    capture_id=look.capture_id,
                    seen_at=services.at(look.at),
                ),
            )

    def park(self, host: str, why: str) -> None:
        """Take a host out of every crawl until a person decides."""
        services = self.services
        now = services.clock()
        self.loads.paused(host, services.at(now), services.hosts.park(host, now, why))

    def wants(self, stop: Stop, status: int, head: bytes) -> bool:
        """Whether an answer's body is to be read: a document in a form that nobody asked for is not."""
        if stop.errand is not Errand.PAGE or not 200 <= status < 300:  # noqa: PLR2004  # the class of status codes
            return True
        media_type = media_type_of(head_lines(head))
        return not media_type or media_type in self.itinerary.scopes[stop.scope].section.media

    def body_limit(self, stop: Stop) -> int:
        """Return how many bytes of an answer are read."""
        if stop.document is not None and stop.governs is not None:
            return self.gate.files.file(stop.governs, stop.document).kind.limit
        return MAX_ROBOTS if stop.errand is Errand.ROBOTS else MAX_PAGE

    def stop(self) -> None:
        """Ask for nothing more; what is in flight may end."""
        self.stopping = True
        self.wake()
