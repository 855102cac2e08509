"""A segment is WARC 1.1 that others read, and gives back every byte that crossed the wire."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import resource
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord

from crawler.archive import (
    Exchange,
    Revisit,
    SegmentWriter,
    iterate,
    metadata_of_segment,
    read_head,
    read_metadata,
    read_payload,
)
from crawler.archive.directory import DirectoryStore
from crawler.archive.errors import ArchiveError, DamagedRecord, ObjectMissing, SpoolError
from crawler.archive.gzip_members import compress, expand, split
from crawler.archive.reading import Archive
from crawler.archive.records import parse_member

KEY = "warc/example.org/12/34-0.warc.gz"

MakeExchange = Callable[..., Exchange]


def read_by_warcio(path: Path) -> list[tuple[ArcWarcRecord, bytes]]:
    """Return each record and its block as the independent reader sees them."""
    with path.open("rb") as stream:
        return [
            (record, record.raw_stream.read()) for record in ArchiveIterator(stream, no_record_parse=True)
        ]


@pytest.mark.parametrize(
    ("response_head", "body"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n", b"body", id="plain"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nx-A: 1\r\nX-a:  2 \r\nX-A:\t3\r\n\r\n", b"body", id="case, repeats, blanks"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nA: caf\xe9 \xff\r\n\r\n", b"body", id="bytes that are no UTF-8"),
        pytest.param(b"HTTP/1.1 200\r\n\r\n", b"", id="no reason, no header, no body"),
        pytest.param(b"HTTP/1.1 200 OK\nA: 1\n\n", b"\r\n\r\nbody", id="lines that end with LF alone"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n",
            gzip.compress(b"<p>page</p>", mtime=0),
            id="content coding kept, transfer coding removed",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n", b"WARC/1.1\r\n\r\n" * 9, id="a body that looks like a record"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n", bytes(range(256)) * 4000, id="a megabyte of anything"
        ),
    ],
)
def test_what_crossed_the_wire_comes_back_byte_for_byte(
    segment: SegmentWriter, exchange: MakeExchange, response_head: bytes, body: bytes
) -> None:
    """WARC 1.1 §6.3: a response block is the exact message; read by place, and by an independent reader."""
    sent = exchange(response_head=response_head, body=body)
    place = segment.append(sent, {})
    data = segment.close().path.read_bytes()
    read = parse_member(data[place.offset : place.offset + place.length])
    assert (read.head, read.payload) == (response_head, body)
    blocks = {record.rec_type: block for record, block in read_by_warcio(segment.path)}
    assert blocks["response"] == response_head + body
    assert blocks["request"] == sent.request_head


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=4096), head=st.lists(st.binary(min_size=1, max_size=40), max_size=6))
def test_any_bytes_survive_compression_and_splitting(body: bytes, head: list[bytes]) -> None:
    """Law: members laid end to end are found again by walking, and each alone by its offset and length."""
    records = [body, *head]
    data = b"".join(compress(record) for record in records)
    found = list(split(io.BytesIO(data)))
    assert [record for _, _, record in found] == records
    assert [expand(data[offset : offset + length]) for offset, length, _ in found] == records
    assert sum(length for _, length, _ in found) == len(data)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_record_are_named_damage(data: bytes) -> None:
    """Nothing but DamagedRecord leaves the reader, whatever lies at the place."""
    for member in (
        data,
        compress(data),
        compress(b"WARC/1.1\r\n" + data),
        compress(b"WARC/1.1\r\nContent-Length: 5\r\n\r\n" + data),
    ):
        try:
            parse_member(member)
        except DamagedRecord:
            continue


def test_warcio_check_passes_every_record(segment: SegmentWriter, exchange: MakeExchange) -> None:
    """Block and payload digests hold for an independent checker; "digest present but not checked" is for revisits only."""
    segment.append(exchange(), {"outlinks": ["https://example.org/"]})
    segment.append(exchange(body=b""), {})
    segment.append(exchange(body=b"cut", truncated="length"), {})
    segment.append(
        exchange(), {}, revisit_of=Revisit(url="https://example.org/page", fetched_at=datetime.now(UTC))
    )
    closed = segment.close()
    checked = subprocess.run(
        [sys.executable, "-c", "from warcio.cli import main; main()", "check", "-v", closed.path],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert checked.stdout.count("digest pass") == closed.records - 1
    assert checked.stdout.count("not checked (revisit)") == 1
    assert checked.stderr == ""


def test_the_records_of_an_exchange_say_that_they_belong_together(
    segment: SegmentWriter, exchange: MakeExchange
) -> None:
    """WARC 1.1 §5: request and metadata are concurrent to the response; all name URL, moment, address and warcinfo."""
    segment.append(
        exchange(truncated="disconnect", transfer_coding="chunked"), {"permission": {"rule": "robots.allow"}}
    )
    segment.close()
    info, request, response, metadata = (record.rec_headers for record, _ in read_by_warcio(segment.path))
    order = [each.get_header("WARC-Type") for each in (info, request, response, metadata)]
    assert order == ["warcinfo", "request", "response", "metadata"]
    for each in (request, response, metadata):
        assert each.protocol == "WARC/1.1"
        assert each.get_header("WARC-Target-URI") == "https://example.org/page"
        assert each.get_header("WARC-Date") == "2026-11-20T09:30:15.123456Z"
        assert each.get_header("WARC-IP-Address") == "127.0.0.1"
        assert each.get_header("WARC-Warcinfo-ID") == info.get_header("WARC-Record-ID")
    for each in (request, metadata):
        assert each.get_header("WARC-Concurrent-To") == response.get_header("WARC-Record-ID")
    assert response.get_header("WARC-Truncated") == "disconnect"
    assert info.get_header("WARC-Filename") == "34-0.warc.gz"


def test_a_segment_opens_with_who_crawled_and_under_which_policy(segment: SegmentWriter) -> None:
    """DA-10.3: software, operator with contact, policy and robots policy stand in the warcinfo record."""
    segment.close()
    ((record, block),) = read_by_warcio(segment.path)
    assert record.rec_headers.get_header("Content-Type") == "application/warc-fields"
    assert block.decode().splitlines() == [
        "software: aboveboard/0.1.0",
        "operator: Example Research <crawler@example.org>",
        "robots: RFC 9309",
        "policy: strict-optin sha256:00",
    ]


def test_a_revisit_keeps_the_head_and_names_the_capture_with_the_body(
    segment: SegmentWriter, exchange: MakeExchange, tmp_path: Path
) -> None:
    """WARC 1.1 §6.7.2: profile, the digest of the payload that is left out, and where that payload was first seen."""
    earlier = Revisit(url="https://example.org/page", fetched_at=datetime(2026, 11, 1, tzinfo=UTC))
    place = segment.append(exchange(), {}, revisit_of=earlier)
    record = parse_member(segment.close().path.read_bytes()[place.offset :][: place.length])
    assert (record.kind, record.payload, record.head) == ("revisit", b"", exchange().response_head)
    assert record.payload_digest == place.payload_digest
    assert record.fields["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert record.fields["WARC-Refers-To-Target-URI"] == earlier.url
    assert record.fields["WARC-Refers-To-Date"] == "2026-11-01T00:00:00.000000Z"
    archive = Archive(DirectoryStore(tmp_path / "store"), tmp_path / "spool")
    with pytest.raises(ObjectMissing, match=r"unchanged.*https://example\.org/page at 2026-11-01"):
        read_payload(archive, KEY, place.offset, place.length)


def test_each_record_is_one_range_read(
    segment: SegmentWriter, exchange: MakeExchange, spool_dir: Path, tmp_path: Path
) -> None:
    """A capture is found by offset and length alone, its request right before and its metadata right behind."""
    archive = Archive(DirectoryStore(tmp_path / "store"), spool_dir)
    places = [
        segment.append(exchange(f"https://example.org/{n}", body=b"%d" % n), {"n": n}) for n in range(20)
    ]
    segment.sync()
    for n, place in enumerate(places):
        assert read_payload(archive, KEY, place.offset, place.length) == b"%d" % n
        assert read_head(archive, KEY, place.offset, place.length) == exchange().response_head
        request = (place.offset - place.request_length, place.request_length)
        assert read_head(archive, KEY, *request) == exchange().request_head
        metadata = read_metadata(archive, KEY, place.offset + place.length, place.metadata_length)
        assert metadata["n"] == n
        assert place.payload_length == len(b"%d" % n)
    ends = [place.offset + place.length + place.metadata_length for place in places]
    starts = [place.offset - place.request_length for place in places]
    assert starts[1:] == ends[:-1]
    assert ends[-1] == segment.size == segment.path.stat().st_size


def test_metadata_is_ours_and_comes_back_in_order(segment: SegmentWriter, exchange: MakeExchange) -> None:
    """What we noted returns as it was, raw text included; the exchange's own facts stand beside it."""
    noted = {
        "outlinks": ["https://example.org/b"],
        "raw": "„©“ \ud800 \x00",
    }  # a page may hold a lone surrogate
    segment.append(exchange("https://example.org/a", transfer_coding="chunked"), noted)
    segment.append(exchange("https://example.org/b"), {})
    with segment.close().path.open("rb") as stream:
        (first_url, first), (second_url, _) = metadata_of_segment(stream)
    assert (first_url, second_url) == ("https://example.org/a", "https://example.org/b")
    assert first.pop("exchange") == {
        "method": "GET",
        "started_at": "2026-11-20T09:30:15.123456Z",
        "ended_at": "2026-11-20T09:30:15.373456Z",
        "transfer_coding": "chunked",
        "truncated": None,
    }
    assert first == noted


