"""``aboveboard retain``: what the policy lets us keep for so long, and no longer, goes when its time is over."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.archive.erasing import erase
from crawler.archive.store import open_store
from crawler.commands.erasing import ResultFormat, ResultOption, progress
from crawler.commands.erasing_words import recalled_in_words
from crawler.commands.holding import whoever
from crawler.commands.options import Database, Store
from crawler.places import ExitCode, Places
from provenance.answering import note
from provenance.database import Database as ProvenanceDatabase
from provenance.erasures import Scope, ScopeKind
from provenance.errors import LegalHoldStands
from provenance.manifest.recall import recall_erased
from provenance.rendering import plain, visible
from provenance.retaining import Overdue, lasting, overdue


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedRow:
    """What became of the documents of one site under one clause."""

    site: str
    policy: str
    seconds: int  # that such documents may be kept for
    documents: int  # whose time is over
    held: int  # besides: those that a legal hold keeps
    holds: tuple[str, ...]  # in words
    erasure: int | None  # None: nothing was done
    rewritten: int  # segments
    dropped: int  # segments in which nothing was left
    waits_for: str | None  # why bytes are still there, in words


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command("retain", epilog="Example:  aboveboard retain --dry-run")(retain)


def retain(
    *,
    site: Annotated[str | None, typer.Option(metavar="DOMAIN", help="Only this site.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    output: ResultOption = ResultFormat.TEXT,
    database: Database = None,
    store: Store = None,
) -> None:
    """Erase the documents whose time is over by the retention clause of their run's policy; for a daily timer.

    They may be fetched again.  What a legal hold covers stays, and is told.  Exit 1 where nobody knows the clause of
    some documents, 4 where bytes wait for a crawl to end.
    """
    places = Places.of(None, database, store, os.environ)
    with ProvenanceDatabase.open(places.database, upgrade=False) as opened:
        found = overdue(opened, datetime.now(UTC), site=site)
        done = list(_shown(found.overdue) if dry_run else _enforced(opened, places, found.overdue))
    if output is ResultFormat.JSON:
        told = {"due": plain(done), "unsettled": list(found.unsettled)}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        for row in done:
            typer.echo(_in_words(row))
        if not any(row.documents for row in done):
            typer.echo("no document is over its time" + (" but what is on hold" if done else ""))
    for words in found.unsettled:
        note(f"left for a person: {words}")
    waits = any(row.waits_for for row in done)
    code = ExitCode.UNFINISHED if waits else ExitCode.FINDING if found.unsettled else ExitCode.DONE
    raise typer.Exit(int(code))


def _shown(found: Iterable[Overdue]) -> Iterator[RetainedRow]:
    return (_row(one) for one in found)


def _enforced(
    database: ProvenanceDatabase, places: Places, found: Iterable[Overdue]
) -> Iterator[RetainedRow]:
    """Erase, site by site and clause by clause: a site that is being crawled keeps no other waiting."""
    archive = open_store(places.store)
    for one in found:
        if not one.captures:
            yield _row(one)
            continue
        scope = Scope.parse(ScopeKind.RETENTION, f"{one.site}, {one.policy}: {lasting(one.seconds)}")
        try:
            with progress(f"{one.site}: rewriting segments") as advance:
                erased = erase(
                    database,
                    archive,
                    places.spool,
                    scope,
                    reason=one.clause,
                    requested_by=f"aboveboard retain, {whoever()}",
                    captures=one.captures,
                    progress=advance,
                )
        except LegalHoldStands as error:  # placed a moment ago
            yield _row(one, waits_for=str(error))
            continue
        if erased.erasure is not None:
            for line in recalled_in_words(recall_erased(database, erased.erasure.id)):
                note(line)
        yield _row(
            one,
            erasure=erased.erasure.id if erased.erasure is not None else None,
            rewritten=erased.rewritten,
            dropped=erased.dropped,
            waits_for=erased.waits_for,
        )


def _row(
    one: Overdue,
    *,
    erasure: int | None = None,
    rewritten: int = 0,
    dropped: int = 0,
    waits_for: str | None = None,
) -> RetainedRow:
    return RetainedRow(
        site=one.site,
        policy=one.policy,
        seconds=one.seconds,
        documents=len(one.captures),
        held=one.held,
        holds=tuple(map(str, one.holds)),
        erasure=erasure,
        rewritten=rewritten,
        dropped=dropped,
        waits_for=waits_for,
    )


def _in_words(row: RetainedRow) -> str:
    words = f"{row.site}: {row.documents} documents older than {lasting(row.seconds)} (policy {row.policy})"
    if row.erasure is not None and row.waits_for is None:
        words += f" erased: erasure {row.erasure}, {row.rewritten} segments rewritten, {row.dropped} deleted"
    elif row.waits_for is not None:
        words += f": {row.waits_for}"
    if row.held:
        words += f"; {row.held} more stay: {'; '.join(row.holds)}"
    return visible(words)
