"""``aboveboard verify`` and ``recover``: does the archive hold what the database says, and the other way round?"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from crawler.archive.erasing import resume_erasures
from crawler.archive.indexing import mend_indexes
from crawler.archive.recovery import recover as recover_spool
from crawler.archive.store import open_store
from crawler.archive.verification import Verified
from crawler.archive.verification import verify as verify_archive
from crawler.commands.options import Database, Store
from crawler.places import ExitCode, Places
from provenance.database import Database as ProvenanceDatabase


class ResultFormat(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command("verify", epilog="Example:  aboveboard verify --site example.org --sample 0.1")(verify)
    app.command("recover", epilog="Example:  aboveboard recover")(recover)


def verify(
    site: Annotated[str | None, typer.Option(metavar="DOMAIN", help="Only this site.")] = None,
    sample: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the segments to read back.")
    ] = 1.0,
    output: Annotated[ResultFormat, typer.Option("--format", help="text for people, json for programs.")] = (
        ResultFormat.TEXT
    ),
    database: Database = None,
    store: Store = None,
) -> None:
    """Check that store and database agree, both ways, digests included.  Exit 1 on a finding."""
    places = Places.of(None, database, store, os.environ)
    console = Console(stderr=True, highlight=False)
    with (
        ProvenanceDatabase.open(places.database, upgrade=False) as opened,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("reading back", total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=max(total, 1))

        result = verify_archive(
            opened, open_store(places.store), places.spool, site=site, sample=sample, progress=advance
        )
    if output is ResultFormat.JSON:
        typer.echo(json.dumps(asdict(result), ensure_ascii=False))
    else:
        _print_result(result)
    raise typer.Exit(int(ExitCode.FINDING if result.findings else ExitCode.DONE))


def _print_result(result: Verified) -> None:
    for finding in result.findings:
        typer.echo(f"{finding.kind}: {finding.where}: {finding.words}")
    words = f"{len(result.findings)} findings" if result.findings else "store and database agree"
    typer.echo(f"{result.captures} captures in {result.segments} segments read back: {words}")


def recover(database: Database = None, store: Store = None) -> None:
    """Finish or discard what a killed process left in the spool; every crawl does this first.  Mend indexes, too."""
    places = Places.of(None, database, store, os.environ)
    with ProvenanceDatabase.open(places.database) as opened:
        kept = open_store(places.store)
        result = recover_spool(opened, kept, places.spool)
        resumed = resume_erasures(opened, kept, places.spool)
        indexes = mend_indexes(opened, kept, places.spool)
    typer.echo(
        f"{result.finished} segments finished, {result.discarded} discarded, "
        f"{result.truncated} bytes behind the last committed record cut off"
    )
    if indexes:
        typer.echo(f"{indexes} indexes made again that were missing beside their segments")
    for erasure in resumed.finished:
        typer.echo(f"erasure {erasure.id} of {erasure.scope} finished: {erasure.captures} exchanges are gone")
    for erasure, why in resumed.waiting:
        typer.echo(f"erasure {erasure.id} of {erasure.scope} waits: {why}")