def test_closing_tells_what_there_is_to_upload(segment: SegmentWriter, exchange: MakeExchange) -> None:
    """Length, digest and number of records are those of the file; nothing can be added any more."""
    segment.append(exchange(), {})
    closed = segment.close()
    data = closed.path.read_bytes()
    assert (closed.length, closed.records) == (len(data), 4)
    assert closed.digest == hashlib.sha256(data).digest()
    assert segment.close() == closed
    with pytest.raises(SpoolError, match="is closed"):
        segment.append(exchange(), {})


@pytest.mark.parametrize("cut", [1, 7, 8, 9, 200, -1])
def test_a_torn_tail_is_named_and_the_records_before_it_are_read(
    segment: SegmentWriter, exchange: MakeExchange, cut: int
) -> None:
    """A file that ends inside a member is damage, never the quiet end of a file."""
    segment.append(exchange(), {"n": 1})
    whole = segment.size
    segment.append(exchange(body=os.urandom(2000)), {"n": 2})
    data = segment.close().path.read_bytes()
    torn = data[: whole + 1] if cut == -1 else data[:-cut]
    read: list[str] = []
    records = iterate(io.BytesIO(torn))
    with pytest.raises(DamagedRecord, match=r"torn record at \d+"):
        deque(read.append(record.kind) for _, _, record in records)
    assert read[:4] == ["warcinfo", "request", "response", "metadata"]


