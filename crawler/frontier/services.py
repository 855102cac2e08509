"""What visits of one process share: clock, lanes, resolver, byte budget, TLS contexts, the archive's writer.

One object, handed to each spider as an argument and never through settings, which Scrapy copies.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from twisted.internet import ssl
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

from crawler.frontier.hosts import Hosts, whole_day
from crawler.frontier.lanes import Lanes
from crawler.permission.address import Resolver
from crawler.permission.sources import SourceList
from crawler.permission.suppression import SuppressionList
from crawler.recording import ArchiveWriter

if TYPE_CHECKING:
    from crawler.frontier.memory import HostMemory

MEMORY_BUDGET = 64 * 1024 * 1024  # bytes of bodies received and not yet archived, all visits together
TLS_CONTEXTS = 1_000


class ByteBudget:
    """How many body bytes the process holds; above the limit no new request leaves.

    What is already in flight still arrives, so the most ever held is the limit plus requests in flight times the
    page limit.
    """

    def __init__(self, limit: int = MEMORY_BUDGET) -> None:
        self.limit = limit
        self.held = 0
        self.waiting: set[Callable[[], None]] = set()

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be asked for until something was archived."""
        return self.held >= self.limit

    def take(self, size: int) -> None:
        """Count bytes that arrived."""
        self.held += size

    def give_back(self, size: int) -> None:
        """Count bytes that were archived or dropped, and wake who waited for room."""
        was_exhausted = self.exhausted
        self.held -= size
        if was_exhausted and not self.exhausted:
            for tell in tuple(self.waiting):
                tell()


class TlsContexts:
    """One verified TLS context a host: building the trust store costs more than a page does."""

    def __init__(self) -> None:
        self._creators: OrderedDict[str, IOpenSSLClientConnectionCreator] = OrderedDict()
        self._trust = ssl.platformTrust()

    def creator(self, host: str) -> IOpenSSLClientConnectionCreator:
        """Return what makes verified TLS connections to a host (certificate and name checked)."""
        creator = self._creators.get(host)
        if creator is None:
            creator = ssl.optionsForClientTLS(host, trustRoot=self._trust)
            self._creators[host] = creator
            while len(self._creators) > TLS_CONTEXTS:
                self._creators.popitem(last=False)
        self._creators.move_to_end(host)
        return creator


@dataclass(slots=True)
class Services:
    """Everything that is one a process."""

    writer: ArchiveWriter
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time  # Unix time; runs at the same speed as `clock`
    lanes: Lanes = field(default_factory=Lanes)
    budget: ByteBudget = field(default_factory=ByteBudget)
    tls: TlsContexts = field(default_factory=TlsContexts)
    fixed_hosts: Mapping[str, str] = field(default_factory=dict)
    suppressed: SuppressionList = field(default_factory=SuppressionList)
    memory: HostMemory | None = None  # what the database knows of hosts; None: nothing is kept
    sources: SourceList = field(init=False)
    resolver: Resolver = field(init=False)
    hosts: Hosts = field(init=False)

    def __post_init__(self) -> None:
        self.hosts = Hosts(self.lanes, self.day)
        self.sources = SourceList(self.wall)
        self.resolver = Resolver(self.clock, self.fixed_hosts)

    def at(self, moment: float) -> datetime:
        """Return the wall-clock time (UTC) of a moment on `clock`."""
        return datetime.fromtimestamp(self.wall() + moment - self.clock(), UTC)

    def moment(self, at: datetime) -> float:
        """Return the moment on `clock` of a wall-clock time."""
        return self.clock() + at.timestamp() - self.wall()

    def day(self, moment: float) -> tuple[int, float]:
        """Return the number of the UTC day (since 1970) that a moment on `clock` lies in, and when it ends."""
        ahead = self.wall() - self.clock()
        number, ends = whole_day(moment + ahead)
        return number, ends - ahead
