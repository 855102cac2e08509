"""``aboveboard erase`` and ``aboveboard erasure``: forget for good, and show that it was done."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from crawler.archive.erasing import Erased
from crawler.archive.erasing import erase as erase_scope
from crawler.archive.erasing.certificate import certify
from crawler.archive.erasing.engine import Progress as SegmentProgress
from crawler.archive.erasing.signing import SigningKey
from crawler.archive.store import open_store
from crawler.commands.erasing_words import erased_in_words, plan_in_words, recalled_in_words
from crawler.commands.options import Database, Store
from crawler.commands.scoping import DigestOption, PrefixOption, SiteOption, UrlOption, scope_of
from crawler.errors import CrawlerError
from crawler.places import ExitCode, Places
from provenance.answering import note
from provenance.database import Database as ProvenanceDatabase
from provenance.erasures import ErasureRecord, erasures
from provenance.errors import LegalHoldStands
from provenance.manifest.recall import Held, recall_erased
from provenance.rendering import Column, Format, plain, write_rows

EXAMPLES = """Examples:

aboveboard erase --url https://example.org/ann.html --reason 'GDPR art. 17' --requested-by 'A. Nonymous' --dry-run

aboveboard erase --prefix https://example.org/blog/ --reason 'their author asked' --requested-by 'J. Doe' --yes
"""
_COLUMNS = (
    Column(name="id", title="Erasure", is_numeric=True),
    Column(name="scope", title="Scope"),
    Column(name="value", title="Of"),
    Column(name="state", title="State"),
    Column(name="captures", title="Exchanges", is_numeric=True),
    Column(name="requested_at", title="Asked for, UTC"),
    Column(name="finished_at", title="Gone, UTC"),
    Column(name="requested_by", title="By", needs_room=True),
    Column(name="reason", title="Reason", needs_room=True),
)


class ResultFormat(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRow:
    """An erasure as it is listed."""

    id: int
    scope: str  # url, prefix, site, digest, retention
    value: str
    state: str  # hidden, rewritten, erased
    reason: str
    requested_by: str
    requested_at: datetime  # UTC: hidden since
    finished_at: datetime | None  # UTC; None: bytes are still to go
    fetched_again: bool  # whether it may be
    captures: int  # exchanges
    segments: int
    bytes: int
    is_certified: bool


ResultOption = Annotated[ResultFormat, typer.Option("--format", help="text for people, json for programs.")]


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command("erase", epilog=EXAMPLES)(erase)
    commands = typer.Typer(no_args_is_help=True, help="Erasures on record, and their signed certificates.")
    commands.command("list", epilog="Example:  aboveboard erasure list --format jsonl")(list_erasures)
    commands.command(
        "certificate", epilog="Example:  aboveboard erasure certificate 1 --output certificate.json"
    )(certificate)
    app.add_typer(commands, name="erasure")


def erase(
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept for good.")],
    requested_by: Annotated[str, typer.Option(metavar="TEXT", help="Who asked for it; kept for good.")],
    url: UrlOption = None,
    prefix: PrefixOption = None,
    site: SiteOption = None,
    digest: DigestOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    output: ResultOption = ResultFormat.TEXT,
    database: Database = None,
    store: Store = None,
) -> None:
    """Erase documents for good, and never fetch them again.

    Hidden from every answer at once, and called back from whoever holds a manifest with them; then their bytes go
    from store, spool and database.  Exit 1 where a legal hold stands against it, 4 where bytes wait for a crawl to
    end.
    """
    scope = scope_of(url, prefix, site, digest)
    places = Places.of(None, database, store, os.environ)
    with ProvenanceDatabase.open(places.database, upgrade=False) as opened:
        archive = open_store(places.store)
        forget = partial(
            erase_scope, opened, archive, places.spool, scope, reason=reason, requested_by=requested_by
        )
        planned = forget(dry_run=True)
        if dry_run:
            _tell(planned, output)
            raise typer.Exit(int(ExitCode.FINDING if planned.plan.holds else ExitCode.DONE))
        if not yes and not planned.plan.holds:
            _confirm(planned)
        try:
            with progress("rewriting segments") as advance:
                erased = forget(progress=advance)
        except LegalHoldStands as error:
            note(str(error))
            raise typer.Exit(int(ExitCode.FINDING)) from error
        called_back = recall_erased(opened, erased.erasure.id) if erased.erasure is not None else []
    _tell(erased, output, called_back)
    raise typer.Exit(int(ExitCode.UNFINISHED if erased.waits_for else ExitCode.DONE))


def list_erasures(
    *,
    form: Annotated[
        Format, typer.Option("--format", help="Table for people, jsonl or csv for programs.")
    ] = Format.TABLE,
    database: Database = None,
) -> None:
    """List what was erased, or is hidden and being erased: who asked, when and why."""
    places = Places.of(None, database, None, os.environ)
    with ProvenanceDatabase.open(places.database, upgrade=False) as opened:
        if not write_rows(map(_row, erasures(opened)), ErasureRow, _COLUMNS, form, sys.stdout):
            note("nothing was erased")


def certificate(
    erasure: Annotated[int, typer.Argument(metavar="ID", help="The erasure's number, as listed.")],
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The operator's Ed25519 key in PEM; else $ABOVEBOARD_SIGNING_KEY, else operator-key.pem beside "
            "the data, which is made at the first certificate.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it; default: standard output.")
    ] = None,
    database: Database = None,
    store: Store = None,
) -> None:
    """Write the certificate of an erasure, signed by the operator: anybody can check it without this program."""
    places = Places.of(None, database, store, os.environ)
    with ProvenanceDatabase.open(places.database, upgrade=False) as opened:
        signing = SigningKey.of(key, places.data_folder, os.environ)
        text = certify(opened, erasure, signing, datetime.now(UTC))
    if signing.made:
        note(
            f"{signing.path}: made a key for the operator, readable by you alone; keep it, and keep it secret"
        )
    public = json.loads(text)["public_key"]
    if public != signing.public.hex():
        note(f"this certificate was signed before, with another key than {signing.path}")
    if output is None:
        sys.stdout.write(text)
    else:
        _write(output, text)
        note(f"certificate written to {output}")
    note(f"public key, to be told to whoever checks it: {public}")


def _row(record: ErasureRecord) -> ErasureRow:
    return ErasureRow(
        id=record.id,
        scope=record.scope.kind.value,
        value=record.scope.value,
        state=record.state.value,
        reason=record.reason,
        requested_by=record.requested_by,
        requested_at=record.requested_at,
        finished_at=record.finished_at,
        fetched_again=not record.suppresses,
        captures=record.captures,
        segments=record.segments,
        bytes=record.bytes,
        is_certified=record.certificate is not None,
    )


@contextmanager
def progress(words: str) -> Iterator[SegmentProgress]:
    """Show a bar on a terminal, and nothing off it."""
    console = Console(stderr=True, highlight=False)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=max(total, 1))


def _tell(erased: Erased, output: ResultFormat, called_back: Sequence[Held] = ()) -> None:
    if output is ResultFormat.JSON:
        typer.echo(json.dumps({**plain(erased), "recalled": plain(called_back)}, ensure_ascii=False))
        return
    typer.echo("\n".join(plan_in_words(erased.plan)) if erased.erasure is None else erased_in_words(erased))
    for line in recalled_in_words(called_back):
        typer.echo(line)


def _confirm(planned: Erased) -> None:
    """Let a person look before it is done.

    Raises:
        CrawlerError: nobody is there to ask.
        typer.Exit: they said no.
    """
    note("\n".join(plan_in_words(planned.plan)))
    if not sys.stdin.isatty():
        raise CrawlerError("this cannot be undone, and nobody is here to ask: repeat it with --yes")
    if not typer.confirm("Erase this for good?", err=True):
        note("nothing was erased")
        raise typer.Exit(int(ExitCode.DONE))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CrawlerError(f"{path}: cannot be written: {error}") from error
