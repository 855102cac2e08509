"""Lanes (politeness §2.1): never more in flight than allowed, and every gap counts from the end of an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.frontier.lanes import Claim, Lane, Lanes, Passage
from crawler.frontier.services import ByteBudget
from crawler.politeness import FOREVER, Limits

ONE = Limits(max_in_flight=1, gap=5.0)


def ignore(claim: Claim, now: float) -> None:
    """Take the end of a claim."""


def flown(lanes: Lanes, passages: list[Passage], start: float, end: float) -> None:
    """Let one request fly."""
    claim = lanes.claim("http://example.org/", passages, ignore)
    claim.start(start)
    claim.end(end)


def test_a_fresh_lane_is_free_at_once() -> None:
    assert Lane("host:example.org").ready_at(ONE) < 0


def test_a_full_lane_has_no_time_at_all() -> None:
    lanes = Lanes()
    passage = Passage(lanes.lane("host:example.org"), ONE)
    lanes.claim("http://example.org/", [passage], ignore)
    assert lanes.ready_at([passage]) == FOREVER


def test_the_gap_counts_from_the_end_of_an_answer() -> None:
    """P1: not from its start, and never shortened by jitter."""
    lanes = Lanes()
    passage = Passage(lanes.lane("host:example.org"), ONE)
    flown(lanes, [passage], 100.0, 130.0)
    assert 135.0 <= lanes.ready_at([passage]) <= 136.25


def test_the_jitter_of_a_gap_is_drawn_once() -> None:
    """Else whoever asks often enough would be let go early."""
    lanes = Lanes()
    passage = Passage(lanes.lane("host:example.org"), ONE)
    flown(lanes, [passage], 0.0, 1.0)
    assert len({lanes.ready_at([passage]) for _ in range(20)}) == 1


def test_a_request_needs_all_its_lanes_at_once() -> None:
    """Two hosts of one domain do not double what the domain sees."""
    lanes = Lanes()
    domain = Passage(lanes.lane("domain:example.org"), Limits(max_in_flight=2, gap=1.0))
    hosts = [Passage(lanes.lane(f"host:{name}.example.org"), ONE) for name in "abc"]
    for host in hosts[:2]:
        lanes.claim("http://example.org/", [host, domain], ignore)
    assert lanes.ready_at([hosts[2]]) < 0
    assert lanes.ready_at([hosts[2], domain]) == FOREVER


def test_a_back_off_outlasts_the_gap() -> None:
    lanes = Lanes()
    lane = lanes.lane("host:example.org")
    lane.not_before = 1000.0
    flown(lanes, [Passage(lane, ONE)], 0.0, 1.0)
    assert lane.ready_at(ONE) == 1000.0


def test_who_waits_for_a_full_lane_is_told_when_it_frees_up() -> None:
    """A1: nobody polls; and the lane is free by the time they hear of it."""
    lanes = Lanes()
    passage = Passage(lanes.lane("host:example.org"), ONE)
    heard: list[float] = []
    passage.lane.waiting.add(lambda: heard.append(lanes.ready_at([passage])))
    claim = lanes.claim("http://example.org/", [passage], ignore)
    claim.start(0.0)
    assert not heard
    claim.end(1.0)
    assert heard == [pytest.approx(6.625, abs=0.626)]


def test_a_claim_ends_once_and_starts_once() -> None:
    """It is a ticket: single use, and giving it back twice frees nobody else's place."""
    lanes = Lanes()
    lane = lanes.lane("host:example.org")
    passages = [Passage(lane, Limits(max_in_flight=2, gap=0.0))]
    first, second = (lanes.claim("http://example.org/", passages, ignore) for _ in range(2))
    assert [first.start(0.0), first.start(0.0)] == [True, False]
    first.end(1.0)
    first.end(2.0)
    assert (lane.in_flight, lane.last_end, first.start(3.0)) == (1, 1.0, False)
    assert second.start(3.0)


def test_a_ticket_that_was_never_used_leaves_no_gap() -> None:
    lanes = Lanes()
    passage = Passage(lanes.lane("host:example.org"), ONE)
    lanes.claim("http://example.org/", [passage], ignore).end(100.0)
    assert lanes.ready_at([passage]) < 0


@given(
    hosts=st.lists(st.integers(0, 3), min_size=1, max_size=60),
    took=st.lists(st.floats(0.0, 20.0), min_size=60, max_size=60),
    host_limits=st.builds(Limits, max_in_flight=st.integers(1, 3), gap=st.floats(0.0, 10.0)),
    domain_limits=st.builds(Limits, max_in_flight=st.integers(1, 4), gap=st.floats(0.0, 3.0)),
)
def test_no_lane_ever_carries_more_than_it_may(
    hosts: list[int], took: list[float], host_limits: Limits, domain_limits: Limits
) -> None:
    """The law, on a simulated clock: whatever is asked in whatever order, each lane's limits hold at each moment."""
    lanes = Lanes()
    domain = Passage(lanes.lane("domain:example.org"), domain_limits)
    flying: list[tuple[float, Claim]] = []
    log: list[tuple[int, float, float]] = []  # host, start, end
    now = 0.0
    for number, host in enumerate(hosts):
        passages = [Passage(lanes.lane(f"host:{host}"), host_limits), domain]
        while True:
            flying.sort(key=lambda flight: flight[0])
            if flying and flying[0][0] <= now:
                end, claim = flying.pop(0)
                claim.end(end)
            elif (ready := lanes.ready_at(passages)) > now:
                now = min(ready, flying[0][0] if flying else ready)
            else:
                break
        claim = lanes.claim(f"http://{host}.example.org/{number}", passages, ignore)
        assert claim.start(now)
        flying.append((now + took[number], claim))
        log.append((host, now, now + took[number]))
    for host in range(4):
        _assert_kept([(start, end) for of, start, end in log if of == host], host_limits)
    _assert_kept([(start, end) for _, start, end in log], domain_limits)


def _assert_kept(flights: list[tuple[float, float]], limits: Limits) -> None:
    """Look at the flights of one lane, in the order of their starts, as somebody who stands beside it."""
    for i, (start, _) in enumerate(flights):
        earlier = flights[:i]
        assert sum(end > start for _, end in earlier) < limits.max_in_flight
        assert start >= max((end for _, end in earlier if end <= start), default=-FOREVER) + limits.gap


def test_a_spent_budget_wakes_who_waits_once_there_is_room() -> None:
    """Decision 12: bytes in memory have one budget for the whole process."""
    budget = ByteBudget(limit=100)
    heard: list[int] = []
    budget.waiting.add(lambda: heard.append(budget.held))
    spent = []
    for _ in range(2):
        budget.take(60)
        spent.append(budget.exhausted)
    assert spent == [False, True]
    budget.give_back(10)
    assert not heard
    budget.give_back(20)
    assert heard == [90]
