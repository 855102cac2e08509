"""How captures are best cut into partitions on PostgreSQL: not at all, by key (so by time), or by site.

    python tests/benchmarks/bench_partitions.py [--captures 5000000] [--partitions 8]

A server of its own, one layout after the other with the same rows: 2,000 sites with zipf sizes, crawled five times,
5,000 rights sets, the columns and indexes of the table `capture`.  Then what the crawler and its people do: record
batches of 500 at the end, look a URL up, read a site's captures, count by rights set.  Prints, asserts nothing.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator

import psycopg
from own_postgresql import own_postgresql

SITES, CRAWLS, RIGHTS_SETS = 2_000, 5, 5_000
A_BATCH, BATCHES = 500, 200
COLUMNS = """
    id bigint NOT NULL, visit_id integer NOT NULL, origin_id integer NOT NULL, permission_id integer NOT NULL,
    rights_set_id integer, segment_id bigint NOT NULL, status smallint NOT NULL, kind text NOT NULL,
    revisit boolean NOT NULL, fetched_at timestamptz NOT NULL, length bigint NOT NULL, warc_offset bigint NOT NULL,
    warc_length bigint NOT NULL, request_length integer NOT NULL, metadata_length integer NOT NULL,
    payload_digest bytea NOT NULL, url_hash bigint NOT NULL, media_type text NOT NULL, truncated text,
    path text NOT NULL, kept text, recorded_at timestamptz, language text, simhash bigint"""
INDEXES = (
    "CREATE INDEX ON capture (url_hash)",
    "CREATE INDEX ON capture (segment_id)",
    "CREATE INDEX ON capture (rights_set_id)",
    "CREATE INDEX ON capture (substring(payload_digest, 1, 8))",
)
# Visits in the order of time; a crawl meets the sites in an order of its own.
PREPARE = """
CREATE TABLE bench_visit AS
SELECT crawl * {sites} + row_number() OVER (PARTITION BY crawl ORDER BY hashint4(site * 7 + crawl)) AS visit,
       site, greatest(1, ({a_crawl} / (site * {harmonic}))::int) AS captures
FROM generate_series(1, {sites}) AS site, generate_series(0, {crawls} - 1) AS crawl"""
ROWS = """
SELECT (visit << 24) + n, visit, site, site, 1 + abs(hashint8(visit * 31 + n / 40)) % {rights_sets},
       visit << 24, 200, 'document', false, timestamptz '2026-01-01' + (visit * 60 + n) * interval '1 second',
       40000 + n, 700 + 11000 * n, 9500, 400, 1100, sha256(int8send(visit * 100000000 + n)),
       hashint8extended(site * bigint '100000000' + n, 0), 'text/html', NULL,
       '/3/library/chapter-' || n / 100 || '/a-page-with-a-longish-name-' || n || '.html', NULL,
       timestamptz '2026-01-01' + (visit * 60 + n) * interval '1 second', 'en', hashint8extended(n, 1)
