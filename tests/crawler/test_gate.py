"""The gate, by itself (politeness §3, RFC 9309 §2.3): no path turns «unknown» into «allowed»."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import urls
from crawler.permission.gate import FileAnswer, Gate, NextHop
from crawler.permission.hops import REDIRECT_HOPS
from crawler.permission.origin import LONGEST_LIFE, SHORTEST_LIFE, OriginRules
from licences.observation import Addressee, Observation, Source, Statement
from licences.site_documents import SiteDocumentReading
from licences.vocabulary import Channel, Kind, LegalEffect, Retrieval, Usage, Verdict
from provenance.records import PermissionRecord

ORIGIN = "http://example.org"
PAGE = urls.parse(f"{ORIGIN}/a")
RULES = b"User-agent: *\nDisallow: /b\nAllow: /b/c\n"


class Settled:
    """A gate on a clock of its own, and what it made of answers to one robots.txt."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.gate = Gate("Aboveboard", lambda: self.now)
        self.rules: OriginRules = self.gate.rules(ORIGIN)

    def answer(
        self, status: int | None, body: bytes = b"", *headers: tuple[str, str], hops: int = 0, error: str = ""
    ) -> NextHop | None:
        """Let the gate read an answer."""
        answer = FileAnswer(
            url=f"{ORIGIN}/robots.txt", status=status, body=body, headers=headers, capture_id=7, error=error
        )
        return asyncio.run(self.gate.read(self.rules, answer, hops=hops))

    def ask(self, url: str = PAGE.url) -> PermissionRecord:
        """Ask for a URL."""
        return self.gate.ask(urls.parse(url)).record


@pytest.fixture
def settled() -> Settled:
    return Settled()


def test_nothing_is_granted_before_robots_txt_was_read(settled: Settled) -> None:
    """Known of stock Scrapy: pages leave while robots.txt is still loading."""
    record = settled.ask()
    assert (record.granted, record.rule, record.robots_state) == (False, "robots.unreachable", None)


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        *(pytest.param(status, "robots.no-rule", id=f"{status}: its rules decide") for status in (200, 203)),
        *(
            pytest.param(status, "robots.absent", id=f"{status}: there is none")
            for status in (400, 404, 406, 410, 418)
        ),
        *(
            pytest.param(status, "robots.deny-all", id=f"{status}: refused")
            for status in (401, 402, 403, 407, 451)
        ),
        *(
            pytest.param(status, "robots.unreachable", id=f"{status}: not now")
            for status in (408, 425, 429, 500, 502, 503, 504, 599)
        ),
        pytest.param(None, "robots.unreachable", id="no answer: DNS, TCP, TLS, timeout"),
        pytest.param(304, "robots.unreachable", id="304: we hold nothing that could be unchanged"),
        pytest.param(300, "robots.unreachable", id="300: a choice is no file"),
    ],
)
def test_every_answer_has_one_meaning(settled: Settled, status: int | None, rule: str) -> None:
    """The state table; only a file, or the certainty that there is none, releases URLs."""
    assert settled.answer(status, RULES, error="" if status else "no answer") is None
    record = settled.ask()
    assert record.rule == rule
    assert record.granted is (rule in {"robots.no-rule", "robots.absent"})


@pytest.mark.parametrize(
    ("path", "granted", "rule", "line", "overridden"),
    [
        pytest.param("/a", True, "robots.no-rule", None, None, id="no rule"),
        pytest.param("/b", False, "robots.disallow", (2, "Disallow: /b"), None, id="a Disallow"),
        pytest.param(
            "/b/c", True, "robots.allow", (3, "Allow: /b/c"), (2, "Disallow: /b"), id="a longer Allow"
        ),
    ],
)
def test_a_permission_names_the_line_that_decided(
    settled: Settled,
    path: str,
    *,
    granted: bool,
    rule: str,
    line: tuple[int, str] | None,
    overridden: tuple[int, str] | None,
) -> None:
    """And the one that it overrode, and the archived bytes in which both stand."""
    settled.answer(200, RULES)
    record = settled.ask(f"{ORIGIN}{path}")
    assert (record.granted, record.rule, record.robots_capture_id) == (granted, rule, 7)
    assert (record.line_number, record.line_text) == (line or (None, None))
    assert (record.overridden_line_number, record.overridden_line_text) == (overridden or (None, None))


