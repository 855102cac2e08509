"""One input of the fuzzers, everything that reads it, and what must hold of whatever is read.

The laws: nothing raises; every word can be stored as UTF-8 and read back as it was; what is malformed or only
leniently accepted never allows; every raw text stands where its locator says; a page states a bounded number of
things; a policy decides whatever was read, and decides the same again.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import TypeVar

from golden_corpus import TOKEN, Case

from crawler.archive.exchange import Exchange
from crawler.representation import represent
from licences.locating import stands
from licences.observation import Observation, Statement
from licences.observers import MOST, observe
from licences.policy import Policy, decide, load
from licences.representation import Representation
from licences.rights import RightsSet
from licences.robots import RobotsDocument
from licences.signals.access import observe_refusal
from licences.site_documents import SITE_DOCUMENTS, read_site_document
from licences.vocabulary import Outcome, Retrieval, Usage, Verdict

T = TypeVar("T")

_CHECKED = 60  # observations of one input that are looked for again
LONGEST = 128 * 1024  # bytes of a part; what is larger is read off the event loop, by the same code
_THEN = datetime(2026, 11, 22, tzinfo=UTC)
_PERMITTED = {Outcome.PERMITTED, Outcome.PERMITTED_WITH_CONDITIONS}
_POLICIES: list[Policy] = [load("strict-optin"), load("eu-tdm")]


class LawBrokenError(AssertionError):
    """Something that must hold does not; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What a fuzzer sends: a response, and its host's files, as bytes."""

    url: str = "https://example.org/page"
    status: int = 200
    head: bytes = b"HTTP/1.1 200 OK\r\n\r\n"  # status line and header lines
    body: bytes = b""
    robots: bytes = b""
    site: dict[str, bytes] = field(default_factory=dict)  # by the file's name
    site_type: str = "text/plain"

    @classmethod
    def of(cls, case: Case) -> Input:
        """Return a golden case as an input."""
        site = {kind.name: answer["body"][:LONGEST] for kind, answer in case.site_files()}
        return cls(
            url=case.url,
            status=case.data.get("status", 200),
            head=case.head[:LONGEST],
            body=case.body[:LONGEST],
            robots=case.robots[:LONGEST],
            site=site,
        )


def check(sent: Input) -> float:
    """Read an input in every way that the crawler does, and return the seconds that it took, the parse aside.

    Raises LawBrokenError when a law does not hold, or whatever was raised.
    """
    page = _at_once(represent(_exchange(sent), sent.status, LONGEST * 8))
    begun = perf_counter()
    found = list(_read(sent, page))
    took = perf_counter() - begun
    for observation, archived in found[:_CHECKED]:
        _check_one(observation, archived)
    rights = RightsSet.of(observation for observation, _ in found)
    if RightsSet.from_json(rights.canonical).digest != rights.digest:
        raise LawBrokenError("the rights set does not survive its own JSON")
    for policy in _POLICIES:
        decision = decide(rights, Usage.AI_TRAIN_GEN, policy)
        if decision != decide.__wrapped__(rights, Usage.AI_TRAIN_GEN, policy):
            raise LawBrokenError(f"{policy.name} decides differently the second time")
        json.dumps(decision.to_json(), allow_nan=False).encode()
    return took


def _read(sent: Input, page: Representation) -> Iterator[tuple[Observation, Representation]]:
    of_page = observe(page, product_token=TOKEN)
    if len(of_page) > MOST:
        raise LawBrokenError(f"{len(of_page)} observations of one page")
    yield from _beside(of_page, page)
    if not 200 <= page.status < 300:
        yield from _beside(observe_refusal(page), page)
    robots_url = "https://example.org/robots.txt"
    robots = RobotsDocument.parse(sent.robots)
    robots.access(TOKEN, sent.url)
    of_robots = robots.observe(sent.url, robots_url, product_token=TOKEN)
    yield from _beside(of_robots, _file(robots_url, sent.robots))
    for kind in SITE_DOCUMENTS:
        if (body := sent.site.get(kind.name)) is None:
            continue
        reading = read_site_document(kind, status=200, media_type=sent.site_type, body=body, truncated=False)
        if reading.document is not None:
            where = "https://example.org" + kind.paths[0]
            of_file = reading.document.observe(sent.url, where, media_type=page.media_type)
            yield from _beside(of_file, _file(where, body))


def _beside(
    found: Iterable[Observation], archived: Representation
) -> Iterator[tuple[Observation, Representation]]:
    return ((one, archived) for one in found)


def _check_one(observation: Observation, archived: Representation) -> None:
    data = observation.to_json()
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    if Observation.from_json(json.loads(text.encode())) != observation:
        raise LawBrokenError(f"does not survive its own JSON: {text[:500]}")
    if permits_in_doubt(observation.statement):
        raise LawBrokenError(f"malformed, or lenient, and permits: {text[:500]}")
    if not stands(observation, archived):
        raise LawBrokenError(f"not found again: {json.dumps(data['source'])} {observation.raw[:200]!r}")


def permits_in_doubt(statement: Statement) -> bool:
    """Tell whether something is permitted by a statement that was malformed, or only leniently accepted."""
    if not statement.lenient and statement.retrieval is Retrieval.OK:
        return False
    alone = RightsSet.of_statements([statement])
    return statement.verdict is Verdict.ALLOW or any(
        decide(alone, usage, _POLICIES[0]).outcome in _PERMITTED for usage in Usage
    )


def _exchange(sent: Input) -> Exchange:
    return Exchange(
        url=sent.url,
        method="GET",
        request_head=b"",
        response_head=sent.head,
        body=sent.body,
        started_at=_THEN,
        ended_at=_THEN,
    )


def _file(url: str, body: bytes) -> Representation:
    return Representation(url=url, status=200, headers=(), media_type="text/plain", body=body, tree=None)


def _at_once(work: Coroutine[object, object, T]) -> T:
    """Return what a coroutine returns that waits for nothing: no input is large enough for another thread."""
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise LawBrokenError("an input so large that it is read elsewhere")
