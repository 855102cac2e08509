"""A store or a database that is down, slow, busy, locked, or lets nobody in."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from functools import partial

import psycopg
from fault import Fault
from faulty_s3 import S3Proxy
from stage import Stage
from warmth import Command

S3 = ("s3",)
GOES_ON = "the same command goes on"


def _proxy(stage: Stage) -> S3Proxy:
    assert stage.proxy is not None, "only the S3 store has one"
    return stage.proxy


def comes_back(stage: Stage, kind: str) -> None:
    """The store fails in mid-run; the crawl waits for it, and ends well without being told anything."""
    proxy = _proxy(stage)
    stage.when_asked(10, partial(_break, proxy, kind))
    command = stage.start()
    command.until(lambda: proxy.failed >= 5)
    proxy.restore()
    ended = command.ended()
    assert ended.code == 0, ended
    stage.heard(ended)
    stage.remember()


def stays_away(stage: Stage, kind: str) -> None:
    """The store fails in mid-run and an operator gives up; the next day the same command completes the run."""
    proxy = _proxy(stage)
    stage.when_asked(10, partial(_break, proxy, kind))
    command = stage.start()
    command.until(lambda: proxy.failed >= 5 and len(stage.site.log) >= 20)
    stage.interrupt(command)
    stage.fails(command)
    proxy.restore()
    stage.completes()


def is_not_there(stage: Stage) -> None:
    """The store is down when the crawl begins: no site is asked for anything."""
    _proxy(stage).refuse()
    stage.fails(stage.start())
    assert not stage.site.log.lines
    _proxy(stage).restore()
    stage.completes()


def is_slow(stage: Stage) -> None:
    """Each request takes a while; nothing else happens."""
    _proxy(stage).slow(0.1)
    stage.completes()
    _proxy(stage).restore()


def lets_nobody_in(stage: Stage) -> None:
    """The secret is wrong."""
    stage.fails(stage.start(environ={"AWS_SECRET_ACCESS_KEY": "wrong"}))
    assert not stage.site.log.lines
    stage.completes()


def is_revoked(stage: Stage) -> None:
    """In mid-run the key may write no more."""
    stage.when_asked(10, partial(_break, _proxy(stage), "AccessDenied"))
    stage.fails(stage.start())
    _proxy(stage).restore()
    stage.completes()


def loses_its_bucket(stage: Stage) -> None:
    """Somebody deletes the bucket in mid-run and makes it again: SeaweedFS would make it by itself, S3 answers so."""
    stage.when_asked(2, partial(_break, _proxy(stage), "NoSuchBucket"))
    stage.fails(stage.start())
    _proxy(stage).restore()
    stage.completes()


def _break(proxy: S3Proxy, kind: str) -> None:
    match kind:
        case "down":
            proxy.refuse()
        case "AccessDenied":
            proxy.answer(403, kind, writes_only=True)
        case "NoSuchBucket":
            proxy.answer(404, kind)
        case "InternalError":
            proxy.answer(500, kind)
        case _:
            proxy.answer(503, kind)


def database_restarts(stage: Stage) -> None:
    """PostgreSQL is restarted in mid-run."""
    stage.when_asked(20, partial(stage.restart_postgresql, "restart"))
    _goes_on_or_fails(stage, stage.start())


def database_stops(stage: Stage) -> None:
    """PostgreSQL is stopped in mid-run and started after the crawl gave up."""
    stage.when_asked(20, partial(stage.restart_postgresql, "stop"))
    command = stage.start()
    try:
        ended = command.ended()
    finally:
        stage.restart_postgresql("start")
    assert ended.code not in {0, 70}, ended
    stage.heard(ended)
    stage.remember()
    stage.completes()


def database_is_locked(stage: Stage) -> None:
    """Another program holds what the crawl writes to for a moment, in mid-run."""
    stage.when_asked(20, lambda: threading.Timer(0.5, _lock(stage)).start())
    _goes_on_or_fails(stage, stage.start())


def database_stays_locked(stage: Stage) -> None:
    """The same, for longer than a writer waits."""
    unlock: list[Callable[[], None]] = []
    stage.when_asked(20, lambda: unlock.append(_lock(stage)))
    ended = stage.start().ended()
    assert ended.code == 4, ended  # unfinished, can be resumed
    stage.heard(ended)
    unlock[0]()
    stage.remember()
    stage.completes()


def _lock(stage: Stage) -> Callable[[], None]:
    """Take the lock; return what gives it back."""
    if stage.is_sqlite:
        file = stage.database_url.removeprefix("sqlite:///")
        other = sqlite3.connect(file, check_same_thread=False, timeout=10, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        return other.close
    elsewhere = psycopg.connect(stage.database_url.replace("+psycopg", ""))
    elsewhere.execute("LOCK TABLE capture IN EXCLUSIVE MODE")
    return elsewhere.close


def _goes_on_or_fails(stage: Stage, command: Command) -> None:
    """Either will do: the crawl outlasts it, or it says what is wrong and is begun again."""
    ended = command.ended()
    stage.heard(ended)
    stage.remember()
    if ended.code != 0:
        assert ended.code == 4, ended  # unfinished, can be resumed
        stage.completes()


SERVICES = [
    *(
        Fault(name=f"store {words}, then back", happens=partial(comes_back, kind=kind), stores=S3)
        for words, kind in [
            ("down", "down"),
            ("answers 500", "InternalError"),
            ("answers 503", "ServiceUnavailable"),
            ("answers SlowDown", "SlowDown"),
        ]
    ),
    Fault(
        name="store down, crawl told to stop",
        happens=partial(stays_away, kind="down"),
        words=("spool", GOES_ON),
        stores=S3,
    ),
    Fault(
        name="store busy, crawl told to stop",
        happens=partial(stays_away, kind="SlowDown"),
        words=("spool", GOES_ON),
        stores=S3,
    ),
    Fault(
        name="store down at the start",
        happens=is_not_there,
        words=("does not answer", "check that it runs"),
        stores=S3,
    ),
    Fault(name="store slow", happens=is_slow, stores=S3),
    Fault(
        name="wrong credentials",
        happens=lets_nobody_in,
        words=("refuses us", "check the access key"),
        stores=S3,
    ),
    Fault(
        name="credentials revoked in mid-run",
        happens=is_revoked,
        words=("refuses us", "check the access key", GOES_ON),
        stores=S3,
    ),
    Fault(
        name="bucket gone",
        happens=loses_its_bucket,
        words=("there is no bucket", "create it", GOES_ON),
        stores=S3,
    ),
    Fault(name="database restarted in mid-run", happens=database_restarts, databases=("postgresql",)),
    Fault(
        name="database stopped in mid-run",
        happens=database_stops,
        words=("check the URL, the server",),
        databases=("postgresql",),
    ),
    Fault(name="database locked for a moment", happens=database_is_locked),
    Fault(
        name="database locked for longer than a writer waits",
        happens=database_stays_locked,
        words=("locked", GOES_ON),
        databases=("sqlite",),
    ),
]
