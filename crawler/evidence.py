"""Hold every observation against the archived bytes: is its raw text where its locator says?

What was seen is rebuilt from the WARC records, of the document itself and of the host's files that spoke about it.
An answer that a policy did not let us keep cannot be held against anything, and that is said, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from crawler.archive.errors import ArchiveError
from crawler.archive.exchange import Exchange
from crawler.archive.reading import Archive, read_metadata, read_record
from crawler.representation import represent
from crawler.visit import MAX_PAGE
from licences.locating import stands
from licences.observation import Observation
from licences.representation import Representation
from provenance.database import Database
from provenance.queries.archived import Archived, by_key, with_payload
from provenance.queries.receipts import CaptureReceipt

_NEVER = datetime.min.replace(tzinfo=UTC)


class Standing(StrEnum):
    """What became of holding one observation against the bytes."""

    FOUND = "found"
    NOT_FOUND = "not-found"  # the bytes are there, its text is not
    NOT_KEPT = "not-kept"  # the policy kept no body of this answer, so nobody can look
    UNREADABLE = "unreadable"  # the archive could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One observation and how it stands."""

    observation: Mapping[str, Any]  # as the metadata record has it
    standing: Standing
    words: str  # for people

    def to_json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {"observation": dict(self.observation), "standing": self.standing.value, "words": self.words}

    @property
    def is_finding(self) -> bool:
        """Whether something is wrong: a text that is gone, or bytes that cannot be read."""
        return self.standing in {Standing.NOT_FOUND, Standing.UNREADABLE}


class Evidence:
    """The bytes behind a capture's observations, read once each."""

    def __init__(self, database: Database, archive: Archive) -> None:
        self._database, self._archive = database, archive
        self._seen: dict[int, tuple[Representation | None, str]] = {}  # with why there is none

    def check(self, capture: CaptureReceipt) -> tuple[Checked, ...]:
        """Return how each observation of a capture stands.

        Raises:
            ArchiveError: its metadata record cannot be read, so nobody knows what was observed.
        """
        place = capture.place
        noted = read_metadata(self._archive, place.segment_key, place.metadata_offset, place.metadata_length)
        files: Mapping[str, int] = noted.get("site_documents", {})
        return tuple(self._check(one, capture, files) for one in noted.get("observations", ()))

    def check_all(self, captures: Iterable[CaptureReceipt]) -> dict[int, tuple[Checked, ...]]:
        """Return the same of several captures, by their keys."""
        return {capture.id: self.check(capture) for capture in captures}

    def _check(
        self, observation: Mapping[str, Any], capture: CaptureReceipt, files: Mapping[str, int]
    ) -> Checked:
        seen = Observation.from_json(dict(observation))
        url = seen.source.url
        file = files.get(url)
        archived, why = self._file(file) if file is not None else self._document(capture)
        if archived is None:
            return Checked(observation=observation, standing=Standing.UNREADABLE, words=why)
        if stands(seen, archived):
            return Checked(observation=observation, standing=Standing.FOUND, words="stands where it was seen")
        if why:
            return Checked(observation=observation, standing=Standing.NOT_KEPT, words=why)
        place = f"{url}, {seen.source.locator}"
        return Checked(
            observation=observation,
            standing=Standing.NOT_FOUND,
            words=f"the archived bytes do not hold its text at {place}",
        )

    def _document(self, capture: CaptureReceipt) -> tuple[Representation | None, str]:
        own = Archived(url=capture.url, status=capture.status, place=capture.place)
        kept = getattr(capture, "kept", None) or "body"
        seen, why = self._read(capture.id, own)
        if seen is not None and kept != "body":
            why = f"of this answer {kept if kept == 'headers' else 'nothing'} was kept, as the policy asks"
        return seen, why

    def _file(self, capture_id: int) -> tuple[Representation | None, str]:
        found = by_key(self._database, capture_id)
        if found is None:
            return None, f"no row for the host's file, capture {capture_id}"
        return self._read(capture_id, found)

    def _read(self, key: int, archived: Archived) -> tuple[Representation | None, str]:
        if key not in self._seen:
            try:
                self._seen[key] = (self._representation(archived), "")
            except ArchiveError as error:
                self._seen[key] = (None, str(error))
        return self._seen[key]

    def _representation(self, archived: Archived) -> Representation:
        place = archived.place
        record = read_record(self._archive, place.segment_key, place.offset, place.length)
        body = record.payload
        if record.kind == "revisit":
            body = self._payload(record.payload_digest)
        exchange = Exchange(
            url=archived.url,
            method="GET",
            request_head=b"",
            response_head=record.head,
            body=body,
            started_at=_NEVER,
            ended_at=_NEVER,
        )
        return asyncio.run(represent(exchange, archived.status, MAX_PAGE))

    def _payload(self, digest: bytes | None) -> bytes:
        """Return the body that a revisit record stands for."""
        original = with_payload(self._database, digest) if digest is not None else None
        if original is None:
            raise ArchiveError("no capture holds the body that this unchanged answer points to")
        place = original.place
        return read_record(self._archive, place.segment_key, place.offset, place.length).payload
