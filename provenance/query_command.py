"""``aboveboard query``: captures, refusals or sites; captures also as another usage or policy would decide them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from licences.policy import load
from licences.vocabulary import Outcome, Usage
from provenance import columns
from provenance.answering import DatabaseOption, asking, note, refuse
from provenance.database import Database
from provenance.queries import (
    CaptureFilter,
    CaptureRow,
    Question,
    RefusalFilter,
    RefusalRow,
    SiteRow,
    captures,
    covered_by,
    decided_captures,
    licences_stated,
    refusals,
    site_names,
    sites,
    stream,
)
from provenance.records import CaptureKind
from provenance.rendering import Format, write_rows

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S"]
LICENCES_NAMED = 12  # where none matches
EXAMPLES = """Examples:

aboveboard query --licence 'CC-BY-*' --outcome permitted --usage ai-train-gen

aboveboard query --outcome needs_review --policy cn-strict --format csv

aboveboard query --refusals --rule robots.disallow --site example.org
"""


class Kind(StrEnum):
    """What `query` lists."""

    DOCUMENT = CaptureKind.DOCUMENT.value
    REDIRECT = CaptureKind.REDIRECT.value
    FAILURE = CaptureKind.FAILURE.value
    SITE_DOCUMENT = CaptureKind.SITE_DOCUMENT.value
    ALL = "all"


FormatOption = Annotated[
    Format, typer.Option("--format", help="Table for people, jsonl or csv for programs.")
]


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command(epilog=EXAMPLES)(query)


def query(
    *,
    refused: Annotated[bool, typer.Option("--refusals", help="What was not taken, and why.")] = False,
    by_site: Annotated[bool, typer.Option("--sites", help="One row a site.")] = False,
    site: Annotated[
        str | None, typer.Option(help="Only this site: a registrable domain, an IP address or localhost.")
    ] = None,
    prefix: Annotated[str | None, typer.Option(metavar="URL", help="Only URLs that begin with it.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Kind of exchange; default: document.")] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            metavar="GLOB",
            help="A licence stated for the document itself, * and ? for any characters, case aside: 'CC-BY-*'.",
        ),
    ] = None,
    outcome: Annotated[
        list[Outcome] | None,
        typer.Option(
            help="Only what was decided so; give it again for another. «permitted» lists what is permitted on "
            "conditions as well: each row says which."
        ),
    ] = None,
    usage: Annotated[
        Usage | None, typer.Option(help="Decide for this usage, not for the purpose of each run.")
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="Decide by this policy, not by each run's own; nothing is written."
        ),
    ] = None,
    conflicts: Annotated[
        bool, typer.Option("--conflicts", help="Only where statements contradict each other.")
    ] = False,
    rule: Annotated[
        str | None, typer.Option(help="With --refusals: one rule (robots.disallow) or a family (robots).")
    ] = None,
    run: Annotated[int | None, typer.Option(help="Only this run.")] = None,
    status: Annotated[int | None, typer.Option(help="HTTP status.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=DATES, help="From then on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DATES, help="Before then, UTC.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows.")] = None,
    form: FormatOption = Format.TABLE,
    database: DatabaseOption = None,
) -> None:
    """List captured documents; with --refusals what was not taken; with --sites one row a site.

    The outcome is what each run's own policy decided for the run's own purpose, unless --usage or --policy asks
    for another: then every rights set is decided anew, once, and nothing is written.
    """
    of_captures = {
        "--kind": kind,
        "--licence": licence,
        "--outcome": outcome or None,
        "--usage": usage,
        "--policy": policy,
        "--conflicts": conflicts or None,
        "--status": status,
    }
    of_times = {"--prefix": prefix, "--run": run, "--since": since, "--until": until, "--limit": limit}
    if refused and by_site:
        refuse("--refusals and --sites are two questions: ask one")
    if refused:
        _refuse_given(of_captures, "filters documents, not refusals")
    elif by_site:
        _refuse_given({**of_captures, **of_times, "--rule": rule}, "does not go with --sites")
    else:
        _refuse_given({"--rule": rule}, "filters refusals: add --refusals")
    with asking(database) as opened:
        _require_site(opened, site)
        if by_site:
            _told(write_rows(stream(opened, sites(site=site)), SiteRow, columns.SITES, form, sys.stdout))
            return
        if refused:
            unwanted = RefusalFilter(
                site=site,
                prefix=prefix,
                rule=rule,
                run=run,
                since=_utc(since),
                until=_utc(until),
                limit=limit,
            )
            found = stream(opened, refusals(unwanted))
            _told(write_rows(found, RefusalRow, columns.REFUSALS, form, sys.stdout))
            return
        wanted = CaptureFilter(
            site=site,
            prefix=prefix,
            kind=_kind(kind),
            rights_sets=None if licence is None else _covered(opened, licence),
            outcomes=_with_conditions(outcome or ()),
            conflicting=conflicts,
            run=run,
            status=status,
            since=_utc(since),
            until=_utc(until),
            limit=limit,
        )
        rows = _captures(opened, wanted, usage, policy)
        _told(write_rows(rows, CaptureRow, columns.CAPTURES, form, sys.stdout))


def _captures(
    database: Database, wanted: CaptureFilter, usage: Usage | None, policy: str | None
) -> Iterator[CaptureRow]:
    if usage is None and policy is None:
        return stream(database, captures(wanted))
    asked = Question(usage=usage, policy=None if policy is None else load(policy))
    return decided_captures(database, wanted, asked)


def _covered(database: Database, licence: str) -> tuple[int, ...]:
    found = covered_by(database, licence)
    if not found:
        stated = licences_stated(database, LICENCES_NAMED)
        known = f"some that are stated: {', '.join(stated)}" if stated else "none is stated anywhere"
        note(f"--licence {licence}: no document states such a licence for itself; {known}")
    return found


def _told(rows: int) -> None:
    if not rows:
        note("nothing matches")


def _require_site(database: Database, site: str | None) -> None:
    if site is None:
        return
    with database.session() as session:
        names = list(session.scalars(site_names()))
    if site not in names:
        refuse(f"nothing is known of {site}; visited sites are: {', '.join(names) or 'none yet'}")


def _refuse_given(options: Mapping[str, object], why: str) -> None:
    for option, value in options.items():
        if value is not None:
            refuse(f"{option} {why}")


def _kind(kind: Kind | None) -> CaptureKind | None:
    if kind is Kind.ALL:
        return None
    return CaptureKind.DOCUMENT if kind is None else CaptureKind(kind.value)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _with_conditions(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes asked for; what is permitted is so also where conditions go with it."""
    wanted = dict.fromkeys(outcomes)
    if Outcome.PERMITTED in wanted:
        wanted[Outcome.PERMITTED_WITH_CONDITIONS] = None
    return tuple(wanted)
