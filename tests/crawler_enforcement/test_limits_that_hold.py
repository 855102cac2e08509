"""Which limits a request travels under, and what a host's state keeps from leaving: each part on its own."""

from __future__ import annotations

import ipaddress

import pytest
from sending import loopback_visit

from crawler import politeness, urls
from crawler.frontier.addresses import Addresses
from crawler.frontier.host import HostState
from crawler.frontier.hosts import Budget
from crawler.frontier.outcome import Outcome
from crawler.frontier.routes import Routes
from crawler.politeness import Limits
from crawler.visit import Visit

JOB = """
[job]
name = "limits"
[operator]
name = "Example Research"
contact = "crawler@example.org"
[[site]]
start = ["http://192.0.2.7/"]
admitted_by = "ourselves"
[[permission]]
site = "192.0.2.7"
granted_by = "its owner"
private_addresses = true
min_gap_seconds = 0
max_in_flight = 16
valid_until = 2999-12-31
"""
ADDRESS = ipaddress.ip_address("198.51.100.1")
OURS, ELSEWHERE = "http://192.0.2.7/", "http://www.example.org/"


@pytest.fixture
def visit() -> Visit:
    """A visit whose site's owner granted everything that one can grant."""
    return loopback_visit(JOB)


def _passages(visit: Visit, url: str) -> dict[str, Limits]:
    rules = visit.gate.rules(urls.parse(url).origin)
    return {p.lane.key: p.limits for p in Routes(visit).passages(urls.parse(url), rules, ADDRESS)}


def test_a_request_travels_on_the_lanes_of_its_host_its_domain_and_its_address(visit: Visit) -> None:
    """Politeness §2.1: all keys must be free, each under its own limits."""
    assert _passages(visit, ELSEWHERE) == {
        "host:www.example.org": politeness.HOST,
        "domain:example.org": politeness.DOMAIN,
        "address:198.51.100.1": politeness.ADDRESS,
    }


def test_an_owners_permission_reaches_no_other_site(visit: Visit) -> None:
    """What one owner granted says nothing of a neighbour's host."""
    assert {limits.gap for limits in _passages(visit, OURS).values()} == {0.0}
    assert _passages(visit, ELSEWHERE)["host:www.example.org"].gap == politeness.HOST.gap


def test_an_owners_permission_opens_no_other_private_address(visit: Visit) -> None:
    """Loopback is open for the site that granted it; a redirect to the machine beside it is not."""
    addresses = Addresses(visit, Routes(visit), lambda: None)
    rules = visit.gate.rules("http://10.0.0.1")
    assert addresses.of("10.0.0.1", rules) is None
    assert rules.closed == "address"


@pytest.mark.parametrize(
    "outcome", [pytest.param(Outcome(status=status), id=str(status)) for status in (429, 503)]
)
def test_a_host_that_says_not_now_is_left_alone(outcome: Outcome) -> None:
    """D1, D3: the whole host, for a minute at least."""
    state = HostState("a.example")
    assert state.took(1000.0, outcome)
    assert state.not_before is not None
    assert state.not_before >= 1060.0


def test_back_off_reaches_the_lane(visit: Visit) -> None:
    hosts, lanes = visit.services.hosts, visit.services.lanes
    hosts.took("a.example", 1000.0, Outcome(status=503))
    assert lanes.lane("host:a.example").ready_at(Limits(max_in_flight=16, gap=0.0)) >= 1060.0


def test_five_failures_in_a_row_open_the_breaker(visit: Visit) -> None:
    """D5: then nothing leaves for a quarter of an hour."""
    hosts = visit.services.hosts
    for second in range(5):
        hosts.took("a.example", 1000.0 + second, Outcome(status=500))
    closure = hosts.closure("a.example", 1005.0)
    assert closure is not None
    assert closure.until >= 1004.0 + 900.0


def test_a_days_budget_is_a_limit(visit: Visit) -> None:
    """P7: reached, the host is closed until the day ends."""
    hosts = visit.services.hosts
    now = visit.services.clock()
    for _ in range(3):
        hosts.sent("a.example", now)
    assert hosts.closure("a.example", now, Budget(requests=4)) is None
    assert hosts.closure("a.example", now, Budget(requests=3)) is not None
