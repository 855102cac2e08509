"""Look at everything there is, without the code that erases: objects, files, rows."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import select

from crawler.archive import Store, open_store
from crawler.archive.reading import read_record
from crawler.archive.records import iterate
from crawler.archive.verification import verify
from provenance.database import Database
from provenance.models import Capture, Origin, Segment, Tombstone
from provenance.queries.archived import with_payload


def bodies(database: Database, store: Store) -> dict[str, bytes]:
    """The body of every visible capture by its URL, followed by digest where it is a revisit."""
    found: dict[str, bytes] = {}
    query = (
        select(Origin.url + Capture.path, Capture, Segment.key)
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
    )
    with database.session() as session:
        for url, capture, key in session.execute(query):
            record = read_record(store, key, capture.warc_offset, capture.warc_length)
            assert record.url == url
            assert (record.kind == "revisit") == capture.revisit
            body = record.payload
            if capture.revisit:
                original = with_payload(database, capture.payload_digest)
                assert original is not None, f"nobody holds the body of {url}"
                place = original.place
                body = read_record(store, place.segment_key, place.offset, place.length).payload
            assert hashlib.sha256(body).digest() == capture.payload_digest
            found[url] = body
    return found


def keys(store: Store) -> list[str]:
    """The keys of all objects."""
    return [key for key, _ in store.keys("")]


def everything(store: Store, spool_dir: Path) -> bytes:
    """All that lies in store and spool: records expanded, indexes as they are."""
    seen = []
    for key in keys(store):
        with store.open(key) as stream:
            if key.endswith(".warc.gz"):
                for _, _, record in iterate(stream):
                    seen += [repr(dict(record.fields)).encode(), record.block]
            else:
                seen.append(stream.read())
    for path in spool_dir.rglob("*"):
        if path.is_file():
            seen.append(path.read_bytes())
    return b"\n".join(seen)


def dangling(store: Store) -> list[str]:
    """The revisit records whose URL and date lead to no response record of the store."""
    responses, revisits = set(), []
    for key in keys(store):
        if key.endswith(".warc.gz"):
            with store.open(key) as stream:
                for _, _, record in iterate(stream):
                    if record.kind == "response":
                        responses.add((record.url, record.fields["WARC-Date"]))
                    elif record.kind == "revisit":
                        fields = record.fields
                        revisits.append((fields["WARC-Refers-To-Target-URI"], fields["WARC-Refers-To-Date"]))
    return [f"{url} at {date}" for url, date in revisits if (url, date) not in responses]


def assert_gone(
    database: Database, store_url: str, spool_dir: Path, *, gone: list[bytes], left: dict[str, bytes]
) -> None:
    """Nothing of what was erased is left, nothing else is lost, store and database agree."""
    store = open_store(store_url)
    assert bodies(database, store) == left
    seen = everything(store, spool_dir)
    for body in gone:
        assert body not in seen
        assert hashlib.sha256(body).hexdigest().encode() not in seen
    assert dangling(store) == []
    assert verify(database, store, spool_dir).findings == ()
    with database.session() as session:
        for stone in session.scalars(select(Tombstone)):
            assert stone.erased_at is not None
            assert stone.payload_digest is None
            assert stone.segment_id is None
    if database.is_sqlite:
        file = Path(str(database.engine.url.database))
        raw = b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
        for body in gone:
            assert hashlib.sha256(body).digest() not in raw
