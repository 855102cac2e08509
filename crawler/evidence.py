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
from crawler.archive.reading import Archive, payload_of, read_metadata, read_record
from crawler.representation import represent
from crawler.visit import MAX_PAGE
from licences.locating import stands
from licences.observation import Observation
from licences.representation import Representation
from provenance.database import Database
from provenance.queries.archived import Archived, by_key
from provenance.queries.receipts import CaptureReceipt
from provenance.records import Kept

_IN_WORDS = {Kept.HEADERS: "only the head", Kept.NOTHING: "only the status"}
_NEVER = datetime.min.replace(tzinfo=UTC)


class Standing(StrEnum):
    """What became of holding one observation against the bytes."""

    FOUND = "found"
    NOT_FOUND = "not-found"  # the bytes are there, its text is not
    NOT_KEPT = "not-kept"  # the policy kept no body of this answer, so nobody can look
    UNREADABLE = "unreadable"  # the archive, or the statement itself, could not be read


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
        self._seen: dict[tuple[str, int], tuple[Representation | None, str]] = {}  # or why there is none

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
        try:
            seen = Observation.from_json(dict(observation))
        except (KeyError, TypeError, ValueError):
            words = "recorded by another release, and this one cannot read it"
            return Checked(observation=observation, standing=Standing.UNREADABLE, words=words)
        archived, why = self._spoken_by(seen.source.url, capture, files)
        if archived is None:
            return Checked(observation=observation, standing=Standing.UNREADABLE, words=why)
        if stands(seen, archived):
            return Checked(observation=observation, standing=Standing.FOUND, words="stands where it was seen")
        if why:
            return Checked(observation=observation, standing=Standing.NOT_KEPT, words=why)
        return Checked(
            observation=observation,
            standing=Standing.NOT_FOUND,
            words="the archived bytes do not hold its text there",
        )

    def _spoken_by(
        self, url: str, capture: CaptureReceipt, files: Mapping[str, int]
    ) -> tuple[Representation | None, str]:
        """Return what stood at a URL when the capture was made: a file of its host, or the document itself."""
        robots = capture.permission.robots
        if url in files:
            found = by_key(self._database, files[url])
            return (None, f"no row knows capture {files[url]}") if found is None else self._read(found)
        if robots is not None and url == robots.url:
            return self._read(Archived(url=url, status=robots.status, place=robots.place))
        return self._document(capture)

    def _document(self, capture: CaptureReceipt) -> tuple[Representation | None, str]:
        seen, why = self._read(Archived(url=capture.url, status=capture.status, place=capture.place))
        if seen is not None and capture.kept != Kept.BODY:
            why = f"of this answer {_IN_WORDS[Kept(capture.kept)]} was kept, as the policy asks"
        return seen, why

    def _read(self, archived: Archived) -> tuple[Representation | None, str]:
        place = (archived.place.segment_key, archived.place.offset)
        if place not in self._seen:
            try:
                self._seen[place] = (self._representation(archived), "")
            except ArchiveError as error:
                self._seen[place] = (None, str(error))
        return self._seen[place]

    def _representation(self, archived: Archived) -> Representation:
        place = archived.place
        record = read_record(self._archive, place.segment_key, place.offset, place.length)
        body = payload_of(self._archive, record, self._database)
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
