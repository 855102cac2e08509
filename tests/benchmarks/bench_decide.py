"""What comparing two policies over everything held costs, by rights set and by the clock.

    python tests/benchmarks/bench_decide.py [--captures 1000000] [--rights-sets 2000] [--database FILE]

Fills a SQLite database with synthetic captures (a handful of statements a rights set, a few rights sets that hold for
most documents, as on the web), then runs ``aboveboard decide --policy strict-optin --compare eu-tdm`` as a process of
its own.  Prints, asserts nothing.  With --database the filled file is kept and used again.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from bench_record import begin_run
from sqlalchemy import insert

from licences.detection.statement import licence_statement
from licences.observation import Scope, ScopeLevel, Statement
from licences.rights import Lookup, RightsSet
from licences.terms import terms_at
from licences.vocabulary import Channel, Kind, LegalEffect, Retrieval, Usage, Verdict
from provenance import models
from provenance.database import Database
from provenance.leases import Lease, Leases
from provenance.models.base import Base
from provenance.models.capture import hash_of_url
from provenance.recorder import Recorder
from provenance.records import CaptureKind, SegmentState, capture_id

BEGIN = datetime(2026, 11, 20, 3, tzinfo=UTC)
A_VISIT, A_BATCH = 5_000, 20_000
COMMAND = "from crawler.cli import main; main()"
DEEDS = ("by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd")
ANSWERS = (Retrieval.ABSENT, Retrieval.ABSENT, Retrieval.ABSENT, Retrieval.OK, Retrieval.UNREACHABLE)
SAYINGS = (
    (Kind.ROBOTS_TAG_HEADER, Verdict.DENY, LegalEffect.RESERVATION),
    (Kind.TDMREP_FILE, Verdict.DENY, LegalEffect.RESERVATION),
    (Kind.AIPREF_ROBOTS, Verdict.DENY, LegalEffect.PREFERENCE),
    (Kind.AIPREF_ROBOTS, Verdict.ALLOW, LegalEffect.PREFERENCE),
    (Kind.CONTENT_SIGNAL_ROBOTS, Verdict.ALLOW, LegalEffect.PREFERENCE),
    (Kind.ROBOTS_AI_AGENT_DISALLOW, Verdict.DENY, LegalEffect.INFERENCE),
    (Kind.RIGHTS_NOTICE, Verdict.UNKNOWN, LegalEffect.NOTICE),
)

Row = dict[str, Any]


def main() -> None:
    """Fill, compare, print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        file = arguments.database or Path(folder) / "provenance.db"
        url = f"sqlite:///{file}"
        if not file.exists():
            clock = time.perf_counter()
            with Database.open(url) as database:
                _fill(database, arguments.captures, arguments.rights_sets)
            print(f"filled in {time.perf_counter() - clock:.0f} s, {file.stat().st_size / 1e6:.0f} MB")
        usages = ["--usage", "ai-train-gen", "--usage", "index"]
        print(f"starting the program: {_timed(['--version'])[0]}")
        for more in ([], ["--compare", "eu-tdm"], ["--compare", "eu-tdm", *usages]):
            command = ["decide", "--policy", "strict-optin", *more]
            took, done = _timed([*command, "--format", "jsonl", "--database", url])
            print(f"\naboveboard {' '.join(command)}: {took}, {len(done.stdout.splitlines())} lines")
            print(done.stderr.rstrip())