FROM {visits}, generate_series(0::bigint, captures - 1) AS n"""
LAYOUTS = ("one table", "range of id", "hash of origin")


def main() -> None:
    """Fill, ask, print; one layout after the other."""
    arguments = _arguments()
    results = {}
    with own_postgresql(full_page_writes="on") as uri, psycopg.connect(uri, autocommit=True) as connection:
        _prepare(connection, arguments.captures)
        for layout in LAYOUTS:
            results[layout] = dict(_measured(connection, layout, arguments.partitions))
            for question, answer in results[layout].items():
                print(f"{layout:16}{question:46}{answer:12,.2f}", flush=True)
            connection.execute("DROP TABLE capture")
    print(f"\n{'':46}" + "".join(f"{layout:>16}" for layout in LAYOUTS))
    for question in results[LAYOUTS[0]]:
        print(f"{question:46}" + "".join(f"{results[layout][question]:16,.2f}" for layout in LAYOUTS))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=5_000_000)
    parser.add_argument("--partitions", type=int, default=8)
    return parser.parse_args()


def _prepare(connection: psycopg.Connection, captures: int) -> None:
    harmonic = sum(1 / site for site in range(1, SITES + 1))
    connection.execute(
        PREPARE.format(sites=SITES, crawls=CRAWLS, a_crawl=captures / CRAWLS, harmonic=harmonic)
    )


def _measured(connection: psycopg.Connection, layout: str, partitions: int) -> Iterator[tuple[str, float]]:
    began = time.perf_counter()
    _create(connection, layout, partitions)
    connection.execute(f"INSERT INTO capture {ROWS.format(rights_sets=RIGHTS_SETS, visits='bench_visit')}")
    for statement in INDEXES:
        connection.execute(statement)
    connection.execute("VACUUM (ANALYZE) capture")
    yield "filled, million rows", _number(connection, "SELECT count(*) / 1e6 FROM capture")
    yield "filled in, s", time.perf_counter() - began
    yield (
        "bytes a capture, freshly indexed",
        _number(connection, f"SELECT ({_SIZE}) / (SELECT count(*) FROM capture)"),
    )
    yield from _recorded(connection)
    chance = random.Random(6)  # the same questions to each layout
    site_of = dict(connection.execute("SELECT visit, site FROM bench_visit").fetchall())
    some = [chance.choice(list(site_of.values())) for _ in range(300)]
    yield (
        "explain by URL, ms (median of 300)",
        _median(
            connection,
            "SELECT * FROM capture WHERE url_hash = hashint8extended(%s * bigint '100000000', 0) AND kind = 'document'",
            [(site,) for site in some],
        ),
    )
    yield (
        "by key, ms (median of 300)",
        _median(
            connection,
            "SELECT * FROM capture WHERE id = %s",
            [(chance.choice(list(site_of)) << 24,) for _ in some],
        ),
    )
    of_site = (
        "SELECT count(*), sum(length), count(DISTINCT rights_set_id) FROM bench_visit JOIN capture"
        " ON capture.id >= visit << 24 AND capture.id < (visit + 1) << 24 WHERE site = %s"
    )
    yield "the largest site, ms", _median(connection, of_site, [(1,)] * 3)
    yield "a median site, ms", _median(connection, of_site, [(1000 + n,) for n in range(20)])
    by_rights_set = "SELECT rights_set_id, count(*) FROM capture GROUP BY rights_set_id"
    yield "count by rights set, ms", _median(connection, by_rights_set, [()] * 3)
    few = "SELECT count(*) FROM capture WHERE rights_set_id = %s"
    yield "captures of one rights set, ms", _median(connection, few, [(n,) for n in range(1, 40)])
    yield "a tenth of the time leaves, ms", _timed(lambda: _leave(connection, layout))


def _create(connection: psycopg.Connection, layout: str, partitions: int) -> None:
    last = SITES * (CRAWLS + 1)
    if layout == "one table":
        connection.execute(f"CREATE TABLE capture ({COLUMNS}, PRIMARY KEY (id))")
    elif layout == "range of id":
        connection.execute(f"CREATE TABLE capture ({COLUMNS}, PRIMARY KEY (id)) PARTITION BY RANGE (id)")
        borders = [last * n // partitions << 24 for n in range(partitions + 1)]
        for n in range(partitions):
            connection.execute(
                f"CREATE TABLE capture_{n} PARTITION OF capture FOR VALUES FROM ({borders[n]}) TO ({borders[n + 1]})"
            )
    else:
        connection.execute(
            f"CREATE TABLE capture ({COLUMNS}, PRIMARY KEY (id, origin_id)) PARTITION BY HASH (origin_id)"
        )
        for n in range(partitions):
            connection.execute(
                f"CREATE TABLE capture_{n} PARTITION OF capture FOR VALUES WITH (MODULUS {partitions}, REMAINDER {n})"
            )


def _recorded(connection: psycopg.Connection) -> Iterator[tuple[str, float]]:
    """Batches of visits that come after all others; the server makes the rows, so that only its work is timed."""
    begin = SITES * CRAWLS + 1
    batches = [
        ROWS.format(
            rights_sets=RIGHTS_SETS,
            visits=f"(SELECT {begin + n} ::bigint AS visit, {1 + n * 37 % SITES} AS site, {A_BATCH} AS captures) AS one",
        )
        for n in range(BATCHES)
    ]
    connection.execute("CHECKPOINT")
    connection.execute("CREATE TEMPORARY TABLE made (LIKE capture)")
    wal = _number(connection, "SELECT pg_current_wal_insert_lsn() - '0/0'")
    spent = 0.0
    for batch in batches:
        connection.execute("TRUNCATE made")
        connection.execute(f"INSERT INTO made {batch}")
        spent += _timed(lambda: connection.execute("INSERT INTO capture SELECT * FROM made"))
    rows = BATCHES * A_BATCH
    yield "recording at the end, rows a second", 1000 * rows / spent
    wal = _number(connection, "SELECT pg_current_wal_insert_lsn() - '0/0'") - wal
    yield "write-ahead log, bytes a row", wal / rows
    connection.execute("DROP TABLE made")


def _leave(connection: psycopg.Connection, layout: str) -> None:
    """Old captures go: as a whole where they are a partition, else row by row."""
    if layout == "range of id":
        connection.execute("ALTER TABLE capture DETACH PARTITION capture_0")
        connection.execute("DROP TABLE capture_0")
    else:
        connection.execute("DELETE FROM capture WHERE id < %s", [SITES * (CRAWLS + 1) // 10 << 24])


def _median(connection: psycopg.Connection, query: str, arguments: list[tuple[int, ...]]) -> float:
    return statistics.median(
        _timed(lambda given=given: connection.execute(query, given).fetchall()) for given in arguments
    )


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def _number(connection: psycopg.Connection, query: str) -> float:
    row = connection.execute(query).fetchone()
    assert row is not None
    return float(row[0])


# A table that is no partition of anything is no tree either.
_SIZE = """SELECT coalesce(sum(pg_total_relation_size(relid)), pg_total_relation_size('capture'))
FROM pg_partition_tree('capture') WHERE isleaf"""


if __name__ == "__main__":
    main()
