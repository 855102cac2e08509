"""How a command asks and answers: which database, what happens to errors, what a closed pipe means."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from licences.errors import LicenceError
from provenance import locations
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.queries.site_rows import site_names
from provenance.rendering import visible

BAD_USAGE = 2
SITES_NAMED = 50  # where the one asked for is none of them

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql+psycopg://…; else $ABOVEBOARD_DATABASE, "
        "else ./aboveboard-data/provenance.db",
        show_default=False,
    ),
]


def note(words: str) -> None:
    """Say something to the person at the keyboard, on standard error."""
    Console(stderr=True, soft_wrap=True).print(Text("\n".join(visible(line) for line in words.splitlines())))


def refuse(words: str) -> NoReturn:
    """End a command that was given options which do not go together.

    Raises:
        typer.Exit: with the code for bad usage.
    """
    note(f"error: {words}")
    raise typer.Exit(BAD_USAGE)


@contextmanager
def answering() -> Iterator[None]:
    """Turn errors of ours into a sentence and exit code 2, and a reader who left into a quiet end."""
    try:
        yield
        sys.stdout.flush()
    except (ProvenanceError, LicenceError) as error:
        note(f"error: {error}")
        raise typer.Exit(BAD_USAGE) from error
    except BrokenPipeError:
        # Python flushes standard output once more at exit: let that reach nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


def database_location(option: str | None) -> str:
    """Return the URL of the database that a command means."""
    return locations.database_url(option, environ=os.environ)


@contextmanager
def asking(option: str | None) -> Iterator[Database]:
    """Open the database for a question, errors told as `answering` tells them.

    A missing, older or newer database is an error that says what to do; nothing is created.
    """
    with answering(), Database.open(database_location(option), upgrade=False) as database:
        yield database


def require_site(database: Database, site: str | None, as_of: datetime | None = None) -> None:
    """End a command that was asked about a site which nobody had visited (by a moment, UTC); None asks about all."""
    if site is None:
        return
    with database.session() as session:
        names = list(session.scalars(site_names(as_of=as_of)))
    if site not in names:
        some = (
            [*names[:SITES_NAMED], f"{len(names) - SITES_NAMED:,} more"]
            if len(names) > SITES_NAMED
            else names
        )
        refuse(f"nothing is known of {site}; visited sites are: {', '.join(some) or 'none yet'}")
