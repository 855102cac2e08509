"""The look afterwards: is anything of an erasure left where we keep things?

Every object under the prefix of its sites, every file of this spool, and the database are walked for what tells the
erased exchanges: URL with date, which request, answer and metadata records share, and the payload's digest.  A payload
that other documents hold as well is no trace; how many there are is told.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from crawler.archive.errors import ArchiveError
from crawler.archive.gzip_members import split
from crawler.archive.keys import site_prefix
from crawler.archive.spool import spooled_keys
from crawler.archive.store import Store
from provenance.database import Database
from provenance.erasures.bytes_to_go import identities, payloads_elsewhere
from provenance.erasures.records import ErasureRecord
from provenance.erasures.traces import traces

_HEAD = 16 << 10  # bytes: the fields of a record stand at its beginning
_SEGMENT = ".warc.gz"
_TELLING = re.compile(
    rb"^(WARC-(?:Target-URI|Date|Payload-Digest|Refers-To-Target-URI|Refers-To-Date)):(.*)$",
    re.IGNORECASE | re.MULTILINE,
)


class TracesLeft(ArchiveError):  # noqa: N818 - see DamagedRecord
    """Something that was to be erased is still there; the erasure is not finished."""


@dataclass(slots=True)
class Proof:
    """What was looked at, and what was found."""

    exchanges: int = 0  # looked for
    objects: int = 0
    bytes: int = 0  # of the objects and files
    records: int = 0
    spool_files: int = 0
    rows: int = 0  # of the database that could hold a trace
    shared_payloads: int = 0  # digests that other documents hold as well
    hits: list[str] = field(default_factory=list)  # where a trace is, in words

    def to_json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        numbers = {
            name: getattr(self, name)
            for name in ("exchanges", "objects", "bytes", "records", "spool_files", "rows", "shared_payloads")
        }
        return {**numbers, "hits": len(self.hits)}


class _Wanted:
    """What tells the erased exchanges."""

    def __init__(self, database: Database, erasure: ErasureRecord) -> None:
        self.moments: set[tuple[bytes, datetime]] = set()
        digests: set[bytes] = set()
        self.exchanges = 0
        for identity in identities(database, erasure.id):
            self.exchanges += 1
            self.moments.add((identity.url_hash, identity.fetched_at))
            digests.add(identity.payload_digest)
        shared = payloads_elsewhere(database, erasure.id, digests)
        self.shared = len(shared)
        self.digests = {f"sha256:{digest.hex()}" for digest in digests - shared}
        self.raw_digests = digests - shared

    def in_fields(self, fields: Mapping[bytes, str]) -> str | None:
        """Return which trace a record's fields are, in words; None: none."""
        if fields.get(b"warc-payload-digest") in self.digests:
            return "an erased payload"
        if self._is_moment(fields.get(b"warc-target-uri"), fields.get(b"warc-date")):
            return "a record of an erased exchange"
        if self._is_moment(fields.get(b"warc-refers-to-target-uri"), fields.get(b"warc-refers-to-date")):
            return "a revisit that points to an erased exchange"
        return None

    def in_line(self, line: bytes) -> str | None:
        """Return which trace a line of an index is."""
        digest = line.partition(b'"digest": "')[2].partition(b'"')[0].decode("ascii", "replace")
        return "an erased payload" if digest in self.digests else None

    def _is_moment(self, url: str | None, at: str | None) -> bool:
        if not url or not at:
            return False
        hashed = hashlib.sha256(url.encode("utf-8", "replace")).digest()
        with suppress(ValueError):
            return (hashed, datetime.fromisoformat(at)) in self.moments
        return False


def look_for_traces(
    database: Database, store: Store, spool_dir: Path, erasure: ErasureRecord, sites: Iterable[str]
) -> Proof:
    """Walk store, spool and database for an erasure whose tombstones still tell what to look for.

    Raises:
        TracesLeft: something is there.
        ArchiveError: something cannot be read, so nothing can be said.
    """
    wanted = _Wanted(database, erasure)
    proof = Proof(exchanges=wanted.exchanges, shared_payloads=wanted.shared)
    for site in sites:
        for key, _ in store.keys(site_prefix(site)):
            with store.open(key) as stream:
                proof.objects += 1
                _walk(stream, key, store.uri(key), wanted, proof)
        for key in spooled_keys(spool_dir):
            if key.startswith(site_prefix(site)):
                with suppress(FileNotFoundError), (spool_dir / key).open("rb") as stream:
                    proof.spool_files += 1
                    _walk(stream, key, str(spool_dir / key), wanted, proof)
    looked, found = traces(database, erasure, wanted.raw_digests)
    proof.rows += looked
    proof.hits += found
    if proof.hits:
        raise TracesLeft(
            f"erasure {erasure.id} is not finished: {proof.hits[0]}"
            + (f", and {len(proof.hits) - 1} more" if len(proof.hits) > 1 else "")
            + "; run «aboveboard recover» to go on"
        )
    return proof


def _walk(stream: BinaryIO, key: str, where: str, wanted: _Wanted, proof: Proof) -> None:
    if key.endswith(_SEGMENT):
        for offset, length, record in split(stream):
            proof.records += 1
            proof.bytes += length
            if found := wanted.in_fields(_fields(record)):
                proof.hits.append(f"{where} holds {found} at {offset}")
    else:
        for line in stream:
            proof.bytes += len(line)
            if found := wanted.in_line(line):
                proof.hits.append(f"{where} names {found}")


def _fields(record: bytes) -> dict[bytes, str]:
    """Return the WARC fields that tell a record, names in lower case."""
    head = record[:_HEAD].partition(b"\r\n\r\n")[0]
    return {name.lower(): value.decode("utf-8", "replace").strip() for name, value in _TELLING.findall(head)}
