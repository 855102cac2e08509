"""What a site gave us before, by the digest of the payload: an unchanged page costs a revisit record, not a body.

This visit's own payloads are remembered.  Those of earlier visits are asked from the database, one indexed look a new
payload: nothing has to be loaded when a visit opens, however large the site is, and an answer never points to what was
erased or lost since.  An erasure of what is pointed to between that look and the commit waits for the site's lease, and
gives the body a new home then.
"""

from __future__ import annotations

from crawler.archive.exchange import Exchange, Revisit
from provenance.database import Database
from provenance.queries.payloads import held_payload, was_archived

REVISIT_BYTES = 64  # a shorter payload is not worth pointing at another record
REMEMBERED = 100_000  # payloads of one visit


class Payloads:
    """The payloads of one visit's site.  Belongs to the writer's thread."""

    def __init__(self, database: Database, site: str, visit_id: int) -> None:
        self._database, self._site, self._visit_id = database, site, visit_id
        self._own: dict[bytes, Revisit] = {}
        self._has_earlier: bool | None = None  # None: not asked yet

    def earlier(self, exchange: Exchange, digest: bytes) -> Revisit | None:
        """Return an earlier exchange of the site with the identical payload, or remember this one for later ones.

        Args:
            exchange: a whole answer; one that was cut short is neither compared nor remembered.
            digest: SHA-256 of its body.
        """
        if len(exchange.body) < REVISIT_BYTES or exchange.truncated is not None:
            return None
        known = self._own.get(digest)
        if known is not None:
            return known
        known = self._of_earlier_visits(digest)
        if len(self._own) < REMEMBERED:
            self._own[digest] = known or Revisit(url=exchange.url, fetched_at=exchange.started_at)
        return known

    def _of_earlier_visits(self, digest: bytes) -> Revisit | None:
        if self._has_earlier is None:
            self._has_earlier = was_archived(self._database, self._site, self._visit_id)
        held = held_payload(self._database, self._site, digest) if self._has_earlier else None
        return None if held is None else Revisit(url=held.url, fetched_at=held.fetched_at)
