"""What holds for a capture: as it was fetched, and less where something was learned since (ruling 18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from standing_world import (
    ALLOWED,
    CC_BY,
    CLOSED,
    MONDAY,
    NO_AI,
    NO_GPTBOT,
    OPEN,
    SITE,
    TDM_RESERVED,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    World,
)

from licences.policy import load
from licences.vocabulary import Outcome, Retrieval
from provenance import recorded, tallies
from provenance.erasures import Scope, ScopeKind, hide
from provenance.models import Capture, Visit
from provenance.records import CaptureKind, RightsSetRecord
from provenance.standings.moments import last_change

CONDITIONS = Outcome.PERMITTED_WITH_CONDITIONS
DENIED = Outcome.NOT_PERMITTED
REVIEW = Outcome.NEEDS_REVIEW


def test_nothing_learned_since_the_rights_set_alone_decides(world: World) -> None:
    world.source()
    page, other = world.page("/a", CC_BY), world.page("/b")
    held = world.verdict(page)
    assert (held.outcome, held.rule, held.since) == (CONDITIONS, "licence", "")
    assert held.licences == ("CC-BY-4.0",)
    assert held.conditions == ({"type": "attribution"},)
    assert world.verdict(other).rule == "silence"
    assert world.standing().exceptions() == {}


@pytest.mark.parametrize(
    ("name", "text", "outcome", "rule"),
    [
        pytest.param("tdmrep.json", TDM_RESERVED, REVIEW, "licence-against-reservation", id="TDMRep reserves"),
        pytest.param("robots.txt", NO_GPTBOT, REVIEW, "licence-against-inference", id="AI agents turned away"),
        pytest.param("robots.txt", CLOSED, DENIED, "access", id="closed to us"),
        pytest.param("ai.txt", "User-Agent: *\nDisallow: /\n", REVIEW, "licence-against-reservation", id="ai.txt"),
        pytest.param("robots.txt", OPEN, CONDITIONS, "licence", id="an open robots.txt says nothing"),
        pytest.param(
            "robots.txt", "User-agent: *\nDisallow: /shop/\n", CONDITIONS, "licence", id="another path is closed"
        ),
    ],
)  # fmt: skip
def test_what_a_hosts_file_says_later_counts(
    world: World, name: str, text: str, outcome: Outcome, rule: str
) -> None:
    world.source()
    world.file(name, None, at=MONDAY)
    page = world.page("/essays/one.html", CC_BY)
    assert world.verdict(page).outcome is CONDITIONS
    world.file(name, text, at=TUESDAY)
    held = world.verdict(page)
    assert (held.outcome, held.rule) == (outcome, rule)
    if outcome is not CONDITIONS:
        assert held.since == f"{name} of https://{SITE}, first seen 2026-11-03"
        assert held.reasons[0] == f"Learned after it was fetched, from {held.since}."


def test_a_file_that_was_never_looked_for_before_counts_too(world: World) -> None:
    world.source()
    page = world.page("/essays/one.html", CC_BY)
    world.file("tdmrep.json", TDM_RESERVED, at=TUESDAY)
    assert world.verdict(page).outcome is REVIEW


def test_a_file_that_changes_back_gives_nothing_back_until_the_page_is_fetched_again(world: World) -> None:
    world.source()
    world.file("tdmrep.json", None, at=MONDAY)
    page = world.page("/essays/one.html", CC_BY)
    world.file("tdmrep.json", TDM_RESERVED, at=TUESDAY)
    world.file("tdmrep.json", None, at=WEDNESDAY)
    assert world.verdict(page).outcome is REVIEW
    again = world.page("/essays/one.html", CC_BY, at=THURSDAY)
    assert world.verdict(again).outcome is CONDITIONS
    assert world.verdict(page).outcome is REVIEW


def test_a_later_allowance_gives_nothing(world: World) -> None:
    world.source()
    page, reserved = world.page("/a"), world.page("/b", NO_AI)
    world.file("robots.txt", "User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n", at=TUESDAY)
    newer = world.page("/b", ALLOWED, at=TUESDAY)
    assert [world.verdict(one).outcome for one in (page, reserved, newer)] == [
        DENIED,
        DENIED,
        Outcome.PERMITTED,
    ]


@pytest.mark.parametrize("retrieval", [Retrieval.UNREACHABLE, Retrieval.MALFORMED])
def test_a_file_out_of_reach_is_what_the_policy_makes_of_an_unknown_while_it_is_so(
    world: World, retrieval: Retrieval
) -> None:
    world.source()
    cautious, other = load("eu-tdm"), load("strict-optin")
    world.file("tdmrep.json", None, at=MONDAY)
    page = world.page("/a", CC_BY)
    before = world.verdict(page, world.standing(policy=cautious))
    world.file("tdmrep.json", None, at=TUESDAY, retrieval=retrieval)
    during = world.verdict(page, world.standing(policy=cautious))
    asks = any(rule.name == "unanswered" for rule in cautious.rules)
    assert (during.outcome is not before.outcome) == asks
    assert world.verdict(page, world.standing(policy=other)).outcome is CONDITIONS
    world.file("tdmrep.json", None, at=WEDNESDAY)
    assert world.verdict(page, world.standing(policy=cautious)).outcome is before.outcome


def test_a_newer_exchange_of_the_same_url_counts_a_document_or_a_refusal(world: World) -> None:
    world.source()
    pages = [world.page(path, CC_BY) for path in ("/a", "/b", "/c", "/d")]
    world.page("/a", NO_AI, at=TUESDAY)
    world.refused("/b", at=TUESDAY)
    world.page("/c", at=TUESDAY)
    outcomes = [world.verdict(page).outcome for page in pages]
    assert outcomes == [REVIEW, DENIED, CONDITIONS, CONDITIONS]
    assert world.verdict(pages[0]).since == "a newer exchange of the same URL, 2026-11-03"
    assert sorted(world.standing().exceptions()) == pages[:2]


@pytest.mark.parametrize("newer", ["document", "refusal"])
def test_a_denial_that_was_forgotten_gives_nothing_back(world: World, newer: str) -> None:
    """Its time is over, or its payload had to go: the older document it spoke against is still here."""
    world.source()
    page, other = world.page("/a", CC_BY), world.page("/b", CC_BY)
    before = world.standing().as_of
    denial = (
        world.page("/a", CC_BY, NO_AI, at=TUESDAY) if newer == "document" else world.refused("/a", at=TUESDAY)
    )
    known = recorded.present(world.database)
    assert not world.verdict(page).is_permitting
    keys = [denial]
    scope = Scope(kind=ScopeKind.RETENTION, value="policy strict-optin keeps such documents for 180 days")
    words = {"reason": "its time is over", "requested_by": "J. Doe", "at": datetime.now(UTC)}
    hide(world.database, scope, captures=keys, suppresses=False, **words)
    for moment in (known, None):
        held = world.verdict(page, world.standing(moment))
        assert (held.outcome, held.rule, held.cause) == (REVIEW, "newer-exchange.erased", "newer-exchange")
    assert world.standing().exceptions(before).keys() == {page}
    assert world.verdict(page, world.standing(before)).outcome is CONDITIONS
    assert world.verdict(other).outcome is CONDITIONS
    again = world.page("/a", CC_BY, at=WEDNESDAY)
    assert world.verdict(again).outcome is CONDITIONS, "to gain, a page is fetched again"


def test_a_file_of_the_host_that_was_forgotten_gives_nothing_back(world: World) -> None:
    """Whoever has the reservation erased by its own URL has not lifted it; who fetches again learns what holds."""
    world.source()
    page = world.page("/a", CC_BY)
    elsewhere = world.page("/a", CC_BY, site="other.example")
    world.source(site="other.example")
    url = f"https://{SITE}/.well-known/tdmrep.json"
    world.file("tdmrep.json", TDM_RESERVED, at=TUESDAY)
    file = {"kind": CaptureKind.SITE_DOCUMENT, "media_type": "application/json"}
    world.page("/.well-known/tdmrep.json", at=TUESDAY, **file)
    assert not world.verdict(page).is_permitting
    words = {"reason": "they asked", "requested_by": "J. Doe", "at": datetime.now(UTC)}
    hide(world.database, Scope(kind=ScopeKind.URL, value=url), suppresses=True, **words)
    held = world.verdict(page)
    assert (held.outcome, held.rule, held.cause) == (REVIEW, "host-file.erased", "host-file")
    assert world.standing().exceptions().keys() == {page}
    assert world.verdict(elsewhere).outcome is CONDITIONS
    assert world.verdict(world.page("/a", CC_BY, at=WEDNESDAY)).outcome is CONDITIONS


def test_an_older_exchange_says_nothing_of_a_newer_one(world: World) -> None:
    world.source()
    world.page("/a", NO_AI)
    assert world.verdict(world.page("/a", CC_BY, at=TUESDAY)).outcome is CONDITIONS


@pytest.mark.parametrize(
    ("entries", "rule"),
    [
        pytest.param([], "source.unregistered", id="never registered"),
        pytest.param([("admitted", None), ("revoked", None)], "source.revoked", id="revoked"),
        pytest.param([("admitted", TUESDAY)], "source.expired", id="expired"),
        pytest.param([("revoked", None), ("admitted", None)], "licence", id="admitted again"),
        pytest.param([("admitted", TUESDAY), ("admitted", None)], "licence", id="prolonged"),
    ],
)  # fmt: skip
def test_a_source_out_of_force_takes_its_documents_along(
    world: World, entries: list[tuple[str, datetime | None]], rule: str
) -> None:
    for action, until in entries:
        world.source(action, until=until)
    held = world.verdict(world.page("/a", CC_BY))
    assert held.rule == rule
    assert held.outcome is (CONDITIONS if rule == "licence" else DENIED)
    other = world.page("/a", CC_BY, site="example.net")
    world.source(site="example.net")
    assert world.verdict(other).outcome is CONDITIONS


def test_an_admission_that_has_not_begun_permits_nothing(world: World) -> None:
    world.source(since=datetime.now(UTC) + timedelta(days=1))
    assert world.verdict(world.page("/a", CC_BY)).rule == "source.not-begun"


def test_as_of_a_day_it_is_as_it_was_then(world: World) -> None:
    world.source()
    page = world.page("/essays/one.html", CC_BY)
    before = recorded.present(world.database)
    world.file("tdmrep.json", TDM_RESERVED, at=TUESDAY)
    between = recorded.present(world.database)
    world.source("revoked")
    outcomes = [world.verdict(page, world.standing(moment)).rule for moment in (before, between, None)]
    assert outcomes == ["licence", "licence-against-reservation", "source.revoked"]


def test_now_is_the_last_moment_at_which_an_answer_could_have_changed(world: World) -> None:
    world.source(until=THURSDAY)
    world.page("/a", CC_BY)
    first, second = world.standing(), world.standing()
    assert first.as_of == second.as_of <= datetime.now(UTC)
    world.source("revoked")
    assert world.standing().as_of > first.as_of


def test_a_subdomain_and_an_address_belong_to_their_site(world: World) -> None:
    world.source()
    world.source(site="127.0.0.1")
    below = world.page("/a", CC_BY, origin="https://blog.example.org:8443")
    bare = world.page("/a", CC_BY, site="127.0.0.1", origin="http://127.0.0.1:8000")
    world.file("tdmrep.json", TDM_RESERVED, at=TUESDAY, origin="https://blog.example.org:8443")
    world.file("tdmrep.json", TDM_RESERVED, at=TUESDAY, site="127.0.0.1", origin="http://127.0.0.1:8000")
    assert [world.verdict(one).outcome for one in (below, bare)] == [REVIEW, REVIEW]


def test_what_this_release_cannot_read_is_for_a_person(world: World) -> None:
    world.source()
    odd = world.page("/a", rights=RightsSetRecord(digest=bytes(32), canonical='{"format":99}', licences=[]))
    assert world.verdict(odd).outcome is REVIEW


def test_what_is_recorded_while_a_question_begins_hides_nothing_that_was_there(world: World) -> None:
    """A busy crawl records between the moment that is settled and the question what was recorded last."""
    world.source()
    page = world.page("/essays/one.html", CC_BY)
    world.file("tdmrep.json", TDM_RESERVED, at=TUESDAY)
    settled = recorded.present(world.database)
    world.file("ai.txt", "# nothing", at=WEDNESDAY)
    as_of = last_change(world.database, settled)
    assert as_of <= settled
    assert world.verdict(page, world.standing(as_of)).outcome is REVIEW


def test_a_visit_of_an_earlier_release_that_never_ended_is_not_left_out(world: World) -> None:
    """Its rows do not say when they were recorded, and its worker was killed: `db upgrade` tallies it."""
    world.page("/a", CC_BY)
    with world.database.writing() as connection:
        connection.execute(update(Capture).values(recorded_at=None))
        connection.execute(update(Visit).values(recorded_at=None))
        assert tallies.seal(connection, 1)
        fetched_at = connection.execute(select(Capture.fetched_at)).scalar_one()
    assert last_change(world.database, recorded.present(world.database)) == fetched_at
