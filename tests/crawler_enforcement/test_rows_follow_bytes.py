"""Rows commit only behind bytes that are on disk (design rule: no document without provenance, and the other way)."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sending import loopback_visit

from crawler.archivable import Archivable
from crawler.archive.exchange import Exchange
from crawler.archive.store import open_store
from crawler.recording import ArchiveWriter
from provenance.records import Batch, CaptureKind, PermissionRecord


class Watched:
    """Takes batches as the recorder does, and notes when."""

    def __init__(self, order: list[str]) -> None:
        self._order = order

    def record(self, batch: Batch) -> None:
        """Note a commit that holds captures."""
        if batch.captures:
            self._order.append("commit")


def test_the_segment_is_synced_before_its_rows_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut between the two loses rows that nobody has seen, never bytes that a row points at."""
    order: list[str] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("sync"), real(fd))[1])
    visit, now = loopback_visit(), datetime.now(UTC)
    writer = ArchiveWriter(
        Watched(order),  # type: ignore[arg-type]  # all that the writer asks of a recorder
        open_store((tmp_path / "store").as_uri()),
        tmp_path / "spool",
        failed=lambda error: order.append(repr(error)),
        give_back=lambda _size: None,
    )
    writer.open_visit(visit, {})
    order.clear()
    exchange = Exchange(
        url="http://127.0.0.1/", method="GET", request_head=b"GET / HTTP/1.1\r\n\r\n",
        response_head=b"HTTP/1.1 200 OK\r\n\r\n", body=b"hi", started_at=now, ended_at=now,
    )  # fmt: skip  # one record
    writer.archive(
        visit,
        Archivable(
            capture_id=visit.next_capture_id(), kind=CaptureKind.DOCUMENT, origin="http://127.0.0.1", path="/",
            status=200, media_type="text/html", exchange=exchange, held=2, rights=None, metadata={},
            permission=PermissionRecord(origin="http://127.0.0.1", granted=True, rule="robots.absent"),
        ),
    )  # fmt: skip  # as above
    writer.finish()
    assert "commit" in order, order
    assert "sync" in order[: order.index("commit")]
