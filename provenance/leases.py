"""Who works on a site: one owner at a time, counted by an epoch that fences off the earlier ones.

A lock alone would let a paused worker come back; so every write names its epoch, and an
owner stops fetching when its lease has expired without a renewal.  The clock is the database's
on PostgreSQL, where workers are on many machines, and the machine's on SQLite.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from provenance.database import Database
from provenance.errors import StaleLease
from provenance.models import LeaseRow, Site
from provenance.upsert import insert_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A site in our hands, until it expires."""

    site: str
    owner: str
    epoch: int  # what every write under this lease names
    acquired: datetime  # UTC, the database's clock
    expires: datetime  # UTC, the database's clock
    ttl: float  # seconds from acquiring or renewing to expiry; count them by your own monotonic clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A site in somebody else's hands."""

    site: str
    owner: str
    epoch: int
    since: datetime  # UTC
    expires: datetime  # UTC


class Leases:
    """The leases in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, site: str, owner: str, ttl: float) -> Lease | Held:
        """Take a site that is free or whose lease has expired, or say who holds it.

        Args:
            site: registrable domain, IP address or "localhost".
            owner: names the worker for people and for good: unique to the process.
            ttl: seconds until the lease expires, if it is not renewed.
        """
        with self._database.writing() as connection:
            free = or_(LeaseRow.owner.is_(None), LeaseRow.expires_at < _now(connection))
            return _take(connection, site, owner, ttl, free=free)

    def take_over(self, held: Held, owner: str, ttl: float) -> Lease | Held:
        """Take a site from a holder that is known to be dead, unless somebody was faster.

        The fence makes a wrong guess harmless to the records; but two workers would then
        talk to one site, so guess only where the holder's process can be looked for.
        """
        with self._database.writing() as connection:
            still = LeaseRow.epoch == held.epoch
            return _take(connection, held.site, owner, ttl, free=still)

    def renew(self, lease: Lease) -> Lease:
        """Prolong a lease by its ttl; one that expired comes back only if nobody took the site meanwhile.

        Raises:
            StaleLease: the site is in other hands, or was released: stop at once.
        """
        with self._database.writing() as connection:
            now = _now(connection)
            expires = now + timedelta(seconds=lease.ttl)
            ours = update(LeaseRow).where(_is(lease)).values(expires_at=expires)
            if connection.execute(ours).rowcount != 1:
                raise StaleLease(f"{lease.site}: the lease of epoch {lease.epoch} is lost: stop this visit")
        return replace(lease, expires=expires)

    def release(self, lease: Lease) -> None:
        """Give a site back; nothing happens when the lease was lost already."""
        with self._database.writing() as connection:
            free = update(LeaseRow).where(_is(lease)).values(owner=None, acquired_at=None, expires_at=None)
            connection.execute(free)


def _take(
    connection: Connection, site: str, owner: str, ttl: float, *, free: ColumnElement[bool]
) -> Lease | Held:
    """Take a site under the next epoch if its lease row says so, in one statement."""
    site_id = _site_id(connection, site)
    now = _now(connection)
    expires = now + timedelta(seconds=ttl)
    taken = connection.scalar(
        update(LeaseRow)
        .where(LeaseRow.site_id == site_id, free)
        .values(owner=owner, epoch=LeaseRow.epoch + 1, acquired_at=now, expires_at=expires)
        .returning(LeaseRow.epoch)
    )
    if taken is not None:
        return Lease(site=site, owner=owner, epoch=taken, acquired=now, expires=expires, ttl=ttl)
    columns = (LeaseRow.owner, LeaseRow.epoch, LeaseRow.acquired_at, LeaseRow.expires_at)
    holder, epoch, since, until = connection.execute(
        select(*columns).where(LeaseRow.site_id == site_id)
    ).one()
    return Held(site=site, owner=holder or "", epoch=epoch, since=since or now, expires=until or now)


def _site_id(connection: Connection, site: str) -> int:
    """Return a site's key; site and lease row are made if they are not there."""
    found = select(Site.id).where(Site.name == site)
    site_id = connection.scalar(found)
    if site_id is None:
        connection.execute(insert_new(connection, Site), [{"name": site}])
        site_id = connection.execute(found).scalar_one()
    connection.execute(insert_new(connection, LeaseRow), [{"site_id": site_id, "epoch": 0}])
    return site_id


def _is(lease: Lease) -> ColumnElement[bool]:
    site_id = select(Site.id).where(Site.name == lease.site).scalar_subquery()
    return (LeaseRow.site_id == site_id) & (LeaseRow.epoch == lease.epoch) & (LeaseRow.owner == lease.owner)


def _now(connection: Connection) -> datetime:
    """Return the time: on SQLite inside the write lock, so that it never runs behind another's."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)
