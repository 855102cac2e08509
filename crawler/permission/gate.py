"""The one gate: every URL is judged here, and every origin's robots.txt is read here, before anything else of it.

The gate owns no connection.  The frontier sends its robots.txt requests like any other, on the lanes of the host
they go to; the answers come back to `read` (politeness and redirects included: a hop is a request of its own).
The host's other files about rights are `Gate.files`: they close nothing, unless one says in words made for it that
we may not fetch.  What was erased is not asked for again, nor anything of a source that is out of force, whatever any
file says.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

from selectolax.lexbor import LexborHTMLParser

from crawler import politeness, recognition, urls
from crawler.http_dates import retry_after_seconds
from crawler.permission.decision import CLOSED_BY_STATEMENT, Permission
from crawler.permission.file_answer import MAX_ROBOTS, FileAnswer
from crawler.permission.hops import REDIRECTS, NextHop, NoWayOn, next_hop
from crawler.permission.looks import ROBOTS, Look, Looks, body_and_digest
from crawler.permission.origin import OriginRules, lifetime
from crawler.permission.site_files import SiteFiles
from crawler.permission.sources import SourceList
from crawler.permission.suppression import RULE as SUPPRESSED
from crawler.permission.suppression import SuppressionList
from licences.observation import Observation
from licences.robots import RobotsDocument, RobotsFlag, RobotsState, robots_state
from licences.vocabulary import LegalEffect, Usage, Verdict
from provenance.records import PermissionRecord

__all__ = ["MAX_ROBOTS", "FileAnswer", "Gate", "NextHop"]

PARSE_INLINE = 32 * 1024  # bytes; a larger file is parsed off the event loop
_NOT_MODIFIED = 304
_OK, _REDIRECTION = 200, 300


class Gate:
    """Judges URLs for one visit.

    Args:
        token: the name that robots.txt addresses us by.
        clock: the services'.
        suppressed: what is never fetched again; None: nothing is, for want of a database.
        sources: the register of sources; None: there is none, for want of a database.
    """

    def __init__(
        self,
        token: str,
        clock: Callable[[], float],
        suppressed: SuppressionList | None = None,
        sources: SourceList | None = None,
    ) -> None:
        self._token = token
        self._suppressed = suppressed or SuppressionList()
        self._sources = sources or SourceList(time.time)
        self._clock = clock
        self._origins: dict[str, OriginRules] = {}
        self.looks = Looks()
        self.files = SiteFiles(clock, self.looks)
        self._hops: set[str] = set()  # where robots.txt files of ours were redirected to
        self._not_closed = ("", 0)  # the URL that no file closed a moment ago, and under how many looks

    def rules(self, origin: str) -> OriginRules:
        """Return the state of an origin, undecided at first."""
        rules = self._origins.get(origin)
        if rules is None:
            rules = self._origins[origin] = OriginRules(origin, self._token)
        return rules

    def origins(self) -> tuple[OriginRules, ...]:
        """Return all origins that were looked at."""
        return tuple(self._origins.values())

    def ask(self, target: urls.Target, *, is_file: bool = False) -> Permission:
        """Judge a URL whose origin is decided.

        An undecided origin is judged too, as what it is: denied.  No path turns «unknown» into «allowed».

        Args:
            target: the URL.
            is_file: one of the host's own files about rights, which none of them closes.
        """
        if (barred := self.barred(target)) is not None:
            return barred
        rules = self.rules(target.origin)
        if rules.closed is not None:
            return Permission(url=target.url, record=self._undecided(rules, rules.closed))
        if not rules.decided(self._clock()):
            return Permission(url=target.url, record=self._undecided(rules, "robots.unreachable"))
        permission = Permission(url=target.url, record=rules.judge(target.url))
        if not permission.granted or is_file:
            return permission
        return self._closed_by_statement(rules, target) or permission

    def barred(self, target: urls.Target) -> Permission | None:
        """Return the denial of a URL that was erased, or whose source is out of force; None: neither is the case.

        That needs no robots.txt, and binds requests for one as well.
        """
        return self._suppressed.denial(target) or self._sources.denial(target)

    def close_if_erased(self, rules: OriginRules) -> None:
        """Close an origin whose robots.txt was erased: it may not be asked for, so nothing of the origin may."""
        erased = self._suppressed.denial(urls.parse(urls.robots_url(rules.origin)))
        if erased is not None:
            rules.closed, rules.reason = SUPPRESSED, f"its robots.txt is not asked for: {erased.evidence()}"

    def _closed_by_statement(self, rules: OriginRules, target: urls.Target) -> Permission | None:
        """Return the denial of a URL that a file of its host states for us in so many words, or None."""
        asked = (target.url, self.looks.count)
        if asked == self._not_closed:
            return None
        said = self.files.observe(target.origin, target.url, "")
        if rules.document is not None:
            said += rules.document.observe(target.url, rules.robots_url, product_token=self._token)
        for one in said:
            if _forbids_fetching(one):
                state = rules.state.value if rules.state is not None else None
                record = PermissionRecord(
                    origin=rules.origin,
                    granted=False,
                    rule=CLOSED_BY_STATEMENT,
                    robots_state=state,
                    robots_capture_id=rules.capture_id,
                )
                words = f"{one.source.url} {one.source.locator}: {one.raw}"
                return Permission(url=target.url, record=record, words=words)
        self._not_closed = asked
        return None

    def no_robots(self, target: urls.Target) -> Permission | None:
        """Return the denial of a URL that is no robots.txt, nor where one redirects to; None: it is.

        Only these are asked for before an origin is decided, so nothing else may call itself one.
        """
        if target.url == urls.robots_url(target.origin) or target.url in self._hops:
            return self.barred(target)
        return Permission(
            url=target.url, record=self._undecided(self.rules(target.origin), "robots.unreachable")
        )

    def ask_robots(self, rules: OriginRules, url: str) -> Permission:
        """Return the permission of a robots.txt request made for an origin."""
        return Permission(url=url, record=rules.robots_itself())

    @staticmethod
    def _undecided(rules: OriginRules, rule: str) -> PermissionRecord:
        state = rules.state.value if rules.state is not None else None
        return PermissionRecord(origin=rules.origin, granted=False, rule=rule, robots_state=state)

    def conditions(self, rules: OriginRules, url: str) -> tuple[tuple[str, str], ...]:
        """Return the fields that make a robots.txt request conditional: where that very file is still held."""
        return rules.validators if url == rules.robots_url and rules.settled else ()

    async def read(self, rules: OriginRules, answer: FileAnswer, *, hops: int) -> NextHop | None:
        """Take a robots.txt answer: settle the origin, or return where its redirect leads.

        A refresh is judged like a first look: what cannot be read now closes the origin, whatever it said before.

        Args:
            rules: the origin it was asked for.
            answer: what came back.
            hops: redirects followed so far for this origin.
        """
        now = self._clock()
        if answer.status in REDIRECTS:
            try:
                hop = next_hop(answer, hops=hops)
            except NoWayOn as error:
                self.give_up(rules, str(error))
                return None
            self._hops.add(hop.target.url)
            return hop
        if answer.status == _NOT_MODIFIED and self.conditions(rules, answer.url):
            rules.refreshed(now, answer.header("cache-control"))
            self.note(rules, answer.url)
            return None
        document = await self._parsed(rules, answer)
        state = self._state(answer, document)
        if state is RobotsState.UNREACHABLE:
            later = retry_after_seconds(answer.header("retry-after"), answer.header("date"))
            self.give_up(rules, _why(answer, document), later)
            return None
        rules.robots_url, rules.capture_id = answer.url, answer.capture_id
        body, digest = body_and_digest(answer.body)
        rules.settle(
            state,
            now=now,
            life=_life(state, answer.header("cache-control")),
            document=document,
            validators=answer.validators() if document is not None else (),
            digest=digest,
        )
        self.note(rules, answer.url, body)
        return None

    @staticmethod
    def _state(answer: FileAnswer, document: RobotsDocument | None) -> RobotsState:
        state = robots_state(answer.status, answer.body, answer.headers, document=document)
        if document is not None and RobotsFlag.WRONG_TYPE in document.flags:
            barrier = recognition.by_page(LexborHTMLParser(answer.body), answer.body)
            state = (
                state if barrier is None else RobotsState.DENY_ALL
            )  # a page to log in, in the file's place
        return RobotsState.UNREACHABLE if answer.error and state.releases else state

    @staticmethod
    async def _parsed(rules: OriginRules, answer: FileAnswer) -> RobotsDocument | None:
        """Return a 2xx answer's rules, a large file's off the event loop and ready to judge."""
        if answer.status is None or not _OK <= answer.status < _REDIRECTION:
            return None
        if len(answer.body) <= PARSE_INLINE:
            return RobotsDocument.parse(answer.body)
        return await asyncio.to_thread(_ready, answer.body, rules.token, rules.origin)

    def taken(self, url: str) -> None:
        """Note a URL that was fetched under whatever its robots.txt said then."""
        self.rules(urls.parse(url).origin).taken.append(url)

    def overruled(self, rules: OriginRules) -> Iterator[Permission]:
        """Yield the answers for URLs that were fetched under an earlier robots.txt and that this one denies, once."""
        for url, record in rules.overruled():
            yield Permission(url=url, record=record)

    def give_up(self, rules: OriginRules, why: str, retry_after: float | None = None) -> None:
        """Take that an origin's robots.txt cannot be had now: nothing of it is asked for until a later look.

        Args:
            rules: the origin's.
            why: what its robots.txt did, in words that go on from its URL.
            retry_after: seconds that its server asked for; None: it did not.
        """
        rules.attempts += 1
        wait = politeness.robots_retry(rules.attempts, retry_after)
        url = urls.robots_url(rules.origin)
        rules.unreachable(f"{url} {why}", now=self._clock(), wait=wait)
        self.note(rules, url)

    def note(self, rules: OriginRules, url: str, body: bytes | None = None) -> None:
        """Note what the last look at an origin's robots.txt found; only a file with rules is worth its text."""
        is_file = rules.document is not None
        found = rules.state is not RobotsState.UNREACHABLE
        self.looks.note(
            Look(
                origin=rules.origin,
                name=ROBOTS,
                url=url,
                retrieval=rules.retrieval,
                at=self._clock(),
                body=body if is_file else None,
                digest=rules.digest if is_file else None,
                capture_id=rules.capture_id if found else None,
            )
        )


def _why(answer: FileAnswer, document: RobotsDocument | None) -> str:
    """Return why an answer cannot be read, going on from its URL."""
    if answer.status is None:
        return f"gave no answer: {answer.error}"
    if answer.error:
        return f"cannot be read: {answer.error}"
    if document is not None and RobotsFlag.NUL_BYTES in document.flags:
        return "holds NUL bytes and no mark that says how to read it: a person should look"
    return f"answered {answer.status}"


def _ready(body: bytes, token: str, origin: str) -> RobotsDocument:
    """Return a parsed file that has compiled its answers for us: the first URL pays for that."""
    document = RobotsDocument.parse(body)
    document.access(token, f"{origin}/")
    document.pace(token)
    return document


def _life(state: RobotsState, cache_control: str) -> float:
    """Return how long a settled state holds, in seconds: a site's refusal a day, everything else as stated."""
    return lifetime("") if state is RobotsState.DENY_ALL else lifetime(cache_control)


def _forbids_fetching(said: Observation) -> bool:
    statement = said.statement
    return (
        statement.usage is Usage.CRAWL
        and statement.verdict is Verdict.DENY
        and statement.legal_effect is LegalEffect.ACCESS_RULE
        and statement.addressee.matches_us
    )
