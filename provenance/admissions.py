"""Entries into the register of sources: a person's word on a site, or a job file's on one that nobody spoke of yet.

Entries of one site are recorded one after another, so the newest is the last word: a job that begins beside a
revocation cannot lift it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from licences.assessment import assess, check_signatures
from provenance import recorded
from provenance.database import Database
from provenance.errors import SourceError
from provenance.models import Site
from provenance.models import SourceEntry as Row
from provenance.models.base import storable
from provenance.rendering import instant
from provenance.sources import CRAWLED, Action, SourceEntry, entry_of
from provenance.upsert import insert_new

USUAL_CATEGORY = "public-text"


def admit(
    database: Database,
    site: str,
    *,
    by: str,
    basis: str,
    categories: Iterable[str] = (USUAL_CATEGORY,),
    conditions: Sequence[str] = (),
    assessor: str | None = None,
    approver: str | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> SourceEntry:
    """Admit a site to be crawled, by a person's word; this also lifts a revocation.

    The admission ends when its assessment has to be made again, if not before.

    Args:
        database: where the register is.
        site: registrable domain, IP address or localhost.
        by: who admits it.
        basis: on what basis.
        categories: what kinds of data it holds.
        conditions: under which alone, in words.
        assessor: who assessed it; None: not named.
        approver: who approved it; None: not named.
        valid_from: UTC; None: from now on.
        valid_until: UTC, no longer in force then; None: until its assessment has to be made again.

    Raises:
        AssessmentError: no such category, or a name is missing or stands twice.
        SourceError: nobody admits it, on no basis, or for a time that makes no sense.
    """
    assessment = assess(CRAWLED, categories, conditions)
    check_signatures(assessment, assessor=assessor, approver=approver)
    stated = {
        "action": Action.ADMITTED.value,
        "by": _stated(by, "by", "who admits it"),
        "basis": _stated(basis, "basis", "on what basis"),
        "categories": list(assessment.categories),
        "conditions": list(assessment.conditions),
        "assessor": _name(assessor),
        "approver": _name(approver),
    }
    with database.writing() as connection:
        site_id, now = _own(connection, site)
        begins = now if valid_from is None else valid_from
        review = None
        if assessment.review_after_days is not None:
            review = now + timedelta(days=assessment.review_after_days)
        ends = min(filter(None, (valid_until, review)), default=None)
        _check_span(begins, ends, now=now, asked=valid_until, review=review)
        dated = assessment.to_json() | {"review_by": None if review is None else instant(review)}
        values = stated | {"assessment": dated, "valid_from": begins, "valid_until": ends}
        return _add(connection, site, site_id, now, values)


def admit_for_run(
    database: Database, site: str, *, run_id: int, by: str, basis: str, valid_until: datetime | None
) -> SourceEntry | None:
    """Open the register for a site that a job file admits; None where the site has an entry: that one stands.

    Nobody assessed what kind of data it holds, and the entry says so.

    Args:
        database: where the register is.
        site: as in `admit`.
        run_id: of the job's run.
        by: who admits it, as the job says.
        basis: as the job says.
        valid_until: UTC; past: nothing is recorded, for it was never in force.
    """
    with database.writing() as connection:
        site_id, now = _own(connection, site)
        known = select(Row.id).where(Row.name == site).limit(1)
        if connection.execute(known).first() is not None or (valid_until is not None and valid_until <= now):
            return None
        values = {
            "action": Action.ADMITTED.value,
            "by": by,
            "basis": basis,
            "categories": [],
            "conditions": [],
            "assessment": assess(CRAWLED, ()).to_json() | {"review_by": None},
            "valid_from": now,
            "valid_until": valid_until,
            "run_id": run_id,
        }
        return _add(connection, site, site_id, now, values)


def revoke(database: Database, site: str, *, by: str, reason: str) -> SourceEntry:
    """Take a site out of every crawl, and its documents out of every manifest; also one that was never admitted.

    Raises:
        SourceError: nobody revokes it, or for no reason.
    """
    stated = {
        "action": Action.REVOKED.value,
        "by": _stated(by, "by", "who revokes it"),
        "reason": _stated(reason, "reason", "why, for whoever asks later"),
        "categories": [],
        "conditions": [],
    }
    with database.writing() as connection:
        site_id, now = _own(connection, site)
        return _add(connection, site, site_id, now, stated | {"valid_from": now})


def _own(connection: Connection, site: str) -> tuple[int, datetime]:
    """Return a site's key and the recorded time, with the site locked: its entries are recorded one after another."""
    connection.execute(insert_new(connection, Site), [{"name": site}])
    locked = select(Site.id).where(Site.name == site).with_for_update()
    site_id: int = connection.execute(locked).scalar_one()
    return site_id, recorded.now(connection)


def _add(
    connection: Connection, site: str, site_id: int, now: datetime, values: Mapping[str, Any]
) -> SourceEntry:
    row = {"name": site, "site_id": site_id, "mode": CRAWLED, "recorded_at": now, **values}
    key = connection.execute(insert(Row).values(row).returning(Row.id)).scalar_one()
    return entry_of(connection, key)


def _check_span(
    begins: datetime, ends: datetime | None, *, now: datetime, asked: datetime | None, review: datetime | None
) -> None:
    if asked is not None and review is not None and asked > review:
        raise SourceError(
            f"its assessment has to be made again by {review:%Y-%m-%d} (C-ASSESS): write --until with a day before"
        )
    if ends is not None and ends <= max(begins, now):
        raise SourceError(
            f"admitted from {begins:%Y-%m-%d} until {ends:%Y-%m-%d %H:%M} UTC is never: write --from and --until "
            "with days in their order, the second one still to come"
        )


def _stated(words: str, option: str, what: str) -> str:
    stated = " ".join(storable(words).split())
    if not stated:
        raise SourceError(f"--{option} is empty: say {what}")
    return stated


def _name(words: str | None) -> str | None:
    return " ".join(storable(words or "").split()) or None
