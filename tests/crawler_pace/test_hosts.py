"""What keeps requests from leaving (politeness §2 and §4), on a clock that the test moves: hours and days pass at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.frontier.breaker import Breaker, BreakerState
from crawler.frontier.host import HostState
from crawler.frontier.hosts import DEFAULT_BUDGET, Budget, Closure, Hosts, whole_day
from crawler.frontier.lanes import Lanes
from crawler.frontier.learned import Learned
from crawler.frontier.outcome import Outcome, Trouble
from crawler.politeness import NEVER

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
HOST = "a.example"
WELL = Outcome(status=200, seconds=0.1)
DOWN = Outcome(status=500, seconds=0.1)  # any 5xx counts for the breaker; 500 asks for no back-off
SILENT = Outcome(trouble=Trouble.TIMEOUT, seconds=60.0)


@dataclass(slots=True)
class Process:
    """The hosts of one process, and its clock."""

    now: float = 1_000 * DAY
    lanes: Lanes = field(default_factory=Lanes)
    hosts: Hosts = field(init=False)

    def __post_init__(self) -> None:
        self.hosts = Hosts(self.lanes, whole_day)

    def after(self, seconds: float, *outcomes: Outcome, host: str = HOST) -> None:
        """Let time pass, then exchanges end."""
        self.now += seconds
        for outcome in outcomes:
            self.hosts.sent(host, self.now)
            self.hosts.took(host, self.now, outcome)

    def closure(self, host: str = HOST, budget: Budget = DEFAULT_BUDGET) -> Closure | None:
        """Why the host takes no request now."""
        return self.hosts.closure(host, self.now, budget)

    def waits(self, host: str = HOST) -> float:
        """Seconds that the host's lane holds back."""
        return max(self.lanes.lane(f"host:{host}").not_before - self.now, 0.0)

    def state(self, host: str = HOST) -> HostState:
        """All that is known of the host."""
        return self.hosts.state(host)


def is_parked(process: Process, words: str) -> bool:
    closure = process.closure()
    return closure is not None and closure.until >= NEVER and words in closure.words


# ---------------------------------------------------------------------- D2, D3: Retry-After and back-off


def test_d3_back_off_doubles_an_incident_and_is_forgotten_after_half_a_quiet_hour() -> None:
    process = Process()
    waits = []
    for _ in range(3):
        process.after(process.waits(), Outcome(status=503))
        waits.append(process.waits())
    assert waits == [60.0, 120.0, 240.0]
    process.after(process.waits() + 29 * MINUTE, Outcome(status=503))
    assert process.waits() == 480.0
    process.after(process.waits() + 31 * MINUTE, WELL, Outcome(status=503))
    assert process.waits() == 60.0


def test_d3_a_good_answer_in_between_forgives_nothing() -> None:
    """A host that answers every other request is in trouble all the same."""
    process = Process()
    process.after(0, Outcome(status=503))
    process.after(process.waits(), WELL, Outcome(status=429))
    assert process.waits() == 120.0


def test_d3_one_incident_however_many_requests_were_in_flight() -> None:
    """Sixteen answers to requests that were all sent before the first one came back say one thing."""
    process = Process()
    process.after(5.0, *[Outcome(status=503, seconds=1.0)] * 16)
    assert process.waits() == 60.0


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        pytest.param(30.0, 30.0, 33.0, id="a floor, and up to a tenth more"),
        pytest.param(DAY, DAY, 1.1 * DAY, id="a day is waited for"),
    ],
)
def test_d2_retry_after_is_a_floor(retry_after: float, least: float, most: float) -> None:
    process = Process()
    process.after(0, Outcome(status=429, retry_after=retry_after))
    assert least <= process.waits() <= most


def test_d2_longer_than_a_day_parks_until_then() -> None:
    process = Process()
    process.after(0, Outcome(status=503, retry_after=3 * DAY))
    closure = process.closure()
    assert closure is not None
    assert closure.until == process.now + 3 * DAY
    process.after(3 * DAY)
    assert process.closure() is None


# ---------------------------------------------------------------------- P5, P6: the learned gap


def learned_over(*seconds: float, learned: Learned | None = None) -> list[float]:
    """The excess after each answer, at a floor of 5 s."""
    learned = learned or Learned()
    seen = []
    for each in seconds:
        learned.answered(each, good=True, gap=5.0 + learned.excess, floor=5.0)
        seen.append(learned.excess)
    return seen


def test_p6_three_times_its_usual_response_time_doubles_the_gap() -> None:
    assert learned_over(*[0.1] * 10, 2.0)[-1] == 5.0


