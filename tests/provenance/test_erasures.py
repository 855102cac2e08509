"""Scopes, holds, suppressions: what the database answers about forgetting, on both engines."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import erasures
from provenance.database import Database
from provenance.erasures import ErasureState, Scope, ScopeKind
from provenance.erasures.settling import finish
from provenance.errors import LegalHoldStands, NotOnRecord, ProvenanceError, ScopeError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORIGIN = "https://example.org"
PAGE = Scope.parse(ScopeKind.URL, f"{ORIGIN}/a/page")
FOLDER = Scope.parse(ScopeKind.PREFIX, f"{ORIGIN}/a/")
SITE = Scope.parse(ScopeKind.SITE, "example.org")
DIGEST = Scope.parse(ScopeKind.DIGEST, f"sha256:{hashlib.sha256(b'page').hexdigest()}")


def hide(database: Database, scope: Scope, *, suppresses: bool = True) -> erasures.ErasureRecord:
    return erasures.hide(
        database, scope, reason="asked", requested_by="a person", at=NOON, suppresses=suppresses
    )


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        pytest.param(ScopeKind.URL, "example.org/a", "write it with https://", id="no scheme"),
        pytest.param(ScopeKind.URL, "", "is no address", id="nothing"),
        pytest.param(ScopeKind.PREFIX, "https://", "is no address", id="every site there is"),
        pytest.param(ScopeKind.PREFIX, "https://example.o", "ends within its host", id="half a host"),
        pytest.param(ScopeKind.SITE, "https://example.org/", "registrable domain", id="a URL for a site"),
        pytest.param(ScopeKind.DIGEST, "sha256:12", "64 hexadecimal digits", id="half a digest"),
    ],
)
def test_a_scope_that_nobody_can_mean_is_refused(kind: ScopeKind, value: str, said: str) -> None:
    with pytest.raises(ScopeError, match=said):
        Scope.parse(kind, value)


@pytest.mark.parametrize(
    ("scope", "url", "covered"),
    [
        pytest.param(PAGE, f"{ORIGIN}/a/page", True, id="the URL itself"),
        pytest.param(PAGE, f"{ORIGIN}/a/page?x", False, id="another query is another URL"),
        pytest.param(FOLDER, f"{ORIGIN}/a/page", True, id="below the prefix"),
        pytest.param(FOLDER, f"{ORIGIN}/ab", False, id="beside it"),
        pytest.param(SITE, "http://www.example.org:8080/", True, id="a host below the site, any port"),
        pytest.param(SITE, "https://notexample.org/", False, id="a name that merely ends so"),
        pytest.param(SITE, "https://example.org.evil.test/", False, id="a name that merely begins so"),
        pytest.param(DIGEST, f"{ORIGIN}/a/page", False, id="a payload has no name"),
    ],
)
def test_a_scope_covers_urls_by_their_name(scope: Scope, url: str, covered: bool) -> None:
    assert scope.covers_url(url) is covered


SCOPES = st.sampled_from([PAGE, FOLDER, SITE, DIGEST, Scope.parse(ScopeKind.SITE, "www.example.org")])


@given(SCOPES, SCOPES)
def test_meeting_is_mutual(one: Scope, other: Scope) -> None:
    assert one.overlaps(other) == other.overlaps(one)


@given(SCOPES)
def test_a_scope_meets_itself(scope: Scope) -> None:
    assert scope.overlaps(scope)


@pytest.mark.parametrize("held", [PAGE, FOLDER, SITE], ids=str)
@pytest.mark.parametrize("wanted", [PAGE, FOLDER, SITE], ids=str)
def test_a_hold_stands_against_every_scope_that_it_meets(
    database: Database, held: Scope, wanted: Scope
) -> None:
    """And says so; lifted, it stands no more, and stays on record."""
    hold = erasures.place_hold(database, held, reason="case 12", placed_by="counsel", at=NOON)
    with pytest.raises(LegalHoldStands, match=f"placed by counsel on 2026-11-22: case 12.*lift {hold.id}"):
        hide(database, wanted)
    assert erasures.erasures(database) == []
    erasures.lift_hold(database, hold.id, lifted_by="counsel", at=NOON)
    assert hide(database, wanted).state is ErasureState.HIDDEN
    assert erasures.holds(database) == []
    assert [each.lifted_by for each in erasures.holds(database, lifted=True)] == ["counsel"]


def test_a_hold_is_lifted_once(database: Database) -> None:
    hold = erasures.place_hold(database, SITE, reason="case 12", placed_by="counsel", at=NOON)
    erasures.lift_hold(database, hold.id, lifted_by="counsel", at=NOON)
    with pytest.raises(NotOnRecord, match="hold list"):
        erasures.lift_hold(database, hold.id, lifted_by="counsel", at=NOON)


def test_nobody_forgets_or_preserves_without_a_name_and_a_reason(database: Database) -> None:
    with pytest.raises(ScopeError, match="say why"):
        erasures.hide(database, PAGE, reason=" ", requested_by="a", at=NOON, suppresses=True)
    with pytest.raises(ScopeError, match="say why"):
        erasures.place_hold(database, PAGE, reason="r", placed_by="", at=NOON)


@pytest.mark.parametrize(
    ("scope", "url", "covered"),
    [
        pytest.param(PAGE, PAGE.value, True, id="the URL"),
        pytest.param(PAGE, f"{ORIGIN}/a/", False, id="its neighbour"),
        pytest.param(FOLDER, f"{ORIGIN}/a/new", True, id="what was never fetched, below a prefix"),
        pytest.param(SITE, "https://sub.example.org/robots.txt", True, id="a robots.txt of the site"),
    ],
)
def test_what_was_forgotten_is_not_fetched_again(
    database: Database, scope: Scope, url: str, covered: bool
) -> None:
    erasure = hide(database, scope)
    entry = erasures.suppressions(database).covering(url)
    assert (entry is not None) is covered
    assert erasures.suppressions(database, "example.org").covering(url) == entry
    assert not erasures.suppressions(database, "example.net")
    if entry is not None:
        assert (entry.erasure_id, entry.scope) == (erasure.id, scope)


def test_retention_suppresses_nothing(database: Database) -> None:
    hide(database, Scope.parse(ScopeKind.RETENTION, "strict-optin: 180 days"), suppresses=False)
    assert not erasures.suppressions(database)


def test_a_certificate_is_kept_once_and_only_of_what_is_finished(database: Database) -> None:
    erasure = hide(database, PAGE)
    assert [each.id for each in erasures.unfinished(database)] == [erasure.id]
    with pytest.raises(NotOnRecord, match="is not finished"):
        erasures.keep_certificate(database, erasure.id, "{}")
    finish(database, erasure.id, NOON, {"proof": {"hits": 0}})
    assert erasures.unfinished(database) == []
    assert erasures.keep_certificate(database, erasure.id, "first") == "first"
    assert erasures.keep_certificate(database, erasure.id, "second") == "first"
    assert erasures.erasure(database, erasure.id).certificate == "first"


def test_an_erasure_that_never_was_is_said_to_be_none(database: Database) -> None:
    with pytest.raises(ProvenanceError, match="no erasure 7"):
        erasures.erasure(database, 7)