def test_a_flipped_bit_is_named_with_its_place(segment: SegmentWriter, exchange: MakeExchange) -> None:
    """The member's checksum fails, and the message says where to look."""
    place = segment.append(exchange(body=os.urandom(500)), {})
    data = bytearray(segment.close().path.read_bytes())
    data[place.offset + place.length - 30] ^= 1
    with pytest.raises(DamagedRecord, match=rf"(damaged|torn) record at {place.offset}\b"):
        list(iterate(io.BytesIO(data)))


def test_metadata_that_is_none_is_damage(
    segment: SegmentWriter, exchange: MakeExchange, spool_dir: Path
) -> None:
    """A place that points at another kind of record is told, not guessed at."""
    place = segment.append(exchange(body=json.dumps({"a": 1}).encode(), response_head=b""), {})
    archive = Archive(DirectoryStore(spool_dir.parent / "store"), spool_dir)
    with pytest.raises(DamagedRecord, match="a response record lies where the metadata"):
        read_metadata(archive, KEY, place.offset, place.length)
    with pytest.raises(DamagedRecord, match="shorter than its rows say"):
        read_metadata(archive, KEY, segment.size, 10)
    with pytest.raises(DamagedRecord, match="exactly one record"):
        read_metadata(archive, KEY, place.offset, place.length - 1)


def test_a_full_disk_leaves_the_segment_as_it_was(segment: SegmentWriter, exchange: MakeExchange) -> None:
    """An append is whole or absent: half-written members are cut off, and the next append goes on from there."""
    segment.append(exchange(), {"n": 1})
    before = segment.size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (before + 1000, hard))
    try:
        with pytest.raises(SpoolError, match="make room"):
            segment.append(exchange(body=os.urandom(50_000)), {"n": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert segment.path.stat().st_size == segment.size == before
    segment.append(exchange(), {"n": 3})
    closed = segment.close()
    with closed.path.open("rb") as stream:
        assert [noted["n"] for _, noted in metadata_of_segment(stream)] == [1, 3]
    assert closed.digest == hashlib.sha256(closed.path.read_bytes()).digest()


def test_a_segment_is_never_written_over(segment: SegmentWriter, spool_dir: Path) -> None:
    """A second writer of the same key is told to recover first."""
    with pytest.raises(SpoolError, match="already in the spool"):
        SegmentWriter(spool_dir, KEY, {})


def test_a_removed_segment_leaves_nothing_behind(segment: SegmentWriter, spool_dir: Path) -> None:
    segment.close()
    segment.remove()
    assert list(spool_dir.iterdir()) == []


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "warc/../x", "warc//x", "warc/./x", "warc/a b", "warc/a%2e", "warc/a\n", "warc/é"],
)
def test_a_key_that_is_no_key_is_refused(spool_dir: Path, key: str) -> None:
    """A key becomes a path and a URL: nothing in it may escape either."""
    with pytest.raises(ArchiveError, match="cannot name an object"):
        SegmentWriter(spool_dir, key, {})


def test_a_spool_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file in the way")
    with pytest.raises(SpoolError, match="choose a spool directory that can be written"):
        SegmentWriter(tmp_path / "spool", KEY, {})


@pytest.mark.parametrize(
    "url", ["https://example.org/\r\nWARC-Type: metadata", "https://example.org/\nx", "https://example.org/ü"]
)
def test_a_url_cannot_begin_another_field(segment: SegmentWriter, exchange: MakeExchange, url: str) -> None:
    """Whatever a site made us ask for stays one field of one record."""
    segment.append(exchange(url), {})
    segment.close()
    records = read_by_warcio(segment.path)
    assert [record.rec_type for record, _ in records] == ["warcinfo", "request", "response", "metadata"]