def test_p6_five_seconds_double_the_gap_however_usual_they_are() -> None:
    assert learned_over(6.0) == [5.0]


def test_p6_the_adaptive_part_ends_at_a_minute() -> None:
    assert max(learned_over(*[20.0] * 200)) == 55.0


def test_p5_ten_good_answers_halve_the_excess_and_nothing_else_does() -> None:
    seen = learned_over(*[0.1] * 30, learned=Learned(excess=8.0, response_time=0.1, baseline=0.1))
    assert [seen[8], seen[9], seen[18], seen[19], seen[29]] == [8.0, 4.0, 4.0, 2.0, 1.0]


@given(st.lists(st.floats(0.0, 120.0), max_size=100))
def test_the_excess_is_never_negative_and_never_beyond_its_cap(seconds: list[float]) -> None:
    assert all(0.0 <= excess <= 55.0 for excess in learned_over(*seconds))


def test_an_owner_without_a_floor_wants_no_adaptive_gap() -> None:
    learned = Learned()
    learned.answered(20.0, good=True, gap=0.0, floor=0.0)
    assert learned.excess == 0.0


# ---------------------------------------------------------------------- D5, D6: the breaker


@pytest.mark.parametrize(
    ("outcomes", "opens"),
    [
        pytest.param("xxxx", False, id="four in a row"),
        pytest.param("xxxxx", True, id="five in a row"),
        pytest.param("xxxx.xxxx", False, id="not in a row"),
        pytest.param(".x" * 9 + "..", False, id="nine of twenty"),
        pytest.param(".x" * 10, True, id="half of twenty"),
        pytest.param(".x" * 5, False, id="half of ten: too few to tell"),
    ],
)
def test_d5_a_breaker_opens(outcomes: str, opens: bool) -> None:
    breaker = Breaker()
    seen = [breaker.took(0.0, failed=sign == "x", probe=False) for sign in outcomes]
    assert seen[-1:] == [opens]
    assert sum(seen) == opens


@pytest.mark.parametrize(
    "outcome",
    [
        DOWN,
        SILENT,
        Outcome(status=429),
        *(Outcome(trouble=kind) for kind in Trouble if kind not in {Trouble.CUT, Trouble.CERTIFICATE}),
    ],
    ids=Outcome.told,
)
def test_d5_what_counts_as_a_failure(outcome: Outcome) -> None:
    process = Process()
    process.after(0, *[outcome] * 5)
    assert process.state().breaker.open_until is not None


def test_what_we_cut_ourselves_says_nothing_of_the_host() -> None:
    process = Process()
    process.after(0, *[Outcome(trouble=Trouble.CUT)] * 9)
    assert process.closure() is None
    assert process.waits() == 0.0


def test_d5_d6_open_for_a_quarter_hour_then_one_robots_txt_closes_or_reopens() -> None:
    process = Process()
    process.after(0, *[DOWN] * 5)
    closure = process.closure()
    assert closure is not None
    assert closure.until - process.now == 15 * MINUTE
    process.after(14 * MINUTE, WELL)  # was still on its way: closes nothing
    assert process.closure() is not None
    process.after(1 * MINUTE)
    assert process.closure() is None
    assert process.hosts.is_half_open(HOST, process.now)
    process.after(0, WELL)  # no robots.txt: closes nothing
    assert process.hosts.is_half_open(HOST, process.now)
    process.after(0, Outcome(status=500, probe=True))
    assert process.state().breaker.open_until == process.now + 30 * MINUTE
    process.after(30 * MINUTE, Outcome(status=404, probe=True))
    assert process.closure() is None
    assert process.state().breaker.state(process.now) is BreakerState.CLOSED


def test_d6_five_openings_in_seven_days_park() -> None:
    process = Process()
    process.after(0, *[DOWN] * 5)
    for _ in range(3):
        process.after(process.state().breaker.open_until - process.now, Outcome(status=500, probe=True))  # type: ignore[operator]  # it is open
        assert not is_parked(process, "")
    process.after(process.state().breaker.open_until - process.now, Outcome(status=500, probe=True))  # type: ignore[operator]  # it is open
    assert is_parked(process, "failed again and again")


def test_d6_openings_of_last_week_do_not_count() -> None:
    process = Process()
    for _ in range(10):
        process.after(2 * DAY, Outcome(status=200, probe=True), *[DOWN] * 5)
    assert process.state().hold is None


# ---------------------------------------------------------------------- D7, D8: parking


def test_d7_a_name_that_does_not_exist_is_asked_again_after_an_hour_then_parked() -> None:
    process = Process()
    gone = Outcome(trouble=Trouble.NO_SUCH_NAME)
    process.after(0, gone)
    assert process.waits() == HOUR
    assert process.closure() is None
    process.after(HOUR, gone)
    assert is_parked(process, "has not existed for an hour")


