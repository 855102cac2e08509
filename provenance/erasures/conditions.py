"""Scopes as conditions on captures, joined with their origin, visit and site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from provenance.erasures.scope import Scope, ScopeKind
from provenance.models import Capture, Origin, Site, Visit, digest_is, hash_of_url
from provenance.upsert import chunks
from provenance.urls import split

PAGE = 2000  # rows at a time: they are moved while the next ones are looked for

URL = Origin.url + Capture.path
COVERED = (
    Capture.id,
    Capture.visit_id,
    Capture.kind,
    Capture.fetched_at,
    Capture.recorded_at,
    Capture.segment_id,
    Capture.warc_offset,
    Capture.warc_length,
    Capture.request_length,
    Capture.metadata_length,
    Capture.payload_digest,
    Capture.revisit,
    URL.label("url"),
    Site.name.label("site"),
)


def joined(*columns: Any) -> Select[Any]:
    """Select from captures with all that a condition may ask about."""
    return (
        select(*columns)
        .select_from(Capture)
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Visit, Visit.id == Capture.visit_id)
        .join(Site, Site.id == Visit.site_id)
    )


def is_in(scope: Scope) -> ColumnElement[bool]:
    """Return the condition «this capture lies in the scope»; one of retention is given by keys instead."""
    if scope.kind is ScopeKind.URL:
        return (Capture.url_hash == hash_of_url(scope.value)) & (scope.value == URL)
    if scope.kind is ScopeKind.PREFIX:
        origin, path = split(scope.value)
        return (Origin.url == origin) & (func.substr(Capture.path, 1, len(path)) == path)
    if scope.digest is not None:
        return digest_is(Capture.payload_digest, scope.digest)
    if scope.kind is ScopeKind.SITE:
        return or_(Site.name == scope.value, is_origin_of(scope.value))
    raise ValueError(f"{scope} is no condition: give the captures by their keys")


def is_origin_of(site: str) -> ColumnElement[bool]:
    """Return the condition «this origin's host is the site's, or below it»."""
    return or_(
        *(
            Origin.url.endswith(f"{before}{site}", autoescape=True)
            | Origin.url.contains(f"{before}{site}:", autoescape=True)
            for before in ("://", ".")
        )
    )


def covered(
    connection: Connection, scope: Scope, captures: Sequence[int] = ()
) -> Iterator[Sequence[Row[Any]]]:
    """Yield pages of `COVERED`, in the order of keys; a page may be deleted before the next one is asked for.

    Args:
        connection: of one transaction.
        scope: what is covered.
        captures: keys; only for a scope of retention, and for that all there is to it.
    """
    if scope.kind is ScopeKind.RETENTION:
        for some in chunks(sorted(captures)):
            page = connection.execute(joined(*COVERED).where(Capture.id.in_(some)).order_by(Capture.id)).all()
            if page:
                yield page
        return
    last = -1
    while page := connection.execute(
        joined(*COVERED).where(is_in(scope), Capture.id > last).order_by(Capture.id).limit(PAGE)
    ).all():
        last = page[-1].id
        yield page
