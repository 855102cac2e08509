"""The laws of the gate: later writes take away and never give, and nobody who holds a row is left untold."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from gate_team import Team
from hypothesis import given, settings
from hypothesis import strategies as st
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
    TUESDAY,
    World,
)

from licences.policy import load
from licences.vocabulary import Retrieval
from provenance.database import Database
from provenance.erasures import ScopeKind
from provenance.standings import Standing

PATHS = ("/essays/one.html", "/essays/two.html", "/shop/three.html")
Write = Callable[[Team, int], object]

_PATH = st.sampled_from(PATHS)
_FILES = st.sampled_from(
    [
        ("robots.txt", OPEN, None),
        ("robots.txt", CLOSED, None),
        ("robots.txt", NO_GPTBOT, None),
        ("tdmrep.json", TDM_RESERVED, None),
        ("tdmrep.json", None, None),
        ("tdmrep.json", None, Retrieval.UNREACHABLE),
        ("ai.txt", "User-Agent: *\nDisallow: /essays/\n", None),
    ]
)


def _file(found: tuple[str, str | None, Retrieval | None]) -> Write:
    name, text, retrieval = found
    return lambda team, day: team.world.file(name, text, at=_on(day), retrieval=retrieval)


def _page(path: str, said: tuple[object, ...]) -> Write:
    return lambda team, day: team.world.page(path, *said, at=_on(day))  # type: ignore[arg-type]  # statements


def _on(day: int) -> object:
    return TUESDAY + (TUESDAY - MONDAY) * day


LEARNED: st.SearchStrategy[Write] = st.one_of(
    _FILES.map(_file),
    st.builds(_page, _PATH, st.sampled_from([(), (CC_BY,), (ALLOWED,), (NO_AI,), (CC_BY, NO_AI)])),
    _PATH.map(lambda path: lambda team, day: team.world.refused(path, at=_on(day))),
    st.sampled_from(["revoked", "admitted"]).map(lambda action: lambda team, _: team.world.source(action)),
    _PATH.map(lambda path: lambda team, _: team.forget(f"https://{SITE}{path}", ScopeKind.URL)),
)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with three documents that may be used, and nothing learned since."""
    file = tmp_path_factory.mktemp("laws") / "provenance.db"
    with Database.open(f"sqlite:///{file}") as opened:
        team = Team(World(opened), file.parent, "")
        team.world.source()
        team.world.file("tdmrep.json", None, at=MONDAY)
        team.pages(*PATHS, statements=[CC_BY])
        team.world.rest()
    return file


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(LEARNED, st.booleans()), max_size=5), st.sampled_from(["strict-optin", "eu-tdm"]))
def test_a_later_write_gives_no_row_back_and_the_feed_is_the_check(
    blank: Path, writes: list[tuple[Write, bool]], name: str
) -> None:
    """What failed once fails for good; a sweep after any of the writes makes no difference to what the check says."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(blank, Path(folder) / 'provenance.db')}"
        with Database.open(url, upgrade=False) as opened:
            team = Team(World(opened), Path(folder), url)
            manifest = team.manifest(holder="corpus", policy=load(name))
            assert team.failed(manifest) == {}
            failed: set[int] = set()
            for day, (write, swept) in enumerate(writes):
                write(team, day)
                now = set(team.failed(manifest))
                assert now >= failed
                failed = now
                if swept:
                    team.sweep()
                    assert team.called_back("corpus") == failed == set(team.failed(manifest))
            team.sweep()
            assert team.called_back("corpus") == failed


@settings(max_examples=15, deadline=None)
@given(
    st.lists(LEARNED, max_size=3),
    st.one_of(
        st.sampled_from([CLOSED, NO_GPTBOT]).map(lambda text: _file(("robots.txt", text, None))),
        st.just(_file(("tdmrep.json", TDM_RESERVED, None))),
        st.builds(_page, _PATH, st.just((NO_AI,))),
        _PATH.map(lambda path: lambda team, day: team.world.refused(path, at=_on(day))),
        st.just(lambda team, _: team.world.source("revoked")),
    ),
    st.sampled_from(["strict-optin", "eu-tdm", "licence-first"]),
)
def test_one_more_denial_never_permits_more(
    blank: Path, writes: list[Write], denial: Write, name: str
) -> None:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(blank, Path(folder) / 'provenance.db')}"
        with Database.open(url, upgrade=False) as opened:
            team = Team(World(opened), Path(folder), url)
            for day, write in enumerate(writes):
                write(team, day)
            before = team.world.verdicts(team.world.standing(policy=load(name)))
            denial(team, len(writes))
            after = team.world.verdicts(team.world.standing(policy=load(name)))
            assert all(after[key].strictness >= held.strictness for key, held in before.items())


@settings(max_examples=15, deadline=None)
@given(st.lists(LEARNED, min_size=1, max_size=4))
def test_one_row_and_many_rows_are_decided_alike(blank: Path, writes: list[Write]) -> None:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(blank, Path(folder) / 'provenance.db')}"
        with Database.open(url, upgrade=False) as opened:
            team = Team(World(opened), Path(folder), url)
            for day, write in enumerate(writes):
                write(team, day)
            for key in team.world.verdicts(team.world.standing()):
                team.world.verdict(key, Standing.at(opened, team.world.standing().usage, load("eu-tdm")))
