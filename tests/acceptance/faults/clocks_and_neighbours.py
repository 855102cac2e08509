"""A clock that somebody sets, and a second process where there should be one."""

from __future__ import annotations

import threading
from functools import partial

from fault import Fault
from loopback_site import Log, LoopbackSite, tree, tree_urls
from outside import job
from stage import PAGES, Stage
from warmth import PATIENCE

from provenance.database import Database
from provenance.queries.crawling import runs_named

DAY = 86_400.0


def clock_jumps(stage: Stage, steps: list[float]) -> None:
    """With every batch the clock is set; in the middle of that the process dies, and the next one has the right time."""
    jumps = ("clock_jumps_at", {"name": "segment.synced", "seconds": steps})
    stage.dies(jumps, ("kill_at", {"name": "rows.committed", "time": 5}))
    stage.completes()


def clock_was_wrong(stage: Stage, seconds: float) -> None:
    """The first process had another day than the second."""
    jumps = ("clock_jumps_at", {"name": "spool.removed", "seconds": [], "start": seconds})
    stage.dies(jumps, ("kill_at", {"name": "rows.committed", "time": 5}))
    stage.completes()


def clock_is_refused(stage: Stage, seconds: float) -> None:
    """A store that checks signatures lets nobody in who lives in another week; set the clock, and it does."""
    stage.fails(stage.start(("clock_jumps_at", {"name": "spool.removed", "seconds": [], "start": seconds})))
    assert not stage.site.log.lines
    stage.completes()


def the_same_twice(stage: Stage) -> None:
    """The same command is given again while the first one works: the second waits for the site, and asks for nothing twice.

    One answer is held back until the second has joined: had the first one ended by then, it would begin another run.
    """
    joined = threading.Event()
    stage.when_asked(10, partial(joined.wait, PATIENCE))
    first = stage.start()
    first.until(lambda: len(stage.site.log) >= 10)
    second = stage.start()
    try:
        second.until(lambda: _resumptions(stage) > 0, look=0.05)
    finally:
        joined.set()
    for command in (first, second):
        ended = command.ended()
        stage.heard(ended)
        assert ended.code in {0, 4}, ended
    twice = {url: times for url, times in stage.site.log.times().items() if times > 1}
    assert not twice
    stage.remember()


def _resumptions(stage: Stage) -> int:
    with Database.open(stage.database_url) as database:
        return sum(run.resumptions for run in runs_named(database, "acceptance"))


def two_jobs(stage: Stage) -> None:
    """Two jobs share spool, store and database, and somebody runs recovery by hand in between."""
    log = Log()
    with LoopbackSite(tree(PAGES), address="127.0.0.2", log=log) as other:
        text = job(other.url, in_flight=4, name="the other one")
        (stage.folder / "other.toml").write_text(text, encoding="utf-8")
        commands = [stage.start(), stage.start(job="other.toml")]
        commands[0].until(lambda: len(stage.site.log) >= 10)
        by_hand = stage.start(command=("recover",)).ended()
        assert by_hand.code == 0, by_hand
        stage.heard(by_hand)
        for command in commands:
            ended = command.ended()
            assert ended.code == 0, ended
        assert set(log.times().values()) == {1}
        assert set(log.times()) == tree_urls(other.origin, PAGES)


CLOCKS_AND_NEIGHBOURS = [
    Fault(name="clock jumps a day ahead", happens=partial(clock_jumps, steps=[0, DAY])),
    Fault(name="clock jumps a day back", happens=partial(clock_jumps, steps=[0, -DAY])),
    Fault(name="clock jumps to and fro", happens=partial(clock_jumps, steps=[3600, -7200, 2 * DAY, -DAY])),
    Fault(
        name="clock was a week ahead",
        happens=partial(clock_was_wrong, seconds=7 * DAY),
        stores=("directory",),
    ),
    Fault(
        name="clock is a week ahead at the start",
        happens=partial(clock_is_refused, seconds=7 * DAY),
        words=("our clock is not its own", "set this machine's clock"),
        stores=("s3",),
    ),
    Fault(name="the same command twice at once", happens=the_same_twice),
    Fault(name="two jobs and a recovery on one spool", happens=two_jobs),
]
