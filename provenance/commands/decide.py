"""``aboveboard decide``: what a policy makes of everything held, or what adopting another would change."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from typing import Annotated

import typer
from rich.console import Console

from licences.policy import BUILTIN, Policy, load
from licences.vocabulary import Usage
from provenance.answering import DatabaseOption, asking, note, refuse, require_site
from provenance.as_of import AsOfOption, moment, tell_erased
from provenance.database import Database
from provenance.deciding import ChangeRow, Holdings, OutcomeRow, changes, holdings, outcomes, record
from provenance.queries.known import settled
from provenance.rendering import Column, Format, write_rows

OUTCOMES = (
    Column(name="usage", title="Usage"),
    Column(name="outcome", title="Outcome"),
    Column(name="documents", title="Documents", is_numeric=True),
    Column(name="rule", title="By rule"),
    Column(name="says", title="Which says", needs_room=True),
    Column(name="samples", title="For example"),
)
CHANGES = (
    Column(name="usage", title="Usage", needs_room=True),
    Column(name="before", title="From"),
    Column(name="after", title="To"),
    Column(name="documents", title="Documents", is_numeric=True),
    Column(name="rule_before", title="By rule"),
    Column(name="rule_after", title="Then by"),
    Column(name="samples", title="For example"),
)
_POLICY = f"A profile ({', '.join(BUILTIN)}) or a policy file."


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command(
        epilog="Example: aboveboard decide --policy strict-optin --compare eu-tdm --usage ai-train-gen"
    )(decide)


def decide(
    *,
    policy: Annotated[str, typer.Option(metavar="POLICY", help=_POLICY)],
    compared: Annotated[
        str | None,
        typer.Option(
            "--compare", metavar="POLICY", help="Print what would change by going over to this one."
        ),
    ] = None,
    usages: Annotated[
        list[Usage] | None,
        typer.Option("--usage", help="What for; more than once for several.  [default: ai-train-gen]"),
    ] = None,
    site: Annotated[
        str | None, typer.Option(help="Only this site: a registrable domain, an IP address or localhost.")
    ] = None,
    recorded: Annotated[
        bool,
        typer.Option(
            "--record",
            help="Write the decisions down, so that counts under this policy are instant; what is decided stays.",
        ),
    ] = False,
    as_of: AsOfOption = None,
    form: Annotated[
        Format, typer.Option("--format", help="Table for people, jsonl or csv for programs.")
    ] = Format.TABLE,
    database: DatabaseOption = None,
) -> None:
    """Decide over everything held, by any policy; with --compare, print what another would change.

    Every document is decided by what was stated when it was fetched; what was learned since is for query and
    manifest.  Writes nothing, unless --record is given.
    """
    asked = list(dict.fromkeys(usages or [Usage.AI_TRAIN_GEN]))
    if recorded and (compared or site or as_of):
        refuse(
            "--record writes what one policy makes of everything today: leave --compare, --site and --as-of out"
        )
    with asking(database) as opened:
        moment_asked = moment(as_of)
        first = load(policy)
        second = None if compared is None else load(compared)
        with _saying("counting documents by what was stated for them"):
            held = _holdings(opened, site, moment_asked)
        with _saying(f"deciding {len(held.held):,} rights sets"):
            if second is None:
                told = outcomes(opened, held.held, first, asked)
            else:
                changed = changes(opened, held.held, first, second, asked)
        tell_erased(opened, moment_asked, site=site)
        if recorded:
            note(f"{record(opened, first, asked):,} decisions by {first.name} were recorded")
        if second is None:
            write_rows(told, OutcomeRow, OUTCOMES, form, sys.stdout)
            sys.stdout.flush()
            _sum_up_outcomes(told, held, first)
        else:
            write_rows(changed, ChangeRow, CHANGES, form, sys.stdout)
            sys.stdout.flush()
            _sum_up_changes(changed, held, first, second, asked)


def _holdings(database: Database, site: str | None, as_of: datetime | None) -> Holdings:
    settled(database, as_of)
    require_site(database, site, as_of)
    held = holdings(database, site=site, as_of=as_of)
    if held.unread:
        note(
            f"{held.unread:,} documents are left out: what was stated for them was recorded by another release, "
            "or is damaged"
        )
    return held


def _sum_up_outcomes(rows: Iterable[OutcomeRow], held: Holdings, policy: Policy) -> None:
    note(f"{held.documents:,} documents, decided by {policy.name}")
    for (usage, outcome), group in groupby(rows, lambda row: (row.usage, row.outcome)):
        count = sum(row.documents for row in group)
        note(f"  {usage.value}: {outcome.value} {count:,} ({_share(count, held.documents)})")


def _sum_up_changes(
    rows: list[ChangeRow], held: Holdings, before: Policy, after: Policy, usages: Iterable[Usage]
) -> None:
    note(f"{held.documents:,} documents, from {before.name} to {after.name}")
    for usage in usages:
        of_usage = [row for row in rows if row.usage is usage]
        count = sum(row.documents for row in of_usage)
        note(f"  {usage.value}: {count:,} would change ({_share(count, held.documents)})")
        for (old, new), group in groupby(of_usage, lambda row: (row.before, row.after)):
            note(f"    {old.value} to {new.value}: {sum(row.documents for row in group):,}")


def _share(part: int, whole: int) -> str:
    """Return a part in per cent, rounded so that something is never nothing, nor less than all of it all.

    >>> _share(0, 7), _share(1, 10_000), _share(9_999, 10_000), _share(2, 2), _share(0, 0)
    ('0 %', '0.1 %', '99.9 %', '100 %', '0 %')
    """
    if part in {0, whole}:
        return "100 %" if part else "0 %"
    return f"{min(max(100 * part / whole, 0.1), 99.9):.1f} %"


@contextmanager
def _saying(words: str) -> Iterator[None]:
    """Show on a terminal what is being done while it takes time; elsewhere, nothing."""
    console = Console(stderr=True)
    with console.status(words):
        yield