def test_permissions_that_say_the_same_are_one_record(settled: Settled) -> None:
    settled.answer(200, RULES)
    assert settled.ask(f"{ORIGIN}/b1") is settled.ask(f"{ORIGIN}/b2")


def test_another_scheme_or_port_is_another_origin(settled: Settled) -> None:
    """B1: what http says, https has not said."""
    settled.answer(200, b"")
    assert settled.ask().granted
    for other in ("https://example.org/a", "http://example.org:8080/a", "http://www.example.org/a"):
        assert not settled.ask(other).granted


@pytest.mark.parametrize(
    ("cache_control", "life"),
    [
        pytest.param(None, LONGEST_LIFE, id="nothing said: a day"),
        pytest.param("max-age=60", SHORTEST_LIFE, id="an hour at least"),
        pytest.param("public, max-age=7200", 7200.0, id="as it says"),
        pytest.param("max-age=9999999", LONGEST_LIFE, id="B6: never older than a day"),
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_what_was_read_holds_for_its_time_and_no_longer(
    settled: Settled, status: int, cache_control: str | None, life: float
) -> None:
    settled.answer(status, b"", *([("Cache-Control", cache_control)] if cache_control else []))
    settled.now += life - 1
    assert settled.ask().granted
    settled.now += 1
    assert not settled.ask().granted


def test_a_refusal_holds_for_a_day_whatever_its_cache_control(settled: Settled) -> None:
    settled.answer(403, b"", ("Cache-Control", "max-age=60"))
    assert settled.rules.next_look == settled.now + LONGEST_LIFE


def test_an_unreachable_file_closes_what_an_earlier_one_opened(settled: Settled) -> None:
    """RFC 9309 §2.3.1.4: complete disallow, even within the first one's time."""
    settled.answer(200, b"")
    settled.answer(503)
    assert not settled.ask().granted
    settled.answer(200, b"")
    assert settled.ask().granted


def test_the_next_look_comes_later_each_time(settled: Settled) -> None:
    waits = []
    for _ in range(9):
        settled.answer(500)
        waits.append(settled.rules.next_look - settled.now)
    assert waits == [300.0, 600.0, 1200.0, 2400.0, 4800.0, 9600.0, 19200.0, 21600.0, 21600.0]


def test_the_next_look_waits_for_retry_after(settled: Settled) -> None:
    settled.answer(503, b"", ("Retry-After", "7000"))
    assert settled.rules.next_look >= settled.now + 7000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_to_the_next_request_not_to_an_answer(settled: Settled, status: int) -> None:
    """B3: any host, http or https; the origin stays undecided meanwhile."""
    hop = settled.answer(status, b"", ("Location", "https://www.example.org/r.txt"), hops=2)
    assert hop == NextHop(target=urls.parse("https://www.example.org/r.txt"), hops=3)
    assert not settled.ask().granted


def test_more_than_five_hops_are_unreachable(settled: Settled) -> None:
    location = ("Location", "/robots.txt")
    assert settled.answer(302, b"", location, hops=REDIRECT_HOPS - 1) is not None
    assert settled.answer(302, b"", location, hops=REDIRECT_HOPS) is None
    assert settled.ask().rule == "robots.unreachable"


@pytest.mark.parametrize(
    "location", ["", "ftp://example.org/", "http://u:p@example.org/", "http://[::1", "javascript:0"]
)
def test_a_redirect_to_no_url_is_unreachable(settled: Settled, location: str) -> None:
    assert settled.answer(302, RULES, ("Location", location)) is None
    assert settled.ask().rule == "robots.unreachable"


def test_a_closed_origin_is_closed_whatever_its_robots_txt_says(settled: Settled) -> None:
    settled.answer(200, b"")
    settled.rules.closed = "address"
    assert (settled.ask().granted, settled.ask().rule) == (False, "address")


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, 200, 204, 301, 304, 403, 404, 429, 451, 500]),
            st.sampled_from([b"", RULES, b"\0", b"User-agent: *\nDisallow: /", b"<html>"]),
            st.floats(0.0, 2 * LONGEST_LIFE),
        ),
        max_size=12,
    )
)
def test_whatever_happened_only_a_live_answer_releases(events: list[tuple[int | None, bytes, float]]) -> None:
    """The law: a URL is granted only while the last look found a file, or its absence, within the last day."""
    settled = Settled()
    found_at = None
    for status, body, later in events:
        settled.answer(status, body)
        if status == 301 or (status in {200, 204} and body != b"\0") or status in {403, 404, 451}:
            found_at = settled.now if status != 301 else None
        elif status != 304:
            found_at = None
        settled.now += later
        if found_at is None or settled.now >= found_at + LONGEST_LIFE or status in {403, 451}:
            assert not settled.ask().granted


