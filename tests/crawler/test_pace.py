"""The arithmetic of pace (politeness §2 and §4): laws, not examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import politeness
from crawler.politeness import back_off, host_gap, jittered, robots_retry, smooth

SECONDS = st.floats(0.0, 1e6)
DRAW = st.floats(0.0, 1.0, exclude_max=True)
DAY = 86_400.0


@given(SECONDS, DRAW)
def test_jitter_never_shortens_a_gap(gap: float, draw: float) -> None:
    """P1: one-sided, at most a quarter longer."""
    assert gap <= jittered(gap, lambda: draw) <= gap * 1.25


@given(floor=SECONDS, response_time=st.one_of(st.none(), SECONDS), asked=SECONDS)
def test_a_gap_is_never_below_any_of_its_floors(
    floor: float, response_time: float | None, asked: float
) -> None:
    """P2: Crawl-delay is a floor, and so is ours; the adaptive part alone has a cap."""
    gap = host_gap(floor, response_time, asked)
    assert gap >= floor
    assert gap >= asked
    assert gap <= max(floor, asked, politeness.ADAPTIVE_CAP)


@pytest.mark.parametrize(
    ("floor", "response_time", "asked", "gap"),
    [
        pytest.param(5.0, None, 0.0, 5.0, id="a host that we know nothing of"),
        pytest.param(5.0, 2.0, 0.0, 10.0, id="V4: an answer takes 2 s, the next start is 10 s after its end"),
        pytest.param(5.0, 600.0, 0.0, 60.0, id="the adaptive part ends at 60 s"),
        pytest.param(5.0, 0.1, 120.0, 120.0, id="V10: Crawl-delay 120"),
        pytest.param(5.0, 30.0, 120.0, 120.0, id="a floor, not a summand"),
        pytest.param(5.0, 0.1, 1.0, 5.0, id="V10: a Crawl-delay below our own floor"),
        pytest.param(0.0, 2.0, 0.0, 0.0, id="an owner who wants no gap"),
        pytest.param(0.0, 2.0, 3.0, 3.0, id="an owner whose robots.txt wants one"),
    ],
)
def test_a_hosts_gap(floor: float, response_time: float | None, asked: float, gap: float) -> None:
    assert host_gap(floor, response_time, asked) == gap


@given(incidents=st.integers(1, 100_000))
def test_back_off_doubles_up_to_a_day(incidents: int) -> None:
    """D3: 60 s, doubled per incident, capped; however long a host has been failing."""
    wait, longer = back_off(incidents, None), back_off(incidents + 1, None)
    assert 60.0 <= wait <= DAY
    assert longer == min(2 * wait, DAY)


@given(incidents=st.integers(1, 100), retry_after=st.floats(0.001, 1e7), draw=DRAW)
def test_retry_after_is_a_floor(incidents: int, retry_after: float, draw: float) -> None:
    """D2: what the host says, plus at most a tenth."""
    assert retry_after <= back_off(incidents, retry_after, lambda: draw) <= retry_after * 1.1


@pytest.mark.parametrize("retry_after", [0.0, -1.0, None])
def test_a_senseless_retry_after_is_absent(retry_after: float | None) -> None:
    assert back_off(1, retry_after) == 60.0
    assert robots_retry(1, retry_after) == 300.0


@given(attempts=st.integers(1, 100_000))
def test_an_unreachable_robots_txt_is_asked_for_ever_more_rarely(attempts: int) -> None:
    """Politeness §3: 5 minutes, doubled to 6 hours; Retry-After where it is stated."""
    wait = robots_retry(attempts, None)
    assert 300.0 <= wait <= 6 * 3600.0
    assert robots_retry(attempts + 1, None) == min(2 * wait, 6 * 3600.0)
    assert robots_retry(attempts, 7.0) == 7.0


@given(st.lists(SECONDS, min_size=1))
def test_the_smoothed_response_time_lies_among_the_times_seen(times: list[float]) -> None:
    smoothed: float | None = None
    for seconds in times:
        smoothed = smooth(smoothed, seconds)
    assert smoothed is not None
    assert min(times) * (1 - 1e-9) <= smoothed <= max(times) * (1 + 1e-9)
