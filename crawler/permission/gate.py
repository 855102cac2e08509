"""The one gate: every URL is judged here, and every origin's robots.txt is read here, before anything else of it.

The gate owns no connection.  The frontier sends its robots.txt requests like any other, on the lanes of the host
they go to; the answers come back to `read` (politeness and redirects included: a hop is a request of its own).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from crawler import politeness, urls
from crawler.http_dates import retry_after_seconds
from crawler.permission.decision import Permission
from crawler.permission.origin import REDIRECT_HOPS, OriginRules, lifetime
from licences.robots import RobotsDocument, RobotsState, robots_state
from provenance.records import PermissionRecord

MAX_ROBOTS = (
    512 * 1024
)  # bytes after decoding; the rest is not read (RFC 9309 §2.5 asks for 500 KiB at least)
PARSE_INLINE = 32 * 1024  # bytes; a larger file is parsed off the event loop
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK, _REDIRECTION = 200, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsAnswer:
    """What came back for a robots.txt request: an answer, or none."""

    url: str
    status: int | None  # None: no answer (DNS, TCP, TLS, timeout)
    body: bytes = b""  # decoded, at most `MAX_ROBOTS`
    headers: tuple[tuple[str, str], ...] = ()
    capture_id: int | None = None
    error: str = ""

    def header(self, name: str) -> str:
        """Return a header's first value, or ""."""
        return next((value for field, value in self.headers if field.lower() == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """A robots.txt that redirects: ask there, for the same origin."""

    target: urls.Target
    hops: int


class Gate:
    """Judges URLs for one visit."""

    def __init__(self, token: str, clock: Callable[[], float]) -> None:
        self._token = token
        self._clock = clock
        self._origins: dict[str, OriginRules] = {}

    def rules(self, origin: str) -> OriginRules:
        """Return the state of an origin, undecided at first."""
        rules = self._origins.get(origin)
        if rules is None:
            rules = self._origins[origin] = OriginRules(origin, self._token)
        return rules

    def origins(self) -> tuple[OriginRules, ...]:
        """Return all origins that were looked at."""
        return tuple(self._origins.values())

    def ask(self, target: urls.Target) -> Permission:
        """Judge a URL whose origin is decided.

        An undecided origin is judged too, as what it is: denied.  No path turns «unknown» into «allowed».
        """
        rules = self.rules(target.origin)
        if rules.closed is not None:
            return Permission(url=target.url, record=self._undecided(rules, rules.closed))
        if not rules.decided(self._clock()):
            return Permission(url=target.url, record=self._undecided(rules, "robots.unreachable"))
        return Permission(url=target.url, record=rules.judge(target.url))

    def ask_robots(self, rules: OriginRules, url: str) -> Permission:
        """Return the permission of a robots.txt request made for an origin."""
        return Permission(url=url, record=rules.robots_itself())

    @staticmethod
    def _undecided(rules: OriginRules, rule: str) -> PermissionRecord:
        state = rules.state.value if rules.state is not None else None
        return PermissionRecord(origin=rules.origin, granted=False, rule=rule, robots_state=state)

    async def read(self, rules: OriginRules, answer: RobotsAnswer, *, hops: int) -> NextHop | None:
        """Take a robots.txt answer: settle the origin, or return where its redirect leads.

        Args:
            rules: the origin it was asked for.
            answer: what came back.
            hops: redirects followed so far for this origin.
        """
        now = self._clock()
        if answer.status in _REDIRECTS:
            return self._hop(rules, answer, hops=hops)
        document = await self._parsed(answer)
        state = robots_state(answer.status, answer.body, answer.headers, document=document)
        if state is RobotsState.UNREACHABLE:
            why = answer.error or f"robots.txt answered {answer.status}"
            self.give_up(rules, why, retry_after_seconds(answer.header("retry-after"), answer.header("date")))
            return None
        rules.robots_url, rules.capture_id = answer.url, answer.capture_id
        life = _life(state, answer.header("cache-control"))
        rules.settle(state, now=now, life=life, document=document)
        return None

    @staticmethod
    async def _parsed(answer: RobotsAnswer) -> RobotsDocument | None:
        """Return a 2xx answer's rules, a large file's off the event loop."""
        if answer.status is None or not _OK <= answer.status < _REDIRECTION:
            return None
        if len(answer.body) <= PARSE_INLINE:
            return RobotsDocument.parse(answer.body)
        return await asyncio.to_thread(RobotsDocument.parse, answer.body)

    def _hop(self, rules: OriginRules, answer: RobotsAnswer, *, hops: int) -> NextHop | None:
        location = answer.header("location")
        if hops >= REDIRECT_HOPS:
            self.give_up(rules, f"robots.txt redirects more than {REDIRECT_HOPS} times")
            return None
        try:
            target = urls.parse(urls.join(answer.url, location))
        except ValueError as error:
            self.give_up(rules, f"robots.txt redirects to an unusable place ({error})")
            return None
        return NextHop(target=target, hops=hops + 1)

    def give_up(self, rules: OriginRules, why: str, retry_after: float | None = None) -> None:
        """Take that an origin's robots.txt cannot be had now: nothing of it is asked for until a later look."""
        rules.attempts += 1
        wait = politeness.robots_retry(rules.attempts, retry_after)
        rules.unreachable(why, now=self._clock(), wait=wait)


def _life(state: RobotsState, cache_control: str) -> float:
    """Return how long a settled state holds, in seconds: a site's refusal a day, everything else as stated."""
    return lifetime("") if state is RobotsState.DENY_ALL else lifetime(cache_control)
