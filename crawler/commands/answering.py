"""``aboveboard explain``: the evidence receipt of one URL."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from typing import Annotated

import typer

from crawler.archive.reading import Archive
from crawler.archive.store import open_store
from crawler.commands.options import Database, Store
from crawler.commands.receipt import Explained, print_receipt
from crawler.errors import CrawlerError
from crawler.places import ExitCode, Places
from provenance.database import Database as ProvenanceDatabase
from provenance.queries.explain import receipt


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
    output: Annotated[ReceiptFormat, typer.Option("--format", help="text for people, json for programs.")] = (
        ReceiptFormat.TEXT
    ),
    database: Database = None,
    store: Store = None,
) -> None:
    """Print the evidence receipt: who asked, who permitted, what was stated, what was decided, where the bytes are."""
    places = Places.of(None, database, store, os.environ)
    with ProvenanceDatabase.open(places.database, upgrade=False) as opened:
        found = receipt(opened, what)
        if not found:
            raise CrawlerError(f"{what}: nothing is known of it; 'aboveboard query' lists what is")
        archive = Archive(open_store(places.store), places.spool)
        explained = Explained.of(found, archive)
    if output is ReceiptFormat.JSON:
        typer.echo(json.dumps(explained.to_json(), ensure_ascii=False, indent=2))
    else:
        print_receipt(explained)
    raise typer.Exit(int(ExitCode.DONE))
