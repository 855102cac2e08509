"""Which licences are stated for documents themselves, and by which rights sets."""

from __future__ import annotations

from sqlalchemy import select

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
