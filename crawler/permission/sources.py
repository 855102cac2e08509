"""No request leaves for a site whose source is not in force: the register that the gate asks, robots.txt included.

One list a process, kept fresh by `crawler.frontier.watch`: what is revoked while a crawl runs, or whose time is over,
is not asked for seconds later.  A job's own end binds its run besides.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from crawler import urls
from crawler.permission.decision import Permission
from provenance import sources
from provenance.database import Database
from provenance.records import PermissionRecord
from provenance.sources import SourceEntry, SourceState

PREFIX = "source."


class Closed(NamedTuple):
    """Why nothing of a site is asked for."""

    rule: str
    words: str


class SourceList:
    """How the sources that crawls take from stand.

    Args:
        wall: Unix time.
    """

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._newest: dict[str, SourceEntry] = {}
        self._ends: dict[
            str, datetime | None
        ] = {}  # sites of this process's run: when its job's own word ends
        self._mark: sources.Mark | None = None  # None: never read

    def bind(self, ends: Mapping[str, datetime | None]) -> None:
        """Take the sites of a run, each with the end of its job's admission (UTC; None: no end is set)."""
        self._ends.update(ends)

    def refresh(self, database: Database) -> bool:
        """Take over what the register says now; return whether that is more than before.  Reads the database."""
        mark = sources.mark(database)
        if mark == self._mark:
            return False
        known = sources.newest(database)
        self._newest = {name: entry for name, entry in known.items() if entry.mode == sources.CRAWLED}
        self._mark = mark
        return True

    def denial(self, target: urls.Target) -> Permission | None:
        """Return the denial of a URL whose source is out of force; None: nothing is said against it."""
        closed = self.closed(urls.site_of(target.host))
        if closed is None:
            return None
        record = PermissionRecord(origin=target.origin, granted=False, rule=closed.rule)
        return Permission(url=target.url, record=record, words=closed.words)

    def closed(self, site: str) -> Closed | None:
        """Return why nothing of a site is asked for now; None: it may be, as far as the register goes.

        A host of nobody's visit, which a file redirects to, needs no entry; one that is out of force binds it too.
        """
        wrapped = _wrapped(site)
        return self._closed(site) or (self._closed(wrapped) if wrapped is not None else None)

    def _closed(self, site: str) -> Closed | None:
        entry = self._newest.get(site)
        now = datetime.fromtimestamp(self._wall(), UTC)
        if entry is not None and (state := entry.state_at(now)) is not SourceState.IN_FORCE:
            return Closed(f"{PREFIX}{state}", _in_words(entry, state))
        ends = self._ends.get(site)
        if ends is not None and now >= ends:
            words = f"the job admits {site} until {ends:%Y-%m-%d %H:%M} UTC; write a later admitted_until"
            return Closed(f"{PREFIX}{SourceState.EXPIRED}", words)
        if entry is None and site in self._ends and self._mark is not None:
            return Closed(f"{PREFIX}unregistered", f"{site} has no entry; {_remedy(site)}")
        return None


def _wrapped(site: str) -> str | None:
    """Return the IPv4 address that an IPv6 one wraps (RFC 4291 §2.5.5.2), for it leads to the same host; else None."""
    mapped = ipaddress.IPv6Address(site).ipv4_mapped if ":" in site else None
    return None if mapped is None else str(mapped)


def _in_words(entry: SourceEntry, state: SourceState) -> str:
    if state is SourceState.REVOKED:
        said = f"revoked by {entry.by} on {entry.recorded_at:%Y-%m-%d %H:%M} UTC: {entry.reason}"
    elif state is SourceState.EXPIRED:
        said = f"admitted by {entry.by} until {entry.valid_until:%Y-%m-%d %H:%M} UTC"
    else:
        said = f"admitted by {entry.by} from {entry.valid_from:%Y-%m-%d %H:%M} UTC on"
    return f"{entry.label} {said}; {_remedy(entry.name)}"


def _remedy(site: str) -> str:
    return f"'aboveboard source admit {site} --by WHO --basis WHY' admits it"
