"""The figures one by one: what is asked of the database, and how it is measured."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import func, select, text
from synthetic import POLICY, USAGE
from timed_command import Took, timed

from licences.policy import load
from provenance.database import Database
from provenance.models import Capture, Origin, Visit, captures_of
from provenance.queries import CaptureFilter, CountBy, Question, counts, receipt
from provenance.records import CaptureKind, capture_id
from provenance.reports.compiling import compile_dossier

LARGEST, MEDIAN = 1, 1_000  # sites by rank, of 2,000
NEW_POLICY = "strict-optin"  # one that nothing was ever decided under
Measured = Iterator[tuple[str, str]]  # what it is, how much


@dataclass(kw_only=True)
class Subject:
    """A filled database, and what was found in it."""

    database: Database
    engine: str
    folder: Path
    rounds: int

    @staticmethod
    def is_empty(database: Database) -> bool:
        """Whether nothing was captured."""
        with database.reading() as connection:
            return connection.execute(select(Capture.id).limit(1)).first() is None

    @cached_property
    def captures(self) -> int:
        """How many captures it holds."""
        return int(self.one("SELECT count(*) FROM capture"))

    @property
    def url(self) -> str:
        """Its URL, for a command."""
        return self.database.engine.url.render_as_string(hide_password=False)

    @property
    def manifest(self) -> Path:
        """Where the manifest is written."""
        return self.folder / f"{self.engine}-{self.captures}.parquet"

    def one(self, query: str) -> Any:
        """Return the one value that a query answers."""
        with self.database.reading() as connection:
            return connection.execute(text(query)).scalar_one()

    def rows(self, query: str) -> Sequence[Any]:
        """Return a query's rows."""
        with self.database.reading() as connection:
            return connection.execute(text(query)).all()

    def asked(self, question: Callable[[], object], rounds: int | None = None) -> str:
        """Ask a question, once to warm the caches unless it is asked only once, and say how long it took."""
        if rounds != 1:
            question()
        took = []
        for _ in range(rounds or self.rounds):
            clock = time.perf_counter()
            question()
            took.append(1000 * (time.perf_counter() - clock))
        return f"{median(took):,.1f} ms ({min(took):,.1f} to {max(took):,.1f})"

    def command(self, *arguments: str) -> Took:
        """Run a command on it."""
        return timed(*arguments, "--database", self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure, or some that are asked alike."""

    name: str
    asked: str
    measure: Callable[[Subject], Measured]


def _report(subject: Subject) -> Measured:
    for word, rank in (("largest", LARGEST), ("median", MEDIAN)):
        site = f"site{rank}.example"
        query = select(func.count()).select_from(Visit).join(Capture, captures_of(Visit.id))
        with subject.database.reading() as connection:
            captures = connection.execute(query.where(Visit.site_id == rank)).scalar_one()
        took = subject.asked(lambda site=site: compile_dossier(subject.database, site))  # type: ignore[misc]  # mypy cannot infer a default
        yield f"report data of the {word} site ({captures:,})", took


def _explain(subject: Subject) -> Measured:
    middle = subject.one("SELECT max(id) FROM visit") // 8
    query = (
        select(Origin.url + Capture.path, Capture.payload_digest)
        .join(Origin, Origin.id == Capture.origin_id)
        .where(
            Capture.id > capture_id(middle, 20),
            Capture.kind == CaptureKind.DOCUMENT.value,
            Capture.kept.is_(None),  # what was not kept has the digest of nothing, with a million others
        )
        .order_by(Capture.id)
        .limit(1)
    )
    with subject.database.reading() as connection:
        url, digest = connection.execute(query).one()
    for word, asked in (("URL", url), ("digest", digest.hex())):
        yield f"explain, by {word}", subject.asked(lambda asked=asked: receipt(subject.database, asked))  # type: ignore[misc]  # mypy cannot infer a default


def _count(subject: Subject) -> Measured:
    by, every, database = (CountBy.OUTCOME, CountBy.LICENCE), CaptureFilter(), subject.database
    on_record = Question(usage=USAGE, policy=load(POLICY))
    took = subject.asked(lambda: counts(database, by, every, on_record))
    yield "count, decisions on record", took
    new = Question(usage=USAGE, policy=load(NEW_POLICY))
    yield "count, under a policy never recorded", subject.asked(lambda: counts(database, by, every, new))
    took = subject.asked(lambda: counts(database, by, every, on_record, learned_since=True), rounds=1)
    yield "count, with all that was learned since", took


def _decide(subject: Subject) -> Measured:
    took = subject.command("decide", "--policy", NEW_POLICY, "--format", "jsonl")
    yield "a new policy decided over all of it", f"{took}"


def _manifest(subject: Subject) -> Measured:
    everything = ("--duplicates", "keep", "--versions", "all", "--force", "--for", "bench")
    for word, options in (("", everything), (", defaults", ("--force",))):
        out = subject.manifest if options is everything else subject.manifest.with_suffix(".defaults.parquet")
        took = subject.command("manifest", str(out), "--usage", USAGE.value, "--policy", POLICY, *options)
        yield f"manifest{word}", _rate(took, _rows(out))


def _check(subject: Subject) -> Measured:
    took = subject.command("check", str(subject.manifest))
    yield (
        "check",
        f"{_rate(took, _rows(subject.manifest))}; exit {took.code}, {len(took.out.splitlines()):,} fail",
    )


def _rows(file: Path) -> int:
    from pyarrow import parquet  # noqa: PLC0415  # needed by these figures only

    return int(parquet.read_metadata(file).num_rows) if file.exists() else 0


def _rate(took: Took, rows: int) -> str:
    if not rows:
        return f"failed with {took.code}: {took.err[-300:]}"
    return f"{rows:,} rows: {rows / took.cpu:,.0f} a CPU second, {rows / took.clock:,.0f} a second; {took}"


def _bytes(subject: Subject) -> Measured:
    if subject.engine == "sqlite":
        parts = subject.rows("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC")
    else:
        parts = subject.rows(
            "SELECT coalesce(parent.relname, c.relname), sum(pg_relation_size(c.oid)) FROM pg_class c"
            " LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class parent ON parent.oid = i.inhparent"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i') GROUP BY 1 ORDER BY 2 DESC"
        )
    parts = [(name, int(size)) for name, size in parts]  # PostgreSQL adds up in decimals
    of_captures = [(name, size) for name, size in parts if re.match(r"(ix_|pk_)?capture", name)]
    yield (
        "bytes a capture: table and indexes",
        f"{sum(size for _, size in of_captures) / subject.captures:.1f}",
    )
    yield "bytes a capture: everything", f"{sum(size for _, size in parts) / subject.captures:.1f}"
    for name, size in parts[:10]:
        yield f"  {name}", f"{size / subject.captures:.1f} bytes a capture, {size / 1e6:,.0f} MB"


FIGURES = (
    Figure(name="count", asked="< 500 ms", measure=_count),
    Figure(name="report", asked="< 1,000 ms", measure=_report),
    Figure(name="explain", asked="< 20 ms", measure=_explain),
    Figure(name="decide", asked="< 5 s", measure=_decide),
    Figure(name="manifest", asked=">= 300,000 rows/s", measure=_manifest),
    Figure(name="check", asked=">= 500,000 rows/s", measure=_check),
    Figure(name="bytes", asked="< 450 (PG)", measure=_bytes),
)
