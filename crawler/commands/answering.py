"""``aboveboard explain``: the evidence receipt of one URL."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from crawler.archive.reading import Archive
from crawler.archive.store import open_store
from crawler.commands.options import Database, Store
from crawler.commands.receipt import Explained
from crawler.commands.receipt_words import print_receipt
from crawler.errors import CrawlerError
from crawler.evidence import Checked, Evidence, Standing
from crawler.places import ExitCode, Places
from provenance.as_of import AsOfOption, moment, tell_erased
from provenance.database import Database as ProvenanceDatabase
from provenance.erasures import erasure, forgotten
from provenance.queries.explain import receipt
from provenance.rendering import visible


class ReceiptFormat(StrEnum):
    """How a receipt is written."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command("explain", epilog="Example:  aboveboard explain https://example.org/page.html --format json")(
        explain
    )


def explain(
    what: Annotated[
        str, typer.Argument(metavar="URL|DIGEST", help="A URL as it was asked for, or sha256:HEX.")
    ],
    *,
    output: Annotated[ReceiptFormat, typer.Option("--format", help="text for people, json for programs.")] = (
        ReceiptFormat.TEXT
    ),
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Hold every statement against the archived bytes.  Exit 1 when one is not where it was seen.",
        ),
    ] = False,
    as_of: AsOfOption = None,
    database: Database = None,
    store: Store = None,
) -> None:
    """Print the evidence receipt: who asked, who permitted, what was stated, what was decided, where the bytes are."""
    places = Places.of(None, database, store, os.environ)
    asked_of = moment(as_of)
    with ProvenanceDatabase.open(places.database, upgrade=False) as opened:
        found = receipt(opened, what, as_of=asked_of)
        tell_erased(opened, asked_of, url=what)
        if not found:
            raise CrawlerError(f"{what}: {_unknown(opened, what, asked_of)}")
        archive = Archive(open_store(places.store), places.spool)
        explained = Explained.of(found, archive)
        readable = [one.receipt for one in explained.captures if one.trouble is None]
        checked = Evidence(opened, archive).check_all(readable) if verify else None
    told = explained.to_json()
    if checked is not None:
        told["verified"] = {str(key): [one.to_json() for one in ones] for key, ones in checked.items()}
    with _reader_may_leave():
        if output is ReceiptFormat.JSON:
            typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            print_receipt(explained.captures, explained.refusals)
            if checked is not None:
                _print_checked(checked, len(explained.captures) - len(readable))
    findings = any(one.is_finding for ones in (checked or {}).values() for one in ones)
    findings = findings or (verify and len(readable) < len(explained.captures))
    raise typer.Exit(int(ExitCode.FINDING if findings else ExitCode.DONE))


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Print for a reader who may have had enough: that changes nothing of what was found."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more at exit: let that reach nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unknown(database: ProvenanceDatabase, what: str, as_of: datetime | None) -> str:
    """Return why there is nothing to explain."""
    gone = forgotten(database, what)
    if not gone:
        by_then = "" if as_of is None else f" by {as_of:%Y-%m-%dT%H:%M:%SZ}"
        return f"nothing is known of it{by_then}; 'aboveboard query' lists what is"
    told = erasure(database, gone[-1].erasure_id)
    return (
        f"forgotten by erasure {told.id} ({told.scope}), asked for by {told.requested_by} on "
        f"{told.requested_at:%Y-%m-%d}: {told.reason}"
    )


def _print_checked(checked: Mapping[int, Sequence[Checked]], unread: int) -> None:
    """Print how the statements stand: what is wrong in full, the rest as numbers.

    Args:
        checked: by capture.
        unread: captures that the archive could not be asked about.
    """
    everything = [one for ones in checked.values() for one in ones]
    for one in everything:
        if one.is_finding:
            kind = one.observation.get("statement", {}).get("kind", "statement")
            source = one.observation.get("source", {})
            where = f"{source.get('url', '')} {source.get('locator', '')}".strip()
            typer.echo(visible(f"{one.standing}: {kind} at {where}: {one.words}"))
    if unread:
        typer.echo(
            f"unreadable: {unread} of {unread + len(checked)} exchanges; «aboveboard verify» says more"
        )
    counts = Counter(one.standing for one in everything)
    words = ", ".join(f"{counts[standing]} {standing}" for standing in Standing if counts[standing])
    typer.echo(f"{len(everything)} statements held against the archive: {words or 'none was made'}")
