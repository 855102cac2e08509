"""``aboveboard hosts``: which hosts a crawl knows, what holds them back, and a person's word on them.

A running crawl hears of a word within seconds; each is kept with who said it, when and why.
"""

from __future__ import annotations

import getpass
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

import typer

from provenance import hosts
from provenance.answering import DatabaseOption, answering, asking, database_location, note, refuse
from provenance.columns import HOST_CHANGES, HOSTS
from provenance.database import Database
from provenance.queries import stream
from provenance.queries.hosts import HostChangeRow, HostRow, host_changes, hosts_known
from provenance.rendering import Format, write_rows

HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="A host name or address, as listed.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever asks later.")]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who says so; default: you, at this machine.")
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="Table for people, jsonl or csv for programs.")
]


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    commands = typer.Typer(
        invoke_without_command=True,
        help="List hosts: state, gap, budget, what holds them back; pause, resume or park one.",
        epilog="Examples:  aboveboard hosts --held   |   aboveboard hosts pause example.org --reason 'they called'",
    )
    commands.callback()(list_hosts)
    commands.command(epilog="Example: aboveboard hosts pause example.org --reason 'they called'")(pause)
    commands.command(epilog="Example: aboveboard hosts resume example.org --reason 'they agreed'")(resume)
    commands.command(epilog="Example: aboveboard hosts park example.org --reason 'not for us'")(park)
    commands.command(epilog="Example: aboveboard hosts history example.org")(history)
    app.add_typer(commands, name="hosts")


def list_hosts(
    context: typer.Context,
    *,
    host: Annotated[str | None, typer.Option(help="Only this host.")] = None,
    held: Annotated[bool, typer.Option("--held", help="Only paused and parked ones.")] = False,
    form: FormatOption = Format.TABLE,
    database: DatabaseOption = None,
) -> None:
    """List the hosts that a crawl has asked, as they stand now."""
    if context.invoked_subcommand is not None:
        return
    now = datetime.now(UTC)
    with asking(database) as opened:
        wanted = hosts_known(host=None if host is None else _name(host), held=held)
        rows: Iterator[HostRow] = (known.at(now) for known in stream(opened, wanted))
        if not write_rows(rows, HostRow, HOSTS, form, sys.stdout):
            note("nothing matches")


def pause(
    host: HostArgument, *, reason: ReasonOption, by: ByOption = None, database: DatabaseOption = None
) -> None:
    """Let nothing be sent to a host until you resume it; a running crawl waits for it, as long as its job allows."""
    with _changing(database, reason) as opened:
        hosts.pause(opened, _name(host), by=by or _whoever(), reason=reason, at=datetime.now(UTC))
        note(f"{_name(host)} is paused; running crawls hear of it within 5 s")


def park(
    host: HostArgument, *, reason: ReasonOption, by: ByOption = None, database: DatabaseOption = None
) -> None:
    """Take a host out of every crawl until you resume it; no crawl waits for it."""
    with _changing(database, reason) as opened:
        hosts.park(opened, _name(host), by=by or _whoever(), reason=reason, at=datetime.now(UTC))
        note(f"{_name(host)} is parked; running crawls hear of it within 5 s")


def resume(
    host: HostArgument, *, reason: ReasonOption, by: ByOption = None, database: DatabaseOption = None
) -> None:
    """Let requests to a host leave again: lift its hold, close its breaker, forget its refusals."""
    with _changing(database, reason) as opened:
        hosts.resume(opened, _name(host), by=by or _whoever(), reason=reason, at=datetime.now(UTC))
        note(f"{_name(host)} may be asked again; what it asked for itself (Retry-After, its gap) still holds")


def history(
    host: Annotated[str | None, typer.Argument(metavar="[HOST]", help="Only this host.")] = None,
    *,
    form: FormatOption = Format.TABLE,
    database: DatabaseOption = None,
) -> None:
    """List who paused, parked or resumed which host, when and why; the newest first."""
    with asking(database) as opened:
        rows = stream(opened, host_changes(None if host is None else _name(host)))
        if not write_rows(rows, HostChangeRow, HOST_CHANGES, form, sys.stdout):
            note("nothing matches")


@contextmanager
def _changing(database: str | None, reason: str) -> Iterator[Database]:
    """Open the database for a change; it must be there already."""
    if not reason.strip():
        refuse("--reason is empty: say why, for whoever asks later")
    with answering(), Database.open(database_location(database), upgrade=False) as opened:
        yield opened


def _name(host: str) -> str:
    """Return a host as rows name it; a URL is read as its host.

    >>> _name("https://Example.ORG:8080/a"), _name("bücher.example"), _name("[::1]")
    ('example.org', 'xn--bcher-kva.example', '::1')
    """
    text = host.strip()
    name = (urlsplit(text if "//" in text else f"//{text}").hostname if not _is_v6(text) else text) or ""
    try:
        found = name.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        found = ""
    if not found:
        refuse(f"{host!r} is no host: write its name as 'aboveboard hosts' lists it")
    return found


def _is_v6(text: str) -> bool:
    return text.count(":") > 1 and not text.startswith("[") and "//" not in text


def _whoever() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"
