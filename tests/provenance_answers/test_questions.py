"""Every way to look for documents, and how many there are: counts, listings and verdicts agree."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from changing_site import PLACE, SITE, changing_runs
from recorded_site import CC_BY, NO_TRAINING, ORIGIN, begin, enter, rights, sha256
from sqlalchemy import func, select
from test_cli_answers import ask

from licences.policy import load
from licences.vocabulary import ConditionType, Outcome, Usage
from provenance.database import Database
from provenance.deciding import record
from provenance.errors import ProvenanceError
from provenance.models import Decision
from provenance.queries import (
    CaptureFilter,
    CountBy,
    Question,
    RefusalFilter,
    all_rows,
    captures,
    counts,
    decided_captures,
    refusals,
)

STRICT = Question(usage=Usage.AI_TRAIN_GEN, policy=load("strict-optin"))


def paths(database: Database, **wanted: object) -> list[str]:
    found = all_rows(database, captures(CaptureFilter(**wanted)))  # type: ignore[arg-type]  # the filter's fields
    return [row.url.removeprefix(ORIGIN) for row in found]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        pytest.param({"media_type": "application/pdf"}, 1, id="a media type"),
        pytest.param({"media_type": "TEXT/*", "site": "example.org"}, 14, id="a family of them, case aside"),
        pytest.param({"media_type": "text"}, 0, id="a media type is no beginning"),
        pytest.param({"conditions": [ConditionType.ATTRIBUTION], "run": 2}, 2, id="a condition"),
        pytest.param({"conditions": [ConditionType.PAYMENT]}, 0, id="a condition that nobody makes"),
        pytest.param({"source": "example.org"}, 15, id="a source"),
        pytest.param({"source": "example.org#1"}, 15, id="an entry of the register"),
        pytest.param({"source": "example.org#9"}, 0, id="an entry that there is not"),
        pytest.param({"digest": sha256("/paper.pdf").hex()[:12]}, 1, id="the beginning of a digest"),
        pytest.param({"digest": f"sha256:{sha256('/silent.html').hex()}"}, 2, id="a digest"),
        pytest.param({"prefix": f"{ORIGIN}/notes/"}, 6, id="a prefix: of visits to its host's site"),
        pytest.param({"prefix": "https://sub.example.org/"}, 0, id="a host below"),
        pytest.param({"conflicting": True}, 2, id="conflicts"),
    ],
)
def test_documents_are_found_by(world: Database, wanted: dict[str, object], number: int) -> None:
    assert len(paths(world, **wanted)) == number


@pytest.mark.parametrize("digest", ["12345", "sha256:", "xyzxyz", "0" * 66])
def test_a_digest_has_hex_digits(world: Database, digest: str) -> None:
    with pytest.raises(ProvenanceError, match="is no digest"):
        paths(world, digest=digest)


def test_an_entry_of_the_register_has_a_number(world: Database) -> None:
    with pytest.raises(ProvenanceError, match="NAME#NUMBER"):
        paths(world, source="example.org#last")


def test_a_language_is_found_with_its_regions(database: Database) -> None:
    """RFC 4647 §3.3.1: a range is a tag or what it begins with, up to a hyphen."""
    visit = begin(database)
    permission = visit.permission(robots_capture_id=None)
    for path, language in (("/en", "en"), ("/gb", "en-gb"), ("/enm", "enm"), ("/", None)):
        visit.add(path, rights(CC_BY), language=language, permission=permission)
    visit.end()
    assert paths(database, language="en") == ["/en", "/gb"]
    assert paths(database, language="EN-GB") == ["/gb"]


def test_documents_of_an_entry_were_recorded_while_it_was_the_newest(database: Database) -> None:
    visit = begin(database)
    visit.add("/one", rights(CC_BY), permission=visit.permission(robots_capture_id=None))
    visit.end()
    second = enter(database, visit.site, basis="a contract")
    visit.captures.clear()
    visit.add(
        "/two", rights(CC_BY), permission=visit.permission(robots_capture_id=None), id=(visit.id << 24) + 1
    )
    visit.end()
    assert paths(database, source=f"{visit.site}#{second}") == ["/two"]
    assert paths(database, source=f"{visit.site}#{second - 1}") == ["/one"]


def test_refusals_of_a_source(world: Database) -> None:
    assert len(all_rows(world, refusals(RefusalFilter(source="hostile.example")))) == 2
    assert all_rows(world, refusals(RefusalFilter(source="elsewhere.example"))) == []


@pytest.mark.parametrize(
    "by", [chosen for size in range(5) for chosen in itertools.combinations(CountBy, size)], ids=str
)
def test_counts_agree_with_the_listing(world: Database, by: tuple[CountBy, ...]) -> None:
    """Whatever they are told apart by, they are the documents of the listing."""
    for asked in (None, STRICT, Question()):
        listed = (
            all_rows(world, captures(CaptureFilter()))
            if asked is None
            else list(decided_captures(world, CaptureFilter(), asked))
        )
        counted = counts(world, by, CaptureFilter(), asked, learned_since=True)
        assert sum(row.documents for row in counted) == len(listed)
        assert sum(row.bytes for row in counted) == sum(row.length for row in listed)
        for row in counted:
            alike = [
                one
                for one in listed
                if (row.outcome is None or one.outcome == row.outcome)
                and (row.site is None or one.site == row.site)
                and (row.run is None or one.run == row.run)
                and (CountBy.LICENCE not in by or " AND ".join(one.licences) == (row.licence or ""))
            ]
            assert len(alike) == row.documents


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(CaptureFilter(site="example.org"), id="a site"),
        pytest.param(CaptureFilter(run=2), id="a run"),
        pytest.param(CaptureFilter(media_type="text/html"), id="a media type, which no tally knows"),
        pytest.param(CaptureFilter(outcomes=[Outcome.NEEDS_REVIEW]), id="an outcome"),
        pytest.param(CaptureFilter(prefix=f"{ORIGIN}/notes/"), id="a prefix"),
        pytest.param(CaptureFilter(rights_sets=[1, 2]), id="rights sets"),
    ],
)
@pytest.mark.parametrize("asked", [None, STRICT], ids=["recorded", "decided"])
def test_counts_are_filtered_as_the_listing_is(
    world: Database, wanted: CaptureFilter, asked: Question | None
) -> None:
    listed = (
        all_rows(world, captures(wanted)) if asked is None else list(decided_captures(world, wanted, asked))
    )
    counted = counts(world, [CountBy.OUTCOME], wanted, asked, learned_since=True)
    assert sum(row.documents for row in counted) == len(listed) > 0


def test_what_was_learned_since_is_counted_where_it_is_asked_for(changed: Database) -> None:
    """A site reserves training later: at once it is counted as it was, and with --standing as it stands."""
    first = CaptureFilter(run=1, site=SITE)
    at_once = counts(changed, [CountBy.OUTCOME], first, STRICT)
    stands = counts(changed, [CountBy.OUTCOME], first, STRICT, learned_since=True)
    assert {row.outcome for row in at_once} == {"permitted_with_conditions", "not_permitted"}
    assert "permitted_with_conditions" not in {row.outcome for row in stands}
    assert sum(row.documents for row in at_once) == sum(row.documents for row in stands)


def test_a_source_out_of_force_takes_its_documents_out(database: Database) -> None:
    changing_runs(database)
    assert list(decided_captures(database, CaptureFilter(prefix=f"{PLACE}/"), STRICT))
    enter(database, SITE, action="revoked", reason="They asked.", basis=None)
    rows = list(decided_captures(database, CaptureFilter(), STRICT))
    assert {(row.outcome, row.rule) for row in rows} == {("not_permitted", "source.revoked")}
    assert not list(decided_captures(database, CaptureFilter(outcomes=[Outcome.NEEDS_REVIEW]), STRICT))
    for learned_since in (True, False):  # nor may a count at once call permitted what nobody may take
        [row] = counts(database, [CountBy.OUTCOME], CaptureFilter(), STRICT, learned_since=learned_since)
        assert (row.outcome, row.documents) == ("not_permitted", len(rows))


def test_recorded_decisions_are_counted_as_they_were_made(database: Database) -> None:
    """Recording changes no count, is done once, and the first decision stays."""
    visit = begin(database)
    for number, stated in enumerate((rights(), rights(CC_BY), rights(NO_TRAINING))):
        visit.add(f"/{number}", stated, permission=visit.permission(robots_capture_id=None))
    visit.end()
    asked = Question(usage=Usage.TDM, policy=load("eu-tdm"))
    before = counts(database, [CountBy.OUTCOME], CaptureFilter(), asked)
    assert record(database, load("eu-tdm"), [Usage.TDM, Usage.TDM]) == 3
    assert record(database, load("eu-tdm"), [Usage.TDM]) == 0
    assert counts(database, [CountBy.OUTCOME], CaptureFilter(), asked) == before
    with database.session() as session:
        unstamped = select(func.count()).where(Decision.recorded_at.is_(None))
        assert session.scalar(unstamped.where(Decision.usage == "tdm")) == 0


def test_a_limit_is_of_the_rows_that_match(changed: Database) -> None:
    usable = CaptureFilter(outcomes=[Outcome.NOT_PERMITTED])
    every = list(decided_captures(changed, usable, STRICT))
    assert list(decided_captures(changed, replace(usable, limit=2), STRICT)) == every[:2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--prefix", "foo"], "begins no URL", id="a prefix that is none"),
        pytest.param(["--language", "tlh"], "nothing matches", id="a language that nobody writes"),
    ],
)
def test_a_miss_is_said(sqlite_world: str, arguments: list[str], words: str) -> None:
    done = ask("query", *arguments, database=sqlite_world)
    assert (done.exit_code, words in done.stderr) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--count", "site", "--limit", "1"], "--limit does not go with --count", id="a limit"),
        pytest.param(["--count", "site", "--standing"], "--standing goes with", id="standing of nothing"),
        pytest.param(["--refusals", "--language", "en"], "--language filters documents", id="of refusals"),
        pytest.param(["--sites", "--source", "x"], "--source does not go", id="a source of sites"),
        pytest.param(["--as-of", "noon"], "write a date", id="a moment that is none"),
        pytest.param(["--digest", "12"], "is no digest", id="a digest that is none"),
    ],
)
def test_what_does_not_go_together_is_said(sqlite_world: str, arguments: list[str], words: str) -> None:
    done = ask("query", *arguments, database=sqlite_world)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.split())
