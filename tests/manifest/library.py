"""A library to select from: real pages in real segments of a real store, recorded as a crawl would."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from standing_world import ALLOWED, CC_BY, MONDAY, NO_AI, POLICY, USAGE, World

from crawler.archive import Exchange, Revisit, SegmentWriter, Store
from crawler.archive.delivery import deliver
from crawler.archive.keys import segment_key
from licences.observation import Statement
from licences.vocabulary import Condition, ConditionType
from provenance.manifest.export import Written, write_manifest
from provenance.manifest.selection import Selection
from provenance.records import SegmentRecord, capture_id
from provenance.standings import Standing

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
CC_BY_SA = replace(
    CC_BY,
    licence="CC-BY-SA-4.0",
    conditions=(Condition(type=ConditionType.ATTRIBUTION), Condition(type=ConditionType.SHARE_ALIKE)),
)


@dataclass
class Library:
    """A world whose pages have bytes."""

    world: World
    store: Store
    folder: Path
    writers: dict[int, SegmentWriter] = field(default_factory=dict)

    def add(
        self,
        path: str,
        body: bytes,
        *statements: Statement,
        site: str = "example.org",
        at: datetime = MONDAY,
        head: bytes = HEAD,
        unchanged: bool = False,
        **changes: Any,
    ) -> int:
        """Archive and record a page; return its key."""
        visit = self.world.visit(site, at)
        segment = capture_id(visit, 1)
        if visit not in self.writers:
            key = segment_key(site, 1, visit, 1)
            self.writers[visit] = SegmentWriter(self.folder / "spool", key, {"software": "aboveboard"})
            opened = SegmentRecord(id=segment, visit_id=visit, key=key, opened_at=at)
            self.world.record(site, at, segments=[opened])
        url = f"https://{site}{path}"
        exchange = Exchange(
            url=url,
            method="GET",
            request_head=b"GET / HTTP/1.1\r\n\r\n",
            response_head=head,
            body=body,
            started_at=at,
            ended_at=at,
        )
        place = self.writers[visit].append(
            exchange, {}, revisit_of=Revisit(url=url, fetched_at=MONDAY) if unchanged else None
        )
        values = {
            "segment_id": segment,
            "payload_digest": hashlib.sha256(body).digest(),
            "length": len(body),
            "warc_offset": place.offset,
            "warc_length": place.length,
            "request_length": place.request_length,
            "metadata_length": place.metadata_length,
            "revisit": unchanged,
        }
        return self.world.page(path, *statements, at=at, site=site, **values | changes)

    def shelve(self, *, admit: bool = True) -> None:
        """Bring every open segment to the store, and see that its sites are in the register."""
        for visit, writer in self.writers.items():
            site = writer.key.split("/")[1]
            at = next(began for began, number, _ in self.world._open.values() if number == visit)
            self.world.record(
                site, at, stored=[deliver(self.store, writer.key, capture_id(visit, 1), writer.close())]
            )
            writer.remove()
            if admit:
                self.world.source(site=site)
        self.writers.clear()

    def fill(self) -> dict[str, int]:
        """Add a few documents of three sites."""
        made = {
            "by": self.add("/a", b"<p>An essay on cats.", CC_BY, language="en", simhash=0),
            "again": self.add("/b", b"<p>An essay on cats.", CC_BY, language="en", simhash=0),
            "near": self.add("/c", b"<p>An essay on cats!", CC_BY, language="en-gb", simhash=0b111),
            "sa": self.add("/d", b"<p>Dogs.", CC_BY_SA, site="other.example", simhash=0xFFFF_0000),
            "denied": self.add("/e", b"<p>Mine.", NO_AI, site="other.example", simhash=1 << 40),
            "plain": self.add(
                "/f", b"plain", ALLOWED, site="third.example", media_type="text/plain", simhash=-1
            ),
        }
        self.shelve()
        return made

    def manifest(self, name: str = "set.parquet", **asked: Any) -> Written:
        """Write a manifest."""
        standing = Standing.at(self.world.database, USAGE, POLICY, asked.pop("as_of", None))
        selection = Selection(usage=USAGE, policy=POLICY, **asked)
        out = self.folder / name
        return write_manifest(self.world.database, standing, selection, out, force=True, told=lambda *_: None)


def rows_of(written: Written) -> list[dict[str, Any]]:
    """Return the rows of a manifest."""
    rows: list[dict[str, Any]] = pq.read_table(written.path).to_pylist()
    return rows


def captures_of(written: Written) -> list[int]:
    """Return the keys of the captures in a manifest."""
    return [row["capture"] for row in rows_of(written)]
