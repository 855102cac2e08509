"""Which licences are stated for documents themselves, and by which rights sets."""

from __future__ import annotations

import json

from sqlalchemy import Text, case, cast, null, or_, select

from licences.errors import LicenceError
from licences.policy.reach import is_about_document
from licences.rights import RightsSet
from provenance import models
from provenance.database import Database
from provenance.queries.expressions import reader_of_glob, states_licence


def covered_by(database: Database, glob: str) -> tuple[int, ...]:
    """Return the keys of the rights sets that state a licence for the document itself that matches.

    A licence of an image, a quotation or another part of the page does not count.
    """
    matches = reader_of_glob(glob)
    asked = select(models.RightsSet.id, models.RightsSet.canonical).where(states_licence(glob))
    with database.session() as session:
        found = session.execute(asked.order_by(models.RightsSet.id)).all()
    return tuple(
        key
        for key, canonical in found
        if any(matches(licence) for licence in of_the_document(canonical) or ())
    )


def of_the_document(canonical: str) -> tuple[str, ...] | None:
    """Return the licences that a rights set states for the document itself, sorted; None: it cannot be read."""
    try:
        statements = RightsSet.from_json(canonical).statements
    except LicenceError:
        return None
    return tuple(sorted({one.licence for one in statements if one.licence and is_about_document(one)}))


def licences_stated(database: Database, limit: int) -> list[str]:
    """Return a few of the licences stated anywhere, sorted."""
    with database.session() as session:
        stated: set[str] = set()
        for licences in session.scalars(select(models.RightsSet.licences)):
            stated.update(licences)
    return sorted(stated)[:limit]


def licences_by_set(database: Database) -> dict[int, tuple[str, ...]]:
    """Return what each rights set states for the document itself, sorted; those that state nothing are left out.

    Only those that also speak of a part, or of some media, have to be read; of the others the list is on record.
    """
    canonical, listed = models.RightsSet.canonical, cast(models.RightsSet.licences, Text)
    speaks_of_parts = or_(*(canonical.contains(mark) for mark in _OF_PARTS))
    asked = select(models.RightsSet.id, listed, case((speaks_of_parts, canonical), else_=null()))
    with database.reading() as connection:
        found = connection.execute(asked.where(listed != "[]")).all()
    lists = {licences: tuple(json.loads(licences)) for licences in {row[1] for row in found}}  # few
    return {
        key: lists[licences] if parts is None else of_the_document(parts) or ()
        for key, licences, parts in found
    }


_OF_PARTS = ('"level":"element"', '"media":["')  # of a scope, in canonical JSON
