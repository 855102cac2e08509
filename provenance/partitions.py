"""Captures on PostgreSQL lie in partitions of about ten million, by key and so by time; this makes the next one.

Recording then touches only the newest partition's indexes, which fit into memory, a site's captures of one visit lie
in one, and what is old enough leaves as a whole.  Measured: tests/benchmarks/bench_partitions.py.

A partition is made apart and then attached, ahead of need: nobody who reads or writes waits for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from provenance.database import Database
from provenance.errors import DatabaseUnreachable
from provenance.records import CAPTURES_PER_VISIT_BITS

A_PARTITION = 10_000_000  # captures that one is to hold
A_VISIT = 1_000  # captures, where nothing is known of earlier visits
FEWEST_VISITS, MOST_VISITS = 1_000, 1_000_000  # that one is made for
AHEAD = 8  # the next one is made when a visit comes into the last eighth of the last one
LOCK = 0x41626F7650  # PostgreSQL advisory lock: one process at a time makes a partition
LOCK_WAIT = "200ms"  # attaching waits no longer for a lock, as others would wait behind it
TRIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """A part of the table capture: the visits whose captures it holds."""

    name: str
    first: int | None  # visit; None: the oldest
    end: int  # the first visit that is not in it
    captures: int  # as the server estimates; 0: not known yet


class Partitions:
    """Sees to it that visits find a partition; remembers how far they reach, so that most calls ask nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._enough_until = 0

    def reach(self, visit_id: int) -> None:
        """Make room for a visit's captures, and ahead of need for later ones.

        Raises:
            DatabaseUnreachable: there is none for this visit, and the locks to make one were not to be had.
        """
        if self._database.is_sqlite or visit_id < self._enough_until:
            return
        for _ in range(TRIES):
            with self._database.reading() as connection:
                known = partitions(connection)
            if not known:
                return  # one table, which takes any visit: an upgrade is about to make partitions of it
            newest = known[-1]
            self._enough_until = _enough(newest)
            if visit_id < self._enough_until:
                return
            try:
                self._make_next(visit_id)
            except DatabaseUnreachable:
                if visit_id < newest.end:
                    return  # there is room: the next visit tries again
                time.sleep(0.05)
        raise DatabaseUnreachable(
            f"{self._database.url_for_display}: no partition for visit {visit_id}: see who locks the tables, and begin again"
        )

    def _make_next(self, visit_id: int) -> None:
        with self._database.writing() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            known = partitions(connection)
            if visit_id >= _enough(known[-1]):  # nobody was faster
                _attach_next(connection, known[-1].end, visits_for(known, visit_id))


def partitions(connection: Connection) -> list[Partition]:
    """Return the partitions of captures, in the order of time; none on SQLite."""
    if connection.dialect.name == "sqlite":
        return []
    found = []
    for name, bounds, captures in connection.execute(text(_PARTITIONS)):
        first, end = re.findall(r"MINVALUE|-?\d+", bounds)
        found.append(
            Partition(
                name=name,
                first=None if first == "MINVALUE" else int(first) >> CAPTURES_PER_VISIT_BITS,
                end=int(end) >> CAPTURES_PER_VISIT_BITS,
                captures=max(int(captures), 0),
            )
        )
    return sorted(found, key=lambda each: each.end)


def visits_for(known: Sequence[Partition], visit_id: int) -> int:
    """Return for how many visits the next partition is to be made, by how many captures a visit had so far.

    >>> visits_for([Partition(name="capture_0", first=None, end=9, captures=0)], 9)
    10000
    >>> visits_for([Partition(name="capture_0", first=None, end=500, captures=10_000_000)], 500)
    1000
    """
    captures = sum(each.captures for each in known)
    a_visit = max(captures / max(visit_id, 1), 1) if captures else A_VISIT
    return min(max(int(A_PARTITION / a_visit), FEWEST_VISITS), MOST_VISITS)


def _enough(newest: Partition) -> int:
    """Return the visit from which on the next partition is to be there."""
    return newest.end - (newest.end - (newest.first or 0)) // AHEAD


def _attach_next(connection: Connection, first: int, visits: int) -> None:
    """Make the table with everything that the others have, then hang it in; its foreign keys come with that."""
    name = f"capture_{first}"
    begin, end = first << CAPTURES_PER_VISIT_BITS, (first + visits) << CAPTURES_PER_VISIT_BITS
    for statement in (
        f"SET LOCAL lock_timeout = '{LOCK_WAIT}'",
        f"CREATE TABLE {name} (LIKE capture INCLUDING ALL)",
        f"ALTER TABLE capture ATTACH PARTITION {name} FOR VALUES FROM ({begin}) TO ({end})",
    ):
        connection.execute(text(statement))


_PARTITIONS = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), c.reltuples
FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'capture'::regclass"""
