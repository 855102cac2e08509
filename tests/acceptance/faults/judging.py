"""What must hold after any fault, asked of database, store, spool and the server's access log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from loopback_site import Log
from sqlalchemy import select

from crawler.archive import open_store
from crawler.archive.recovery import Recovered, recover
from crawler.archive.spool import spooled_keys
from crawler.archive.verification import verify
from provenance.database import Database
from provenance.models import Capture, Origin
from provenance.queries.crawling import spooled_segments
from provenance.records import CaptureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The figures of a cell."""

    lost: int  # pages of the site that no row has, and segments that are neither stored nor waiting
    doubled: int  # pages with two rows, and committed pages that were asked for again
    findings: tuple[str, ...]  # of verify, and of a second recovery; none: clean

    def __str__(self) -> str:
        clean = "clean" if not self.findings else f"{len(self.findings)} found"
        return f"lost {self.lost}, doubled {self.doubled}, verify {clean}"

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled or found."""
        return not self.lost and not self.doubled and not self.findings


def documents(database: Database) -> Counter[str]:
    """Return how many rows each page has."""
    url = (Origin.url + Capture.path).label("url")
    query = select(url).select_from(Capture).join(Origin, Origin.id == Capture.origin_id)
    with database.reading() as connection:
        return Counter(connection.scalars(query.where(Capture.kind == CaptureKind.DOCUMENT.value)))


class Ledger:
    """Remembers what was committed when a process died, and counts what the next ones ask for all the same."""

    def __init__(self, log: Log) -> None:
        self._log, self._looked = log, 0
        self._committed: set[str] = set()
        self.repeated: list[str] = []

    def look(self, committed: Collection[str]) -> None:
        """Judge the requests since the last look; from now on what is committed may not be asked for."""
        lines = self._log.lines[self._looked :]
        self._looked += len(lines)
        self.repeated += [line.url for line in lines if line.url in self._committed]
        self._committed |= set(committed)


def judge(
    database_url: str, store_url: str, spool: Path, expected: Collection[str], ledger: Ledger
) -> Judgement:
    """Look at everything once the crawl has come to its end."""
    with Database.open(database_url) as database:
        store = open_store(store_url)
        pages = documents(database)
        ledger.look(pages)
        findings = [f"{found.kind} {found.where}" for found in verify(database, store, spool).findings]
        if (again := recover(database, store, spool)) != Recovered():
            findings.append(f"recovery had something left to do: {again}")
        findings += [f"left in the spool: {key}" for key in spooled_keys(spool)]
        lost = set(expected) - set(pages)
        return Judgement(
            lost=len(lost) + len(spooled_segments(database)),
            doubled=sum(times - 1 for times in pages.values()) + len(ledger.repeated),
            findings=tuple(findings),
        )
