"""The dossier: one value behind HTML, JSON and CSV; totals made by the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from changing_site import PLACE, ROBOTS, TDMREP, WEEKS
from recorded_site import (
    AGENTS_TURNED_AWAY,
    LATER,
    NOON,
    ORIGIN,
    add_robots,
    begin,
    first_run,
    rights,
    sha256,
)

from licences.policy.rules import RULES
from licences.vocabulary import Outcome, Retrieval, Verdict
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.leases import Leases
from provenance.records import CaptureKind, RightsSetRecord, RunState
from provenance.reports import UnknownSiteError, compile_dossier, summary
from provenance.reports.dossier import Dossier
from provenance.reports.headline import headline
from provenance.reports.questions import QUESTIONS
from provenance.reports.rights_lines import MixSort


@pytest.fixture
def dossier(world: Database) -> Dossier:
    return compile_dossier(world, "example.org", now=LATER)


def test_totals(dossier: Dossier) -> None:
    totals = dossier.totals
    assert (totals.documents, totals.addresses, totals.bytes) == (15, 13, 2_487_000)
    assert (totals.refusals, totals.redirects, totals.failures, totals.needs_review) == (9, 1, 1, 2)


def test_outcomes_add_up_to_the_documents(dossier: Dossier) -> None:
    """Every document has exactly one outcome, also one that nobody decided."""
    assert sum(line.documents for line in dossier.outcomes) == dossier.totals.documents
    by_outcome = {line.outcome: line for line in dossier.outcomes if line.rule != "silence"}
    review = by_outcome[Outcome.NEEDS_REVIEW.value]
    assert review.examples
    assert all(reason.endswith(".") for reason in review.reasons)


def test_a_document_that_states_two_licences_counts_for_both(dossier: Dossier) -> None:
    assert [(line.licence, line.documents) for line in dossier.licences] == [
        ("CC-BY-4.0", 10),
        ("CC-BY-SA-4.0", 2),
    ]
    assert dossier.licences[0].examples[0] == f"{ORIGIN}/notes/0.html"


def test_signals_say_who_says_what_to_whom(dossier: Dossier) -> None:
    """A statement that is made in several rights sets is one line; silence is counted, not listed."""
    turned_away = next(line for line in dossier.signals if line.kind == "robots.ai_agent_disallow")
    assert (turned_away.verdict, turned_away.usage, turned_away.legal_effect) == (
        "deny",
        "ai-train-gen",
        "inference",
    )
    assert (turned_away.addressed_to, turned_away.scope) == ("CCBot, GPTBot", "path")
    assert turned_away.examples == (f"{ORIGIN}/essays/one.html",)
    assert dossier.silent_documents == 2


def test_that_others_are_named_is_no_statement_about_a_document(database: Database) -> None:
    """A robots.txt that turns agents away from some other path is seen, and settles nothing here."""
    elsewhere = replace(AGENTS_TURNED_AWAY, verdict=Verdict.UNKNOWN, note="named_allow")
    visit = begin(database)
    visit.add("/", rights(elsewhere), permission=visit.permission(robots_capture_id=None))
    visit.end()
    found = compile_dossier(database, "example.org")
    assert (found.silent_documents, [line.note for line in found.signals]) == (1, ["named allow"])


def test_refusals_come_by_rule_with_their_evidence(dossier: Dossier) -> None:
    first, *others = dossier.refusals
    assert (first.rule, first.refusals) == ("robots.disallow", 7)
    assert {example.evidence for example in first.examples} == {"line 2: Disallow: /private/"}
    assert {line.rule for line in others} == {"scope", "site.http-403"}


def test_permissions_name_the_line_once_over_all_runs(dossier: Dossier) -> None:
    """Two runs read the same line in two fetches of robots.txt: one row."""
    [permission] = dossier.permissions
    assert (permission.rule, permission.line_number, permission.exchanges) == ("robots.allow", 3, 17)


def test_robots_txt_is_one_row_a_version(dossier: Dossier) -> None:
    [version] = dossier.robots
    assert (version.times, version.first_seen, version.last_seen) == (2, NOON, LATER)
    assert version.warc_uri == "s3://corpus/warc/example.org/1/1-0.warc.gz"


def test_a_changed_robots_txt_is_another_version(database: Database) -> None:
    Leases(database).release(first_run(database).lease)
    visit = begin(database, at=LATER)
    add_robots(visit, "User-agent: *\nDisallow: /\n")
    visit.end()
    found = compile_dossier(database, "example.org").robots
    assert [version.payload_digest for version in found] == [
        "sha256:" + sha256("User-agent: *\nDisallow: /private/\nAllow: /\n").hex(),
        "sha256:" + sha256("User-agent: *\nDisallow: /\n").hex(),
    ]


def test_volumes(dossier: Dossier) -> None:
    assert [(line.media_type, line.documents) for line in dossier.media] == [
        ("application/pdf", 1),
        ("text/html", 13),
        ("text/plain", 1),
    ]
    assert {(line.kind, line.status): line.exchanges for line in dossier.exchanges} == {
        (CaptureKind.DOCUMENT, 200): 15,
        (CaptureKind.REDIRECT, 301): 1,
        (CaptureKind.FAILURE, 404): 1,
        (CaptureKind.SITE_DOCUMENT, 200): 2,
    }


def test_the_pace_comes_by_hour_and_by_host(dossier: Dossier) -> None:
    """DA-5.3.1-4: what the site saw of us, not what we meant to do."""
    assert [hour.requests for hour in dossier.hours] == [12, 30, 12]
    assert [hour.hour for hour in dossier.hours] == [NOON, NOON + timedelta(hours=1), LATER]
    [host] = dossier.hosts
    assert (host.host, host.requests, host.busiest_hour, host.too_many) == ("example.org", 54, 30, 1)
    assert (host.min_gap, host.median_gap) == (5.0, 5.6)
    assert host.pauses == ("Retry-After: 30",)


def test_the_gap_floor_is_ours_unless_the_owner_granted_less(world: Database, dossier: Dossier) -> None:
    assert (dossier.gap_floor, dossier.gap_floor_source) == (5.0, "our rule for every host")
    hostile = compile_dossier(world, "hostile.example")
    assert hostile.gap_floor == 0
    assert hostile.gap_floor_source.startswith("granted by ")


def test_who_asked_and_on_whose_word(dossier: Dossier) -> None:
    [identity] = dossier.identities
    assert (identity.operator, identity.runs) == ("Example Research", (2, 1))
    assert [admission.run for admission in dossier.admissions] == [2, 1]
    assert [(run.id, run.documents, run.refusals, run.state) for run in dossier.runs] == [
        (2, 2, 0, "interrupted"),
        (1, 13, 9, "finished"),
    ]


def test_one_run_alone(world: Database) -> None:
    second = compile_dossier(world, "example.org", run=2)
    assert (second.totals.documents, second.totals.refusals) == (2, 0)
    assert [run.id for run in second.runs] == [2]
    assert [line.licence for line in second.licences] == ["CC-BY-4.0"]
    assert [hour.hour for hour in second.hours] == [LATER]


def test_the_headline_answers_four_questions(dossier: Dossier) -> None:
    asked, taken, refused, person = (one.answer for one in headline(dossier))
    assert "Example Research (crawler@research.example) visited example.org in 2 runs" in asked
    assert "The site saw 54 requests of ours." in asked
    assert taken.startswith("15 documents (versions of 13 addresses), 2.5 MB in all.")
    assert refused.startswith("9 addresses not taken: robots.txt disallows the address for us (7); ")
    assert person.startswith("2 documents wait for a reviewer's conclusion")


def test_a_site_of_refusals_only_has_a_dossier(database: Database) -> None:
    visit = begin(database, site="closed.example")
    visit.refuse(
        "https://closed.example/", "robots.unreachable", "robots.txt could not be read.", "HTTP/1.1 503"
    )
    visit.end()
    closed = compile_dossier(database, "closed.example")
    assert (closed.totals.documents, closed.totals.first_at, closed.totals.refusals) == (0, None, 1)
    assert headline(closed)[1].answer == "No document was taken."


def test_an_unreadable_rights_set_is_a_line_not_a_failure(database: Database) -> None:
    """Of a release to come, say: the report shows what it can read, and says what it cannot."""
    visit = begin(database)
    record = RightsSetRecord(digest=sha256("{}"), canonical='{"format":99}', licences=["CC0-1.0"])
    visit.add("/", record, permission=visit.permission(robots_capture_id=None))
    visit.end()
    found = compile_dossier(database, "example.org")
    assert [line.kind for line in found.signals] == ["unreadable"]
    assert [line.outcome for line in found.outcomes] == ["undecided"]


def test_an_unknown_site_is_answered_with_the_known_ones(world: Database) -> None:
    with pytest.raises(
        UnknownSiteError, match=r"nothing is known of absent\.example; .*: example\.org, hostile\.example"
    ):
        compile_dossier(world, "absent.example")
    with pytest.raises(UnknownSiteError, match=r"example\.org in run 3"):
        compile_dossier(world, "example.org", run=3)


def test_a_summary_says_what_a_run_came_to(world: Database) -> None:
    told = summary(world, 1)
    assert (told.captured, told.bytes, told.redirects, told.failures, told.site_documents) == (
        13,
        2_485_000,
        1,
        1,
        1,
    )
    assert list(told.refused_by_rule.items()) == [("robots.disallow", 7), ("scope", 1), ("site.http-403", 1)]
    assert told.refused == 9
    assert sum(told.outcomes.values()) == told.captured
    assert told.needs_review == told.outcomes["needs_review"] == 2
    [site] = told.sites
    assert (site.site, site.captured, site.refused) == ("example.org", 13, 9)


def test_a_summary_of_a_run_that_brought_nothing(database: Database) -> None:
    visit = begin(database)
    told = summary(database, visit.run)
    assert (told.captured, told.bytes, told.refused, told.outcomes) == (0, 0, 0, {})
    assert [site.site for site in told.sites] == ["example.org"]


def test_a_summary_of_no_run_says_where_runs_are_listed(database: Database) -> None:
    with pytest.raises(ProvenanceError, match="aboveboard runs"):
        summary(database, 7)


def test_a_licence_in_two_rights_sets_is_one_line(database: Database) -> None:
    """And its documents are those of both."""
    first_run(database)
    lines = {line.licence: line for line in compile_dossier(database, "example.org").licences}
    assert {name: line.documents for name, line in lines.items()} == {"CC-BY-4.0": 8, "CC-BY-SA-4.0": 2}
    assert set(lines["CC-BY-SA-4.0"].examples) == {f"{ORIGIN}/encyclopedia.html", f"{ORIGIN}/both.html"}


@pytest.fixture
def changes(changed: Database) -> Dossier:
    return compile_dossier(changed, "changing.example", now=WEEKS[-1])


def test_the_mix_has_every_document_in_one_share(dossier: Dossier) -> None:
    """Having none is a share, too."""
    assert [(line.licence, line.documents) for line in dossier.mix] == [
        ("CC-BY-4.0", 9),
        ("no licence stated", 4),
        ("CC-BY-4.0 + CC-BY-SA-4.0", 1),
        ("CC-BY-SA-4.0", 1),
    ]
    assert sum(line.documents for line in dossier.mix) == dossier.totals.documents
    assert sum(line.bytes for line in dossier.mix) == dossier.totals.bytes


def test_the_licence_of_an_image_is_not_the_page_s_share(changes: Dossier) -> None:
    """And terms that no rule can read are a share of their own."""
    assert [(line.sort, line.documents) for line in changes.mix] == [
        (MixSort.NONE, 5),
        (MixSort.LICENCE, 2),
        (MixSort.UNKNOWN, 1),
    ]
    assert "CC0-1.0" in {line.licence for line in changes.licences}


def test_statements_appear_and_disappear(changes: Dossier) -> None:
    """From which document to which it was met, over three runs; the oldest first."""
    told = {
        (line.kind, line.protocol): (line.first_seen, line.is_new, line.is_gone)
        for line in changes.statements
        if "changing.example/terms" not in line.sentence and "figure" not in line.sentence
    }
    assert told == {
        ("licence.link", "HTML rel=license"): (WEEKS[0], False, True),
        ("tdmrep.file", "TDMRep"): (WEEKS[1], True, True),
        ("robots_tag.header", "X-Robots-Tag"): (WEEKS[2], True, False),
    }
    first, last = min(WEEKS), max(WEEKS)
    assert all(first <= line.first_seen <= line.last_seen for line in changes.statements)
    assert changes.statements[0].first_seen == first
    assert changes.statements[-1].first_seen == last


def test_the_files_of_a_host_have_versions_and_states(changes: Dossier) -> None:
    """Absent, read and malformed are three states of one file."""
    states = [(line.name, line.retrieval, line.first_seen.date(), line.length) for line in changes.host_files]
    assert states == [
        *(("robots.txt", "ok", week.date(), len(body)) for week, body in zip(WEEKS, ROBOTS, strict=True)),
        ("tdmrep.json", "absent", WEEKS[0].date(), None),
        ("tdmrep.json", "ok", WEEKS[1].date(), len(TDMREP)),
        ("tdmrep.json", "malformed", WEEKS[2].date(), 2),
    ]


def test_a_robots_txt_is_compared_with_the_version_before(changes: Dossier) -> None:
    first, second, third = (line.difference for line in changes.host_files if line.name == "robots.txt")
    assert first is None
    assert second is not None
    assert [line for line in second.lines if line[0] in "+-"] == ["+", "+User-agent: GPTBot", "+Disallow: /"]
    assert third is not None
    assert (third.added, third.removed) == (1, 1)
    assert "-Allow: /" in third.lines
    assert "+Disallow: /drafts/" in third.lines


def test_a_file_that_was_away_for_a_while_is_compared_with_what_it_was(database: Database) -> None:
    """Unreachable between two looks is a version of its own, and no change of what the file says."""
    for week, (retrieval, body) in enumerate(
        [
            (Retrieval.OK, b"a\n"),
            (Retrieval.UNREACHABLE, None),
            (Retrieval.OK, b"a\n"),
            (Retrieval.OK, b"b\n"),
        ]
    ):
        visit = begin(database, at=NOON + timedelta(weeks=week))
        visit.look("robots.txt", retrieval, body)
        visit.add("/", rights(), permission=visit.permission(robots_capture_id=None))
        visit.end()
        visit.recorder.end_run(visit.run, RunState.FINISHED, 0, visit.at + timedelta(hours=1), {})
        Leases(database).release(visit.lease)
    found = compile_dossier(database, "example.org").host_files
    assert [line.retrieval for line in found] == ["ok", "unreachable", "ok", "ok"]
    assert [line.difference is None for line in found] == [True, True, True, False]
    [second] = compile_dossier(database, "example.org", run=2).host_files
    assert second.retrieval == "unreachable"


def test_conflicts_name_the_statements_that_contradict(changes: Dossier) -> None:
    [conflict] = changes.conflicts
    assert (conflict.outcome, conflict.documents, conflict.examples) == ("needs_review", 1, (f"{PLACE}/",))
    assert [sentence.split()[0] for sentence in conflict.statements] == ["Names", "Reserves"]


def test_what_needs_a_person_comes_by_rule_with_a_question(dossier: Dossier) -> None:
    """Grouped, counted, an example each, and what to decide: never what to answer."""
    lines = {line.rule: line for line in dossier.reviews}
    assert set(lines) == {"licence-against-reservation", "licences-disagree"}
    assert sum(line.documents for line in dossier.reviews) == dossier.totals.needs_review
    for line in lines.values():
        assert "?" in line.to_decide
        assert line.examples
        assert line.says.endswith(".")
        assert len(line.statements) == 2


def test_every_rule_that_may_ask_a_person_has_a_question() -> None:
    asking = {name for name, rule in RULES.items() if Outcome.NEEDS_REVIEW in rule.outcomes}
    assert asking <= set(QUESTIONS)


def test_one_run_alone_has_no_history(changed: Database) -> None:
    second = compile_dossier(changed, "changing.example", run=2)
    assert [line.first_seen for line in second.host_files] == [WEEKS[1] + timedelta(seconds=1)] * 2
    assert not any(line.is_new or line.is_gone for line in second.statements)
