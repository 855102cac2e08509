"""What was erased is not fetched again: the list that the gate asks before every request, robots.txt included.

One list a process, kept fresh by `crawler.frontier.watch`: what is erased while a crawl runs is not asked for seconds
later.  Nothing takes an entry off it.
"""

from __future__ import annotations

from crawler import urls
from crawler.permission.decision import Permission
from provenance.database import Database
from provenance.erasures import Suppression, Suppressions, suppressions
from provenance.queries.suppressed import Mark, suppression_mark
from provenance.records import PermissionRecord

RULE = "erasure.suppressed"


class SuppressionList:
    """The scopes that nothing is fetched from."""

    def __init__(self) -> None:
        self._entries = Suppressions((), {})
        self._mark: Mark | None = None  # None: never read

    def refresh(self, database: Database) -> bool:
        """Take over what the database has now; return whether that is more than before.  Reads the database."""
        mark = suppression_mark(database)
        if mark == self._mark:
            return False
        self._entries, self._mark = suppressions(database), mark
        return True

    def covering(self, url: str) -> Suppression | None:
        """Return the entry that forbids a URL; None: none does."""
        return self._entries.covering(url) if self._entries else None

    def denial(self, target: urls.Target) -> Permission | None:
        """Return the denial of a URL that was erased; None: it was not."""
        entry = self.covering(target.url)
        if entry is None:
            return None
        record = PermissionRecord(origin=target.origin, granted=False, rule=RULE)
        return Permission(url=target.url, record=record, words=in_words(entry))


def in_words(entry: Suppression) -> str:
    """Return which erasure forbids something, for people."""
    return f"erasure {entry.erasure_id}: {entry.scope}"
