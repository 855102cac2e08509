"""Sites to ourselves while their segments are rewritten: no visit adds to them or points into them meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Self

from crawler.archive.errors import ArchiveError
from crawler.holder import LEASE_SECONDS, owner_name, take
from provenance.database import Database
from provenance.errors import ProvenanceError, StaleLease
from provenance.leases import Held, Lease, Leases


class SitesBusy(ArchiveError):  # noqa: N818 - see DamagedRecord
    """A visit works on a site; what has to be rewritten waits for its end."""

    def __init__(self, held: Held) -> None:
        super().__init__(
            f"{held.site} is being crawled by {held.owner} since {held.since:%Y-%m-%d %H:%M} UTC: the documents are "
            "hidden already, their bytes go when the crawl is over and «aboveboard recover» or the next crawl starts"
        )


class SiteLeases:
    """The leases of some sites, renewed by a thread until they are given back."""

    def __init__(self, database: Database) -> None:
        self._leases = Leases(database)
        self._owner = f"{owner_name()}"
        self._held: dict[str, Lease] = {}
        self._ended = threading.Event()
        self._lost: ProvenanceError | None = None
        self._thread = threading.Thread(target=self._renew, name="site-leases", daemon=True)

    def take(self, sites: Iterable[str]) -> None:
        """Take more sites.

        Raises:
            SitesBusy: somebody else holds one; those that were taken before stay ours.
        """
        for site in sorted(set(sites) - self._held.keys()):
            answer = take(self._leases, site, self._owner)
            if isinstance(answer, Held):
                raise SitesBusy(answer)
            self._held[site] = answer

    def check(self) -> None:
        """Raise what a renewal met: another may write to a site that we held."""
        if self._lost is not None:
            raise self._lost

    def confirm(self, site: str) -> Lease:
        """Renew a site's lease now, and return it: this process may have been stopped for longer than it lasts.

        Raises:
            StaleLease: the site is in other hands.
        """
        self.check()
        return self._leases.renew(self._held[site])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._thread.join()
        for lease in self._held.values():
            self._leases.release(lease)

    def _renew(self) -> None:
        while not self._ended.wait(LEASE_SECONDS / 4):
            try:
                for lease in list(self._held.values()):
                    self._leases.renew(lease)
            except StaleLease as error:
                self._lost = error
                return
            except ProvenanceError:
                continue  # a database that is away for a moment; the lease lasts longer than that
