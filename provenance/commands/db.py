"""``aboveboard db``: bring the database to this release's schema, look whether it is sound, tend it.

A question never creates or changes a database; only ``upgrade`` and ``vacuum`` do.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from provenance import schema
from provenance.answering import DatabaseOption, answering, asking, database_location, note
from provenance.database import Database
from provenance.errors import DatabaseMissing, SchemaOutdated
from provenance.rendering import Column, Format, write_rows
from provenance.soundness import Finding, findings
from provenance.vacuuming import vacuum as tend

FINDING = 1  # exit code
FINDINGS = (
    Column(name="kind", title="What"),
    Column(name="place", title="Where"),
    Column(name="words", title="What is the case"),
)
FormatOption = Annotated[
    Format, typer.Option("--format", help="Table for people, jsonl or csv for programs.")
]


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    commands = typer.Typer(no_args_is_help=True, help="The database: upgrade its schema, check it, tend it.")
    commands.command(
        epilog="Example: aboveboard db upgrade --database postgresql+psycopg://aboveboard@localhost/aboveboard"
    )(upgrade)
    commands.command(epilog="Example: aboveboard db check --format jsonl")(check)
    commands.command(epilog="Example: aboveboard db vacuum")(vacuum)
    app.add_typer(commands, name="db")


def upgrade(database: DatabaseOption = None) -> None:
    """Create the schema, or bring it to this release's, step by step; one that is killed can be repeated.

    On PostgreSQL crawls may go on: no step keeps a writer waiting for more than a moment.
    """
    place = database_location(database)
    with answering():
        found = _revision(place)
        with Database.open(place, told=_tell) as opened:
            wanted = schema.wanted_revision()
            shown = opened.url_for_display
            if found == wanted:
                note(f"{shown} has the schema of this release ({wanted}) already")
            elif found is None:
                note(f"{shown} has the schema of this release ({wanted})")
            else:
                note(f"{shown} has the schema of this release: {found} became {wanted}")


def check(*, form: FormatOption = Format.TABLE, database: DatabaseOption = None) -> None:
    """Look whether schema, references and tallies are as they should be; change nothing.

    Exit code 0: they are; 1: something is not, and is told.
    """
    with asking(database) as opened, opened.reading() as connection:
        found = list(findings(connection))
        if write_rows(iter(found), Finding, FINDINGS, form, sys.stdout):
            note(f"{opened.url_for_display}: {len(found)} findings")
            raise typer.Exit(FINDING)
        note(f"{opened.url_for_display} has the schema of this release, and nothing is amiss")


def vacuum(database: DatabaseOption = None) -> None:
    """Tally what is not tallied yet, give space back, renew the engine's statistics.

    PostgreSQL is read and written meanwhile; a SQLite file must not be in use.
    """
    with answering(), Database.open(database_location(database), upgrade=False) as opened:
        done = tend(opened, note)
        note(f"{done.sealed} visits tallied; {done.before:,} bytes before, {done.after:,} after")


def _tell(step: schema.Step) -> None:
    note(f"{step.revision}: {step.words}")


def _revision(place: str) -> str | None:
    """Return the revision that a database has; None: there is none, or no schema in it yet."""
    try:
        with Database.open(place, upgrade=False) as opened, opened.reading() as connection:
            return schema.revision_of(connection)
    except DatabaseMissing:
        return None
    except SchemaOutdated as outdated:
        return outdated.found
