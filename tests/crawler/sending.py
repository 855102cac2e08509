"""Sends requests through the download handler the way the frontier does: permission, lanes, pass."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from scrapy import Request
from scrapy.http import Response

from crawler import job as jobs
from crawler import urls
from crawler.archive.exchange import Exchange
from crawler.download_handler import WireDownloadHandler
from crawler.frontier.itinerary import Errand, Itinerary, Stop
from crawler.frontier.lanes import Claim, Passage
from crawler.frontier.passes import Pass
from crawler.frontier.services import Services
from crawler.permission.decision import Permission
from crawler.permission.gate import Gate
from crawler.politeness import Limits
from crawler.recording import ArchiveWriter
from crawler.visit import Visit
from licences.policy import load
from licences.robots import RobotsState
from licences.vocabulary import Usage
from provenance.records import PermissionRecord, RefusalRecord

T = TypeVar("T")

JOB = """
[job]
name = "loopback"
[operator]
name = "Example Research"
contact = "crawler@example.org"
info_url = "https://example.org/bot"
[[site]]
start = ["http://127.0.0.1/"]
admitted_by = "ourselves"
"""
FREE = Limits(max_in_flight=64, gap=0.0)


class Ledger:
    """Takes refusals as the archive's writer would; exchanges never get that far here."""

    def __init__(self) -> None:
        self.refusals: list[RefusalRecord] = []

    def refuse(self, visit: Visit, record: RefusalRecord) -> None:
        """Keep a refusal."""
        self.refusals.append(record)


def loopback_visit(job_text: str = JOB) -> Visit:
    """Return a visit of the one site of a job, that archives nothing."""
    job = jobs.parse(job_text, name="job.toml")
    services = Services(writer=cast("ArchiveWriter", Ledger()))
    ((site, sections),) = job.sites().items()
    now = datetime.now(UTC)
    return Visit(
        id=1,
        run_id=1,
        site=site,
        epoch=1,
        identity=job.identity,
        policy=load("strict-optin"),
        usage=Usage.AI_TRAIN_GEN,
        owner=job.permission_for(site, now.date()),
        services=services,
        itinerary=Itinerary(sections),
        gate=Gate(job.operator.token, services.clock),
        started_at=now,
    )


class Sender:
    """One visit's download handler, and the passes that requests need."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.visit = loopback_visit()
        self.handler = WireDownloadHandler(self.visit)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the reactor's loop."""
        return self._loop.run_until_complete(asyncio.wait_for(coroutine, 20))

    def close(self) -> None:
        """Hang up, and let the reactor see it."""

        async def hang_up() -> None:
            await self.handler.close()
            await asyncio.sleep(0.01)

        self.run(hang_up())

    def claim(self, url: str, limits: Limits = FREE) -> Claim:
        """Take a place on the host's lane."""
        lanes = self.visit.services.lanes
        lane = lanes.lane(f"host:{urls.parse(url).host}")
        return lanes.claim(url, [Passage(lane, limits)], lambda _claim, _now: None)

    def pass_for(
        self,
        url: str,
        *,
        errand: Errand = Errand.PAGE,
        granted: bool = True,
        address: str = "127.0.0.1",
        limits: Limits = FREE,
    ) -> Pass:
        """Return the pass with which the frontier would let a URL go."""
        target = urls.parse(url)
        rules = self.visit.gate.rules(target.origin)
        rules.settle(RobotsState.ALLOW_ALL, now=self.visit.services.clock(), life=3600.0, document=None)
        record = PermissionRecord(origin=target.origin, granted=granted, rule="robots.absent")
        return Pass(
            stop=Stop(target, errand),
            permission=Permission(url=target.url, record=record),
            claim=self.claim(target.url, limits),
            address=ipaddress.ip_address(address),
            rules=rules,
        )

    def send(self, url: str, *, errand: Errand = Errand.PAGE, address: str = "127.0.0.1") -> Response:
        """Send one request and return its answer."""
        carried = self.pass_for(url, errand=errand, address=address)
        return self.dispatch(Request(carried.stop.target.url, meta={"pass": carried}))

    def exchange(self, url: str, *, errand: Errand = Errand.PAGE) -> Exchange:
        """Send one request and return the evidence of it."""
        kept: Exchange = self.send(url, errand=errand).meta["exchange"]
        return kept

    def dispatch(self, request: Request) -> Response:
        """Give a request to the handler as it is."""
        return self.run(self.handler.download_request(request))
