"""One host: what it taught us, and what of that keeps requests to it from leaving.

Plain state on the services' clock, moved by outcomes alone: it can be kept in a row, and driven by a clock of any kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crawler import politeness
from crawler.frontier.breaker import Breaker
from crawler.frontier.learned import Learned
from crawler.frontier.outcome import PROXY_LOGIN, REFUSALS, Outcome, Trouble
from provenance.records import Holding

REFUSALS_TO_PARK = 10
NAME_GONE_AFTER = 3_600.0  # seconds between two answers «no such name» that make it true
LONGEST_RETRY_AFTER = 86_400.0  # seconds; a host that asks for more is parked until then
OURSELVES = "aboveboard"  # who parks a host where no person does


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A host that gets no request until somebody says otherwise."""

    holding: Holding
    since: float
    by: str
    reason: str
    until: float = politeness.NEVER
    is_kept: bool = False  # it is in the database: once it is there no more, somebody lifted it


@dataclass(slots=True)
class Day:
    """What left for a host, and came from it, on one UTC day."""

    number: int = 0  # days since 1970
    requests: int = 0
    received: int = 0  # bytes

    def of(self, number: int) -> Day:
        """Return the counts of a day: these, or fresh ones."""
        if number != self.number:
            self.number, self.requests, self.received = number, 0, 0
        return self


@dataclass(slots=True)
class HostState:
    """The state of one host."""

    host: str
    last_end: float | None = None
    gap: float = 0.0  # seconds, as last kept
    floor: float = politeness.HOST.gap  # seconds, ours or its owner's
    not_before: float | None = None
    why: str | None = None  # what `not_before` or the breaker is for
    incidents: int = 0
    incident_at: float | None = None  # start of the latest one
    quiet_from: float | None = None  # incidents are forgotten half an hour after
    refusals: int = 0  # in a row
    missing_since: float | None = None  # «no such name» since then
    last_answer: str | None = None
    last_seen: float | None = None  # in this process
    hold: Hold | None = None
    hold_handed_over: Hold | None = None  # the one that is on its way into the database
    learned: Learned = field(default_factory=Learned)
    breaker: Breaker = field(default_factory=Breaker)
    day: Day = field(default_factory=Day)
    changed: bool = False  # since it was last kept
    recalled: bool = False  # what earlier runs learned was looked for

    @property
    def failing(self) -> bool:
        """Whether it looks as if something were wrong between it and us: no answer at all, or two bad ones."""
        return self.breaker.failures > 1 or (self.breaker.failures == 1 and self.last_answer_is_none)

    @property
    def last_answer_is_none(self) -> bool:
        """Whether the latest exchange brought no answer."""
        return self.last_answer is not None and not self.last_answer.startswith("HTTP ")

    def took(self, now: float, outcome: Outcome) -> str | None:
        """Learn from the end of an exchange; return why the host is left alone for a while, if it now is."""
        self.changed = True
        self.last_seen = now
        if outcome.trouble not in {Trouble.NO_ADDRESS, Trouble.NO_SUCH_NAME}:
            self.last_end = now
        if outcome.trouble is Trouble.CUT:
            return None
        self.last_answer = outcome.told()
        self._learn(outcome)
        pauses: list[str | None] = [self._back_off(now, outcome)] if outcome.backs_off else []
        if self.breaker.took(now, failed=outcome.failed, probe=outcome.probe):
            pauses.append(self._opened(now))
        pauses.append(self._judge(now, outcome))
        return "; ".join(filter(None, pauses)) or None

    def _learn(self, outcome: Outcome) -> None:
        if outcome.status is not None or outcome.trouble is Trouble.TIMEOUT:
            self.learned.answered(outcome.seconds, good=not outcome.failed, gap=self.gap, floor=self.floor)

    def _back_off(self, now: float, outcome: Outcome) -> str:
        """Leave the host alone: as long as it asks, else ever longer; one incident however many answers say so."""
        if self.quiet_from is not None and now - self.quiet_from >= politeness.QUIET:
            self.incidents, self.incident_at = 0, None
        asked = outcome.retry_after
        if asked is not None and asked > LONGEST_RETRY_AFTER:
            self.park(now, f"{outcome.told()}: longer than a day", until=now + asked)
            return outcome.told()
        is_new = self.incident_at is None or now - outcome.seconds >= self.incident_at
        if is_new:
            self.incidents, self.incident_at = self.incidents + 1, now
        if is_new or asked is not None:
            nobody = outcome.trouble in {Trouble.NO_ROUTE, Trouble.NO_SUCH_NAME}
            start = politeness.NO_ROUTE_START if nobody else politeness.BACK_OFF_START
            until = now + politeness.back_off(self.incidents, asked, start=start)
            self.not_before = max(self.not_before or until, until)
            self.quiet_from, self.why = self.not_before, outcome.told()
        return outcome.told()

    def _opened(self, now: float) -> str:
        self.why = f"{self.last_answer}, {self.breaker.failures} failures in a row"
        if self.breaker.opened_too_often:
            self.park(now, f"it failed again and again for days ({self.last_answer})")
        return f"breaker opened: {self.why}"

    def _judge(self, now: float, outcome: Outcome) -> str | None:
        """Park a host that does not want us, or that is not who it was (D7, D8)."""
        if outcome.status in REFUSALS:
            self.refusals += 1
            if self.refusals >= REFUSALS_TO_PARK:
                return self.park(now, f"{self.refusals} refusals in a row, the latest HTTP {outcome.status}")
        elif outcome.status is not None:
            self.refusals = 0
        if outcome.status == PROXY_LOGIN:
            return self.park(now, "HTTP 407: it wants us to log in to a proxy")
        if outcome.trouble is Trouble.CERTIFICATE:
            return self.park(now, outcome.told())
        if outcome.trouble is not Trouble.NO_SUCH_NAME:
            self.missing_since = None
        elif self.missing_since is None:
            self.missing_since = now
        elif now - self.missing_since >= NAME_GONE_AFTER:
            return self.park(now, "its name has not existed for an hour")
        return None

    def park(self, now: float, reason: str, *, until: float = politeness.NEVER) -> str:
        """Take the host out of every crawl until a person decides, or until it asked for itself; return the words."""
        self.changed = True
        if self.hold is None or self.hold.until <= now:
            self.hold = Hold(holding=Holding.PARKED, since=now, by=OURSELVES, reason=reason, until=until)
        return f"parked: {reason}"

    def resume(self) -> None:
        """Begin afresh with a host that was held: a person said so.  Its own wishes and its gap stay."""
        self.hold, self.refusals, self.missing_since = None, 0, None
        self.breaker.reset()
        self.changed = True
