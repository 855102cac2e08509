"""What was erased between its pass and the wire does not leave, is on record, and nothing waits for it for ever."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from sending import loopback_visit
from twisted.python.failure import Failure

from crawler import urls
from crawler.frontier.itinerary import Errand, Stop
from crawler.frontier.passes import Pass
from crawler.permission.decision import PermissionDenied
from crawler.permission.gate import Gate
from crawler.permission.suppression import SuppressionList
from crawler.spiders.site import SiteSpider
from crawler.visit import Visit
from licences.robots import RobotsState
from provenance.database import Database
from provenance.erasures import Scope, ScopeKind, hide

TARGET = urls.parse("http://127.0.0.1/x")


def pass_for(visit: Visit, errand: Errand) -> Pass:
    """Return the pass of a URL that may be asked for, as yet; of a robots.txt that others redirect to."""
    rules = visit.gate.rules(TARGET.origin)
    rules.settle(RobotsState.ALLOW_ALL, now=visit.services.clock(), life=3600.0, document=None)
    rules.asking = errand is Errand.ROBOTS
    permission = visit.gate.ask(TARGET)
    assert permission.granted
    return Pass(
        stop=Stop(TARGET, errand, governs=rules.origin if rules.asking else None),
        permission=permission,
        claim=visit.services.lanes.claim(TARGET.url, (), lambda _claim, _now: None, 0.0),
        address=ipaddress.ip_address("127.0.0.1"),
        rules=rules,
    )


def erase(entries: SuppressionList, file: Path) -> None:
    """Erase the URL, and let the crawl hear of it."""
    with Database.open(f"sqlite:///{file}") as database:
        scope = Scope.parse(ScopeKind.URL, TARGET.url)
        hide(
            database,
            scope,
            reason="its author asked",
            requested_by="J. Doe",
            at=datetime.now(UTC),
            suppresses=True,
        )
        entries.refresh(database)


def refused(visit: Visit, carried: Pass) -> None:
    """Tell the spider that the door did not let a request out."""
    failure: Any = Failure(PermissionDenied("erased meanwhile"))
    failure.request = Request(TARGET.url, meta={"pass": carried})
    asyncio.run(SiteSpider(visit=visit).failed(failure))


@pytest.mark.parametrize("errand", [Errand.PAGE, Errand.SITEMAP])
def test_the_frontier_judges_it_again_and_records_it(tmp_path: Path, errand: Errand) -> None:
    """A page that never left was not taken: that is a result with a rule, not a page that nobody heard of again."""
    visit = loopback_visit()
    visit.gate = Gate("Aboveboard", visit.services.clock, visit.services.suppressed)
    carried = pass_for(visit, errand)
    erase(visit.services.suppressed, tmp_path / "provenance.db")
    refused(visit, carried)
    assert visit.itinerary.queue(TARGET.origin).line()[0] is carried.stop
    assert visit.gate.ask(TARGET).record.rule == "erasure.suppressed"


def test_an_origin_whose_robots_txt_lies_there_is_unreachable(tmp_path: Path) -> None:
    """Else its pages would wait for an answer to a request that was never sent."""
    visit = loopback_visit()
    visit.gate = Gate("Aboveboard", visit.services.clock, visit.services.suppressed)
    carried = pass_for(visit, Errand.ROBOTS)
    erase(visit.services.suppressed, tmp_path / "provenance.db")
    refused(visit, carried)
    assert not carried.rules.asking
    assert carried.rules.state is RobotsState.UNREACHABLE
    assert not visit.itinerary


def test_a_ticket_that_was_used_brings_nothing_back() -> None:
    """The gate still permits the URL: whoever used the ticket has the answer."""
    visit = loopback_visit()
    refused(visit, pass_for(visit, Errand.PAGE))
    assert not visit.itinerary
