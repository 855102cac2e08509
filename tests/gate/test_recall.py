"""The feed of what was called back: complete, in order, kept for good, and without what was forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from gate_team import Team
from standing_world import CC_BY, CLOSED, SITE, TDM_RESERVED, TUESDAY, WEDNESDAY

from provenance import recorded
from provenance.errors import ManifestError
from provenance.manifest import recall
from provenance.manifest.recall import acknowledge
from provenance.manifest.register import by_seal, captures_in, holder_name, register
from provenance.manifest.sealing import header_of

PATHS = ("/essays/one.html", "/essays/two.html", "/shop/three.html")


def made(team: Team, *holders: str | None) -> list[Path]:
    """Three documents that may be used, and a manifest of them for each holder."""
    team.world.source()
    team.pages(*PATHS, statements=[CC_BY])
    return [team.manifest(holder=holder) for holder in holders]


def test_each_holder_is_told_of_its_own_rows(team: Team) -> None:
    manifests = made(team, "corpus", "search", None)
    team.world.file("robots.txt", CLOSED, at=TUESDAY)
    assert team.sweep() == 6
    rows = team.feed("corpus")
    seal = header_of(manifests[0]).seal
    assert [(row.manifest, row.holder, row.cause) for row in rows] == [(seal, "corpus", "host-file")] * 2
    assert [row.url for row in rows] == [f"https://{SITE}{path}" for path in PATHS[:2]]
    assert rows[0].detail.startswith("Its host's robots.txt, first seen 2026-11-03, speaks against it:")
    assert len(team.feed()) == 6
    assert {row.holder for row in team.feed()} == {"corpus", "search", None}


def test_a_sweep_adds_what_is_new_and_nothing_twice(team: Team) -> None:
    made(team, "corpus")
    assert team.sweep() == 0
    team.world.file("robots.txt", CLOSED, at=TUESDAY)
    assert (team.sweep(), team.sweep()) == (2, 0)
    team.world.source("revoked")
    assert (team.sweep(), team.sweep()) == (3, 0)
    cursors = [row.cursor for row in team.feed("corpus", after=0)]
    assert cursors == sorted(set(cursors))


def test_an_erasure_is_in_the_feed_at_once_and_its_url_in_none(team: Team) -> None:
    made(team, "corpus", "search")
    team.world.file("robots.txt", CLOSED, at=TUESDAY)
    team.sweep()
    erasure = team.forget(f"https://{SITE}{PATHS[0]}")
    erased = [row for row in team.feed("corpus", after=0) if row.cause == "erased"]
    assert [row.detail for row in erased] == [f"Erased on {datetime.now(UTC):%Y-%m-%d} (erasure {erasure})."]
    every = team.feed(after=0)
    assert all(row.url != f"https://{SITE}{PATHS[0]}" for row in every)
    assert not any(SITE in row.detail for row in every)


def test_an_acknowledged_entry_is_not_listed_again_unless_asked_for(team: Team) -> None:
    made(team, "corpus")
    team.world.file("robots.txt", CLOSED, at=TUESDAY)
    told = team.told("recall", "--for", "corpus")
    assert len(told) == 2
    team.typed("recall", "--for", "corpus", "--ack", str(told[0]["cursor"]), "--by", "J. Doe")
    assert [row["cursor"] for row in team.told("recall", "--for", "corpus")] == [told[1]["cursor"]]
    assert team.told("recall", "--for", "corpus", "--after", "0") == told
    assert team.told("recall", "--for", "corpus", "--after", str(told[1]["cursor"])) == []


def test_an_acknowledgement_is_of_a_feed_that_is_there(alone: Team) -> None:
    made(alone, "corpus")
    with pytest.raises(ManifestError, match=r"holds no manifest; teams that do: corpus"):
        acknowledge(alone.world.database, "corpse", 0, "J. Doe")
    with pytest.raises(ManifestError, match="ends at 0"):
        acknowledge(alone.world.database, "corpus", 7, "J. Doe")
    alone.typed("recall", "--for", "corpus", "--ack", "0", code=2)
    alone.typed("recall", "--ack", "0", "--by", "J. Doe", code=2)
    alone.typed("recall", "--after", str(2**64), code=2)


def test_better_news_drops_nothing_from_the_feed(team: Team) -> None:
    [manifest] = made(team, "corpus")
    team.world.source("revoked")
    team.sweep()
    team.world.source()
    team.sweep()
    assert len(team.feed("corpus", after=0)) == 3
    assert set(team.failed(manifest).values()) == {"source.revoked"}


def test_what_lapsed_between_two_sweeps_is_called_back(team: Team) -> None:
    """Whether anybody looked in between makes no difference."""
    [manifest] = made(team, "corpus")
    team.sweep()
    team.world.source("revoked")
    team.world.source()
    team.world.file("tdmrep.json", TDM_RESERVED, at=TUESDAY)
    team.world.file("tdmrep.json", None, at=WEDNESDAY)
    assert set(team.failed(manifest)) == set(captures(team, manifest))
    team.sweep()
    assert team.called_back("corpus") == set(team.failed(manifest))


def test_a_row_is_called_back_in_every_manifest_that_holds_it(team: Team) -> None:
    first, second = made(team, "corpus", "corpus")
    assert header_of(first).seal == header_of(second).seal  # the same question, the same bytes
    team.world.page("/essays/four.html", CC_BY, at=TUESDAY)
    team.world.file("robots.txt", CLOSED, at=WEDNESDAY)
    team.sweep()
    assert len(team.feed("corpus", after=0)) == 2


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        pytest.param("  Team   A ", "Team A", id="blanks"),
        pytest.param("e\u0301quipe", "\u00e9quipe", id="one form of Unicode"),
        pytest.param("'; DROP TABLE recall; --", "'; DROP TABLE recall; --", id="SQL"),
        pytest.param("100%_", "100%_", id="wildcards"),
        pytest.param("\u6570\u636e\u7ec4", "\u6570\u636e\u7ec4", id="Chinese"),
    ],
)
def test_a_holder_may_be_called_anything_that_can_be_printed(alone: Team, typed: str, name: str) -> None:
    assert holder_name(typed) == name
    made(alone, typed)
    alone.world.source("revoked")
    assert {row["holder"] for row in alone.told("recall", "--for", typed)} == {name}


@pytest.mark.parametrize("typed", ["", "   ", "a\x1b[31m", "a\u202eb", "x" * 201])
def test_a_holder_that_nobody_can_be_told_by_is_refused(typed: str) -> None:
    with pytest.raises(ManifestError, match="names no team"):
        holder_name(typed)


def test_two_sweeps_at_once_add_nothing_twice(team: Team) -> None:
    made(team, "corpus", "search")
    team.world.file("robots.txt", CLOSED, at=TUESDAY)
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda _: team.sweep(), range(4)))
    assert sum(added) == 4
    assert len(team.feed(after=0)) == 4


def test_a_sweep_that_is_killed_goes_on_where_it_was(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    made(team, "corpus", "search")
    team.world.file("robots.txt", CLOSED, at=TUESDAY)
    whole = recall._add

    def killed(connection: object, manifest: int, rows: object) -> int:
        if manifest == 2:
            whole(connection, manifest, rows)  # type: ignore[arg-type]  # handed through
            raise KeyboardInterrupt
        return whole(connection, manifest, rows)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(recall, "_add", killed)
    with pytest.raises(KeyboardInterrupt):
        team.sweep()
    monkeypatch.undo()
    assert len(team.feed("corpus")) == 2
    assert team.feed("search") == []
    assert team.sweep() == 2
    assert len(team.feed("search")) == 2


def test_a_clock_set_back_hides_nothing_from_a_sweep(alone: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded time never goes back, so that what is learned after a sweep is later than it."""
    [manifest] = made(alone, "corpus")
    alone.sweep()

    class Back(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # the signature of datetime.now
            return datetime(2026, 11, 4, tzinfo=UTC)

    monkeypatch.setattr(recorded, "datetime", Back)
    alone.world.file("robots.txt", CLOSED, at=TUESDAY)
    alone.world.source("revoked")
    assert len(alone.failed(manifest)) == 3
    alone.sweep()
    assert alone.called_back("corpus") == set(alone.failed(manifest))


def test_a_manifest_is_registered_once(team: Team) -> None:
    [manifest] = made(team, "corpus")
    sealed = header_of(manifest)
    digest = sealed.header["rows_digest"]
    ids = [list(captures(team, manifest))]
    assert register(team.world.database, sealed.text, sealed.seal, digest, ids, "corpus") == 1
    with pytest.raises(ManifestError, match="registered for corpus"):
        register(team.world.database, sealed.text, sealed.seal, digest, ids, "search")


@pytest.mark.parametrize("ids", [[[3, 2, 1]], [[1, 1, 2]], [[1, 2]], [[1, 2, 3], [4]]])
def test_captures_that_are_not_those_of_the_header_are_refused(alone: Team, ids: list[list[int]]) -> None:
    [manifest] = made(alone, "corpus")
    sealed = header_of(manifest)
    with pytest.raises(ManifestError):
        register(alone.world.database, sealed.text, "00" * 32, sealed.header["rows_digest"], ids)


def test_a_source_that_ends_by_itself_is_called_back(team: Team) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    team.world.source(until=soon)
    team.pages(*PATHS, statements=[CC_BY])
    manifest = team.manifest(holder="corpus")
    assert header_of(manifest).header["counts"]["rows"] == 3
    while datetime.now(UTC) < soon:
        assert team.check(manifest).as_of < soon
    assert set(team.failed(manifest).values()) == {"source.expired"}
    assert team.sweep() == 3


def captures(team: Team, manifest: Path) -> list[int]:
    with team.world.database.reading() as connection:
        found = by_seal(connection, bytes.fromhex(header_of(manifest).seal))
        assert found is not None
        return [key for part in captures_in(connection, found.id) for key in part]
