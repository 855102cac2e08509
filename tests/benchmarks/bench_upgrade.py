"""How long anybody waits who records while a long table of captures becomes a partition.

    python tests/benchmarks/bench_upgrade.py [--captures 10000000]

A PostgreSQL of the bench's own with the schema of revision 0004 and that many captures; one process records a capture
after the other while `aboveboard db upgrade` runs.  Prints, asserts nothing.
"""

from __future__ import annotations

import argparse
import time
from threading import Event, Thread

import psycopg
from own_postgresql import own_postgresql, sqlalchemy_url

from provenance import schema
from provenance.database import Database

OLD = "0004"
# The least that the captures refer to: one visit each thousand captures, one of everything else.
SHARED = """
INSERT INTO policy (id, digest, name, text) VALUES (1, sha256('p'), 'p', '');
INSERT INTO run (id, job_name, job_digest, job_text, purpose, policy_id, operator, contact, product_token, user_agent,
    software, settings_digest, started_at, heartbeat_at, state, waiting_for, resumptions, summary)
VALUES (1, 'b', sha256('j'), '', 'search', 1, 'b', 'b@example.org', 'b', 'b', 'b', sha256('s'), now(), now(),
    'running', '[]', 0, '{}');
INSERT INTO site (id, name) VALUES (1, 'example.org');
INSERT INTO origin (url) VALUES ('https://example.org');
INSERT INTO permission (id, digest, origin_id, granted, rule) VALUES (1, sha256('a'), 1, true, 'robots.allow');
INSERT INTO rights_set (id, digest, canonical, licences)
    SELECT n, sha256(int8send(n)), '[]', '[]' FROM generate_series(1, 5000) AS n;
"""
VISITS = """
INSERT INTO visit (id, run_id, site_id, epoch, opened_at) SELECT n, 1, 1, 1, now() FROM generate_series(1, {0}) AS n;
INSERT INTO segment (id, visit_id, state, key, opened_at)
    SELECT n << 24, n, 'spooled', 'warc/' || n, now() FROM generate_series(1::bigint, {0}) AS n;
"""
ROW = """
INSERT INTO capture (id, visit_id, origin_id, permission_id, rights_set_id, segment_id, status, kind, revisit,
    fetched_at, length, warc_offset, warc_length, request_length, metadata_length, payload_digest, url_hash, media_type, path)
SELECT (visit::bigint << 24) + n, visit, 1, 1, 1 + abs(hashint8(visit * 31 + n / 40)) % 5000, visit::bigint << 24, 200, 'document',
    false, now(), 40000, 700 + 11000 * n, 9500, 400, 1100, sha256(int8send(visit::bigint * 1000000 + n)),
    hashint8extended(visit * bigint '1000000' + n, 0), 'text/html', '/3/library/chapter/a-page-with-a-longish-name-' || n || '.html'
FROM {0}
"""


def main() -> None:
    """Fill, upgrade, print who waited how long."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=10_000_000)
    captures = parser.parse_args().captures
    with own_postgresql() as uri, Database.open(sqlalchemy_url(uri)) as database:
        with database.writing() as connection:
            schema.downgrade(connection, OLD)
        _fill(uri, captures)
        ended = Event()
        waits: list[tuple[float, str]] = []
        now = ["before"]
        thread = Thread(target=_record, args=(uri, captures // 1000, ended, waits, now))
        thread.start()
        time.sleep(2)
        began = time.perf_counter()
        database.upgrade(lambda step: now.__setitem__(0, step.revision))
        took = time.perf_counter() - began
        now[0] = "after"
        time.sleep(2)
        ended.set()
        thread.join()
    print(
        f"{captures:,} captures from {OLD} to {schema.wanted_revision()} in {took:.1f} s; {len(waits):,} captures recorded meanwhile"
    )
    for phase in dict.fromkeys(phase for _, phase in waits):
        longest = max(wait for wait, at in waits if at == phase)
        print(f"  {phase:8}longest wait of the writer {1000 * longest:7.1f} ms")


def _fill(uri: str, captures: int) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(SHARED)
        connection.execute(VISITS.format(captures // 1000))
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'capture' AND indexname LIKE 'ix%'"
        ).fetchall()
        constraints = connection.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'capture'::regclass AND contype = 'f'"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for name, _ in constraints:
            connection.execute(f"ALTER TABLE capture DROP CONSTRAINT {name}")
        source = f"generate_series(1, {captures // 1000}) AS visit, generate_series(0, 999) AS n"
        connection.execute(ROW.format(source))
        for _, definition in indexes:
            connection.execute(definition)
        for name, definition in constraints:
            connection.execute(f"ALTER TABLE capture ADD CONSTRAINT {name} {definition}")
        connection.execute("VACUUM (ANALYZE) capture")


def _record(uri: str, visit: int, ended: Event, waits: list[tuple[float, str]], now: list[str]) -> None:
    """What the release before writes: a row and a shared row in a transaction, as fast as it goes."""
    with psycopg.connect(uri, autocommit=True) as connection:
        number = 1000
        while not ended.is_set():
            phase, began = now[0], time.perf_counter()
            with connection.transaction():
                connection.execute("INSERT INTO origin (url) VALUES (%s)", [f"https://{number}.example"])
                connection.execute(ROW.format(f"(SELECT {visit} AS visit, {number} AS n) AS one"))
            waits.append((time.perf_counter() - began, phase))
            number += 1


if __name__ == "__main__":
    main()