class Closing:
    """A file of the host that states one thing about everything below /closed/."""

    def __init__(self, **changes: object) -> None:
        said: dict[str, object] = {
            "kind": Kind.AITXT_OTHER,
            "protocol": "a file of its own",
            "usage": Usage.CRAWL,
            "verdict": Verdict.DENY,
            "legal_effect": LegalEffect.ACCESS_RULE,
        }
        self._statement = Statement(**said | changes)  # type: ignore[arg-type]  # a test's table

    def observe(self, url: str, document_url: str, *, media_type: str) -> tuple[Observation, ...]:
        """Return the statement, for URLs below /closed/."""
        source = Source(channel=Channel.WELL_KNOWN, url=document_url, locator="line 1")
        seen = Observation(statement=self._statement, source=source, raw="keep out")
        return (seen,) if "/closed/" in url else ()


@pytest.mark.parametrize(
    ("changes", "closes"),
    [
        pytest.param({}, True, id="it forbids us to fetch"),
        pytest.param({"usage": Usage.TDM}, False, id="it is about mining"),
        pytest.param({"legal_effect": LegalEffect.PREFERENCE}, False, id="it is a preference"),
        pytest.param({"verdict": Verdict.UNKNOWN}, False, id="it cannot be understood"),
        pytest.param(
            {"addressee": Addressee(all=False, tokens=("other",), matches_us=False)}, False, id="to another"
        ),
    ],
)
def test_a_file_that_forbids_fetching_closes_its_paths(
    settled: Settled, changes: dict[str, object], *, closes: bool
) -> None:
    """The refusal names the file and its words; a host's own files about rights stay open."""
    settled.answer(200, RULES)
    file = settled.gate.files.of(ORIGIN)[0]
    file.url = f"{ORIGIN}/ai.txt"
    file.reading = SiteDocumentReading(retrieval=Retrieval.OK, document=Closing(**changes))
    settled.answer(200, RULES)  # another look: what was judged before counts no more
    assert settled.ask(f"{ORIGIN}/open/1").granted
    permission = settled.gate.ask(urls.parse(f"{ORIGIN}/closed/1"))
    assert permission.granted is not closes
    if closes:
        assert permission.record.rule == "site-document.crawl"
        assert permission.evidence() == f"{ORIGIN}/ai.txt line 1: keep out"
    assert settled.gate.ask(urls.parse(f"{ORIGIN}/closed/ai.txt"), is_file=True).granted


def test_every_look_at_robots_txt_is_noted(settled: Settled) -> None:
    """With its text where it has rules, and as what it was where it has none."""
    settled.answer(200, RULES)
    settled.answer(404)
    settled.answer(503)
    settled.answer(None, error="nobody listens")
    looks = settled.gate.looks.take()
    assert [(look.retrieval.value, look.body, look.capture_id) for look in looks] == [
        ("ok", RULES, 7),
        ("absent", None, 7),
        ("unreachable", None, None),
        ("unreachable", None, None),
    ]
    assert settled.gate.looks.take() == []