def _timed(arguments: list[str]) -> tuple[str, subprocess.CompletedProcess[str]]:
    """Run the program; return what it took, by the clock and in CPU seconds, and what it said."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments], capture_output=True, text=True, check=False
    )
    clock, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{clock:.2f} s by the clock, {cpu:.2f} s of CPU", done


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=1_000_000)
    parser.add_argument("--rights-sets", type=int, default=2_000)
    parser.add_argument("--database", type=Path, help="a file to keep; default: a temporary one")
    return parser.parse_args()


def _fill(database: Database, captures: int, rights_sets: int) -> None:
    """Let the recorder open run and visits, then insert the rest in bulk."""
    recorder, leases = Recorder(database), Leases(database)
    run = begin_run(recorder)
    visits = []
    for number in range(-(-captures // A_VISIT)):
        lease = leases.acquire(f"site{number}.example", "bench", 3600)
        assert isinstance(lease, Lease)
        visits.append(recorder.begin_visit(run, lease.site, lease.epoch, BEGIN))
    rows: tuple[tuple[type[Base], Iterable[Row]], ...] = (
        (models.Origin, _origins(visits)),
        (models.Permission, _permissions(visits)),
        (models.Segment, _segments(visits)),
        (models.RightsSet, _rights_sets(rights_sets)),
        (models.Capture, _captures(captures, visits, rights_sets)),
    )
    with database.writing() as connection:
        for model, of_model in rows:
            waiting = iter(of_model)
            while batch := list(islice(waiting, A_BATCH)):
                connection.execute(insert(model), batch)


def _origins(visits: list[int]) -> Iterator[Row]:
    for visit in visits:
        yield {"id": visit, "url": f"https://docs.site{visit}.example"}


def _permissions(visits: list[int]) -> Iterator[Row]:
    for visit in visits:
        digest = sha256(b"permission %d" % visit).digest()
        yield {"id": visit, "digest": digest, "origin_id": visit, "granted": True, "rule": "robots.allow"}


def _segments(visits: list[int]) -> Iterator[Row]:
    for visit in visits:
        yield {
            "id": capture_id(visit, 0),
            "visit_id": visit,
            "state": SegmentState.SPOOLED.value,
            "key": f"warc/site{visit}.example/{visit}-0.warc.gz",
            "opened_at": BEGIN,
        }


def _rights_sets(count: int) -> Iterator[Row]:
    chance = random.Random(1)
    known: set[bytes] = set()
    while len(known) < count:
        rights = _stated(chance)
        if rights.digest not in known:
            known.add(rights.digest)
            yield {
                "id": len(known),
                "digest": rights.digest,
                "canonical": rights.canonical,
                "licences": list(rights.licences),
            }


def _stated(chance: random.Random) -> RightsSet:
    """Return up to eight statements of the sorts that the web makes, and which files answered."""
    licence = terms_at(f"https://creativecommons.org/licenses/{chance.choice(DEEDS)}/4.0/")
    found = [licence_statement(Kind.LICENCE_LINK, licence)] if chance.random() < 0.4 else []
    for _ in range(chance.randrange(8)):
        kind, verdict, effect = chance.choice(SAYINGS)
        path = f"/{chance.choice('abcdefghij')}{chance.randrange(400)}/"
        found.append(
            Statement(
                kind=kind,
                protocol=kind.value,
                usage=chance.choice(list(Usage)),
                verdict=verdict,
                legal_effect=effect,
                scope=Scope(level=ScopeLevel.PATH, selector=path),
                confidence=chance.choice((0.6, 0.75, 1.0)),
            )
        )
    lookups = [
        Lookup(channel=Channel.ROBOTS_TXT, retrieval=Retrieval.OK),
        Lookup(channel=Channel.HTTP_HEADER, retrieval=Retrieval.OK),
        *(
            Lookup(channel=Channel.WELL_KNOWN, retrieval=chance.choice(ANSWERS), document=name)
            for name in ("tdmrep.json", "ai.txt")
        ),
    ]
    return RightsSet.of_statements(found, lookups)


def _captures(count: int, visits: list[int], rights_sets: int) -> Iterator[Row]:
    chance = random.Random(2)
    weights = [1 / rank for rank in range(1, rights_sets + 1)]
    drawn = chance.choices(range(1, rights_sets + 1), weights, k=count)
    for number in range(count):
        visit, sequence = visits[number // A_VISIT], number % A_VISIT
        path = f"/docs/reference/volume-{sequence // 100}/chapter-{sequence:05}-on-rights.html"
        yield {
            "id": capture_id(visit, sequence),
            "visit_id": visit,
            "origin_id": visit,
            "permission_id": visit,
            "rights_set_id": drawn[number],
            "segment_id": capture_id(visit, 0),
            "status": 200,
            "kind": CaptureKind.DOCUMENT.value,
            "revisit": False,
            "fetched_at": BEGIN + timedelta(seconds=number),
            "length": 42_000,
            "warc_offset": 700 + 9_000 * sequence,
            "warc_length": 8_000,
            "request_length": 300,
            "metadata_length": 700,
            "payload_digest": sha256(b"%d" % number).digest(),
            "url_hash": hash_of_url(f"https://docs.site{visit}.example{path}"),
            "media_type": "text/html",
            "path": path,
        }


if __name__ == "__main__":
    main()
