"""One long crawl, killed at random moments and begun again by the same command, until it is complete."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from judging import Judgement, Ledger, documents, judge
from loopback_site import LoopbackSite, tree, tree_urls
from outside import environment
from warmth import KILLED, Warmth

from provenance.database import Database

IN_FLIGHT = 8
MOMENT = 0.004  # seconds until the site answers: a crawl is to be long, not fast
ASKED_AT_MOST = 80  # requests of a life, mostly
_JOB = """\
[job]
name = "killed at random"
purpose = "ai-train-gen"
policy = "strict-optin"

[operator]
name = "Aboveboard tests"
contact = "crawler@example.org"

[[site]]
start = ["{url}"]
admitted_by = "whoever runs this test"
basis = "a test server on loopback"
max_pages = 1_000_000
max_depth = 10_000

[[permission]]
site = "127.0.0.1"
granted_by = "ourselves"
private_addresses = true
min_gap_seconds = 0
max_in_flight = {in_flight}
max_requests_per_day = 10_000_000
max_bytes_per_day = 1_000_000_000_000
valid_until = 2099-12-31
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came of it."""

    kills: int
    before_the_first_request: int  # kills while a process was still opening, recovering, resuming
    pages: int
    asked: int  # requests for pages, those that were asked again included
    at_most: int  # how often one page was asked for
    judgement: Judgement

    def __str__(self) -> str:
        return (
            f"{self.kills} kills ({self.before_the_first_request} before the process's first request), "
            f"{self.pages} pages, {self.asked} requests for them ({self.asked - self.pages} uncommitted ones again, "
            f"one of them {self.at_most} times in all): {self.judgement}"
        )


def killed_at_random(
    folder: Path,
    *,
    kills: int,
    pages: int,
    seed: int,
    environ: Mapping[str, str] | None = None,
    database_url: str | None = None,
    store_url: str | None = None,
    told: Callable[[str], object] = lambda _: None,
) -> Figures:
    """Crawl a site of so many pages, and kill the process so many times.

    Args:
        folder: an empty one.
        kills: how often; where the site is through before that, fewer.
        pages: of the site.
        seed: of the moments.
        environ: what the crawl finds in its environment, besides the usual.
        database_url: the database; None: SQLite in the folder.
        store_url: the store; None: a directory in the folder.
        told: how it goes, now and then.
    """
    chance, early, deaths = random.Random(seed), 0, 0
    database_url = database_url or f"sqlite:///{folder}/data/provenance.db"
    store_url = store_url or (folder / "data" / "store").as_uri()
    spool = folder / "data" / "spool"
    places = {
        "ABOVEBOARD_DATABASE": database_url,
        "ABOVEBOARD_STORE": store_url,
        "ABOVEBOARD_SPOOL": str(spool),
    }
    environ = environment() | (environ or {}) | places
    answer = tree(pages)

    def after_a_moment(path: str) -> object:
        time.sleep(MOMENT)
        return answer(path)

    Database.open(database_url).close()
    with LoopbackSite(after_a_moment) as site, Warmth() as warmth, Database.open(database_url) as database:  # type: ignore[arg-type]  # it answers what `tree` does
        (folder / "job.toml").write_text(_JOB.format(url=site.url, in_flight=IN_FLIGHT), encoding="utf-8")
        ledger = Ledger(site.log)

        def start() -> object:
            return warmth.start(
                folder,
                "crawl",
                "job.toml",
                "--quiet",
                environ=environ,
                arrange=[("in_haste", {})],
            )

        while deaths < kills:
            before, command = len(site.log), start()
            goal = chance.randrange(ASKED_AT_MOST)
            deadline = time.monotonic() + (chance.random() if goal < ASKED_AT_MOST // 5 else 60)
            while len(site.log) < before + goal and time.monotonic() < deadline and command.is_running():
                time.sleep(0.002)
            time.sleep(chance.random() * 0.1)
            command.kill()
            ended = command.ended()
            if ended.code == 0:
                break
            assert ended.code == KILLED, ended
            deaths += 1
            early += len(site.log) == before
            ledger.look(documents(database))
            if deaths % 25 == 0:
                told(
                    f"{deaths} kills, {len(documents(database))} of {pages} pages, {len(ledger.repeated)} repeated"
                )
        last = start().ended()
        assert last.code == 0, last
        judgement = judge(database_url, store_url, spool, tree_urls(site.origin, pages), ledger)
        times = {url: asked for url, asked in site.log.times().items() if "/closed/" not in url}
    return Figures(
        kills=deaths,
        before_the_first_request=early,
        pages=len(times),
        asked=sum(times.values()),
        at_most=max(times.values()),
        judgement=judgement,
    )
