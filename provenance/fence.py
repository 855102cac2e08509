"""The fence: what a worker writes about a site counts only while the site is leased to it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from provenance.database import Database
from provenance.errors import ProvenanceError, StaleLease
from provenance.models import LeaseRow, Site, Visit


def check_site(connection: Connection, site: str, epoch: int) -> None:
    """Raise `StaleLease` unless a site is leased under this epoch; it stays so until the transaction ends."""
    row = connection.execute(_LEASE, {"site": site}).one_or_none()
    if row is None or row.owner is None:
        raise StaleLease(
            f"{site}: nobody holds its lease (asked under epoch {epoch}): acquire it before recording"
        )
    if row.epoch != epoch:
        raise StaleLease(
            f"{site}: epoch {epoch} has passed, {row.owner} holds it under epoch {row.epoch}: stop here"
        )


def wait_for_writers(database: Database, sites: Collection[str]) -> None:
    """Wait until every transaction that `check_site` let through for these sites has ended.

    A server may commit what a client asked for after the client has died; what its rows say counts only from then on.
    """
    leases = select(LeaseRow.site_id).join(Site, Site.id == LeaseRow.site_id)
    held = leases.where(Site.name.in_(sites)).order_by(LeaseRow.site_id).with_for_update(of=LeaseRow)
    with database.writing() as connection:  # on SQLite the one write lock says as much
        connection.execute(held).all()


def check_visit(connection: Connection, visit_id: int, epoch: int) -> None:
    """Raise `StaleLease` unless a visit was opened under this epoch and its site is still leased under it."""
    if connection.execute(_ALL_IS_WELL, {"visit": visit_id, "epoch": epoch}).one_or_none() is not None:
        return
    query = select(Site.name, Visit.epoch).join(Visit, Visit.site_id == Site.id).where(Visit.id == visit_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise ProvenanceError(f"no visit {visit_id}: call Recorder.begin_visit first")
    if row.epoch != epoch:
        raise StaleLease(
            f"{row.name}: visit {visit_id} was opened under epoch {row.epoch}, not {epoch}: begin another"
        )
    check_site(connection, row.name, epoch)


_LEASE = (
    select(LeaseRow.epoch, LeaseRow.owner)
    .join(Site, Site.id == LeaseRow.site_id)
    .where(Site.name == bindparam("site"))
    .with_for_update(read=True, of=LeaseRow)
)
# One question a batch; only where its answer is no are the words looked for.
_ALL_IS_WELL = (
    select(LeaseRow.epoch)
    .join(Visit, Visit.site_id == LeaseRow.site_id)
    .where(
        Visit.id == bindparam("visit"),
        Visit.epoch == bindparam("epoch"),
        LeaseRow.epoch == Visit.epoch,
        LeaseRow.owner.is_not(None),
    )
    .with_for_update(read=True, of=LeaseRow)
)
