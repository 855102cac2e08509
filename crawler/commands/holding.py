"""``aboveboard hold``: what must not be erased, neither on request nor by retention, until somebody lifts it."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.commands.options import Database
from crawler.commands.scoping import DigestOption, PrefixOption, SiteOption, UrlOption, scope_of
from crawler.places import Places
from provenance.answering import note
from provenance.database import Database as ProvenanceDatabase
from provenance.erasures import Hold, holds, lift_hold, place_hold
from provenance.rendering import Column, Format, write_rows

_COLUMNS = (
    Column(name="id", title="Hold", is_numeric=True),
    Column(name="scope", title="Scope"),
    Column(name="value", title="Of"),
    Column(name="placed_by", title="Placed by"),
    Column(name="placed_at", title="Since, UTC"),
    Column(name="reason", title="Reason"),
    Column(name="lifted_at", title="Lifted, UTC", needs_room=True),
    Column(name="lifted_by", title="By", needs_room=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """A hold as it is listed."""

    id: int
    scope: str  # url, prefix, site, digest
    value: str
    reason: str
    placed_by: str
    placed_at: datetime  # UTC
    lifted_at: datetime | None  # UTC; None: it stands
    lifted_by: str | None


ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who says so; default: you, at this machine.")
]


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    commands = typer.Typer(
        no_args_is_help=True, help="Legal holds: what must not be erased, who says so and why."
    )
    commands.command(epilog="Example:  aboveboard hold place --site example.org --reason 'case 7 Cg 12/26'")(
        place
    )
    commands.command(epilog="Example:  aboveboard hold lift 1 --by 'J. Doe'")(lift)
    commands.command("list", epilog="Example:  aboveboard hold list --all")(list_holds)
    app.add_typer(commands, name="hold")


def place(
    *,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why it must be preserved, for whoever asks later.")
    ],
    by: ByOption = None,
    url: UrlOption = None,
    prefix: PrefixOption = None,
    site: SiteOption = None,
    digest: DigestOption = None,
    database: Database = None,
) -> None:
    """Let nothing of a scope be erased, neither on request nor because its time is over, until it is lifted."""
    scope = scope_of(url, prefix, site, digest)
    with _opened(database) as opened:
        hold = place_hold(opened, scope, reason=reason, placed_by=by or whoever(), at=datetime.now(UTC))
    note(str(hold))


def lift(
    hold: Annotated[int, typer.Argument(metavar="ID", help="The hold's number, as listed.")],
    *,
    by: ByOption = None,
    database: Database = None,
) -> None:
    """End a hold: what it covered may be erased again."""
    with _opened(database) as opened:
        lifted = lift_hold(opened, hold, lifted_by=by or whoever(), at=datetime.now(UTC))
    note(f"{lifted}; lifted by {lifted.lifted_by}")


def list_holds(
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that were lifted.")] = False,
    form: Annotated[
        Format, typer.Option("--format", help="Table for people, jsonl or csv for programs.")
    ] = Format.TABLE,
    database: Database = None,
) -> None:
    """List the holds that stand."""
    with _opened(database) as opened:
        if not write_rows(map(_row, holds(opened, lifted=every)), HoldRow, _COLUMNS, form, sys.stdout):
            note("nothing is on hold")


def whoever() -> str:
    """Return who is at the keyboard, and where."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _row(hold: Hold) -> HoldRow:
    return HoldRow(
        id=hold.id,
        scope=hold.scope.kind.value,
        value=hold.scope.value,
        reason=hold.reason,
        placed_by=hold.placed_by,
        placed_at=hold.placed_at,
        lifted_at=hold.lifted_at,
        lifted_by=hold.lifted_by,
    )


def _opened(database: str | None) -> ProvenanceDatabase:
    places = Places.of(None, database, None, os.environ)
    return ProvenanceDatabase.open(places.database, upgrade=False)