def test_d7_a_name_that_came_back_is_forgiven() -> None:
    process = Process()
    gone = Outcome(trouble=Trouble.NO_SUCH_NAME)
    process.after(0, gone)
    process.after(HOUR, WELL)
    process.after(HOUR, gone)
    assert process.closure() is None


def test_d7_a_certificate_that_cannot_be_trusted_parks_at_once() -> None:
    process = Process()
    process.after(0, Outcome(trouble=Trouble.CERTIFICATE))
    assert is_parked(process, "certificate")


def test_d7_where_nobody_listens_we_come_back_after_an_hour() -> None:
    process = Process()
    process.after(0, Outcome(trouble=Trouble.NO_ROUTE))
    assert process.waits() == HOUR


@pytest.mark.parametrize("status", [401, 403, 406])
def test_d8_ten_refusals_in_a_row_park(status: int) -> None:
    process = Process()
    process.after(0, *[Outcome(status=status)] * 9, WELL, *[Outcome(status=status)] * 9)
    assert process.closure() is None
    process.after(0, Outcome(status=status))
    assert is_parked(process, f"10 refusals in a row, the latest HTTP {status}")


def test_d8_a_proxy_that_wants_a_login_parks_at_once() -> None:
    process = Process()
    process.after(0, Outcome(status=407))
    assert is_parked(process, "407")


# ---------------------------------------------------------------------- P7: budgets


@pytest.mark.parametrize(
    ("budget", "outcome"),
    [
        pytest.param(Budget(requests=3), WELL, id="requests"),
        pytest.param(Budget(received=3000), Outcome(status=200, received=1000), id="bytes"),
    ],
)
def test_p7_a_day_s_budget_closes_the_host_until_midnight(budget: Budget, outcome: Outcome) -> None:
    process = Process(now=1_000 * DAY + 20 * HOUR)
    process.after(0, outcome, outcome)
    assert process.closure(budget=budget) is None
    process.after(0, outcome)
    closure = process.closure(budget=budget)
    assert closure is not None
    assert closure.until == 1_001 * DAY
    assert "budget is used up" in closure.words
    process.after(4 * HOUR)
    assert process.closure(budget=budget) is None


# ---------------------------------------------------------------------- D9: the fault is ours


def failing(
    process: Process, hosts: int, failed: int, outcome: Outcome = SILENT, times: int = 1
) -> str | None:
    for number in range(hosts):
        bad = number >= hosts - failed
        process.after(1.0, *([outcome] * times if bad else [WELL]), host=f"h{number}.example")
    return process.hosts.alarm


@pytest.mark.parametrize(
    ("hosts", "failed", "alarmed"),
    [
        pytest.param(4, 4, False, id="too few hosts to tell"),
        pytest.param(5, 1, False, id="one in five"),
        pytest.param(5, 2, True, id="two in five"),
        pytest.param(20, 4, False, id="a fifth"),
        pytest.param(20, 5, True, id="more than a fifth"),
    ],
)
def test_d9_so_many_hosts_fail_that_the_fault_is_ours(hosts: int, failed: int, alarmed: bool) -> None:
    alarm = failing(Process(), hosts, failed)
    assert (alarm is not None) == alarmed
    assert alarm is None or "hosts failed within 10 minutes (h" in alarm


def test_d9_a_single_503_is_the_host_s_own_affair() -> None:
    process = Process()
    assert failing(process, 10, 5, Outcome(status=503)) is None


def test_d9_what_failed_long_ago_is_not_now() -> None:
    process = Process()
    failing(process, 3, 3)
    process.after(11 * MINUTE)
    assert failing(process, 20, 0) is None


# ---------------------------------------------------------------------- a restart


def test_a_gap_that_a_dead_process_may_have_begun_begins_anew() -> None:
    """Its row may be some seconds old: it may have asked since."""
    process = Process()
    process.hosts.load(HostState(HOST, last_end=process.now - 6.0, gap=5.0), process.now)
    assert process.lanes.lane(f"host:{HOST}").last_end == process.now
    process.hosts.load(HostState("b.example", last_end=process.now - 60.0, gap=5.0), process.now)
    assert process.lanes.lane("host:b.example").last_end == process.now - 60.0


def test_what_we_know_better_is_not_taken_from_the_database() -> None:
    process = Process()
    process.after(0, DOWN)
    process.hosts.load(HostState(HOST, last_end=process.now - HOUR), process.now)
    assert process.state().breaker.failures == 1
