"""``aboveboard query``: captures, refusals or sites; captures also as another usage or policy would decide them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from licences.vocabulary import ConditionType, Outcome, Usage
from provenance.answering import DatabaseOption, asking, refuse, require_site
from provenance.as_of import AsOfOption, moment, tell_erased
from provenance.commands.query_answers import (
    QueryFormat,
    captures_counted,
    captures_found,
    refusals_found,
    sites_found,
    why_nothing,
    with_conditions,
    write,
)
from provenance.queries import CaptureFilter, CountBy, RefusalFilter
from provenance.queries.known import settled
from provenance.records import CaptureKind
from provenance.rendering import Format

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S"]
EXAMPLES = """Examples:

aboveboard query --licence 'CC-BY-*' --outcome permitted --usage ai-train-gen

aboveboard query --outcome needs_review --policy cn-strict --format csv

aboveboard query --count outcome --count licence --usage ai-train-gen --policy strict-optin --as-of 2026-11-01

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
    media_type: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Only this media type: text/html, 'text/*'.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="TAG", help="As the page states it; en finds en-GB as well.")
    ] = None,
    condition: Annotated[
        list[ConditionType] | None,
        typer.Option(help="Only where this condition goes with the permission; again for one more."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[#ENTRY]", help="Only what stands on this source of the register, or entry of it."
        ),
    ] = None,
    digest: Annotated[
        str | None, typer.Option(metavar="HEX", help="Only this payload: sha256:HEX, or its first digits.")
    ] = None,
    run: Annotated[int | None, typer.Option(help="Only this run.")] = None,
    status: Annotated[int | None, typer.Option(help="HTTP status.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=DATES, help="From then on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DATES, help="Before then, UTC.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows.")] = None,
    counted: Annotated[
        list[CountBy] | None,
        typer.Option("--count", help="How many, by this; give it again for one more. Instant, however many."),
    ] = None,
    standing: Annotated[
        bool,
        typer.Option(
            "--standing", help="With --count: also heed what was learned since documents were fetched."
        ),
    ] = False,
    as_of: AsOfOption = None,
    form: Annotated[
        QueryFormat,
        typer.Option("--format", help="Table for people, jsonl or csv for programs, parquet for notebooks."),
    ] = QueryFormat.TABLE,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write there, not to standard output.")
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """List captured documents; with --refusals what was not taken; with --sites one row a site; with --count how many.

    The outcome is what each run's own policy decided for the run's own purpose, unless --usage or --policy asks
    for another: then it is what stands today, with all that was learned since (hosts' files, newer exchanges, the
    register of sources), exactly as a manifest would take it.  Nothing is written.  Counts are instant and heed
    what was stated when documents were fetched; add --standing for the rest.
    """
    of_captures = {
        "--kind": kind,
        "--licence": licence,
        "--outcome": outcome or None,
        "--usage": usage,
        "--policy": policy,
        "--conflicts": conflicts or None,
        "--status": status,
        "--media-type": media_type,
        "--language": language,
        "--condition": condition or None,
        "--digest": digest,
        "--count": counted or None,
    }
    of_times = {"--prefix": prefix, "--run": run, "--since": since, "--until": until, "--limit": limit}
    if refused and by_site:
        refuse("--refusals and --sites are two questions: ask one")
    if refused:
        _refuse_given(of_captures, "filters documents, not refusals")
    elif by_site:
        others = {"--rule": rule, "--source": source}
        _refuse_given({**of_captures, **of_times, **others}, "does not go with --sites")
    else:
        _refuse_given({"--rule": rule}, "filters refusals: add --refusals")
    if standing and not (counted and (usage or policy)):
        refuse("--standing goes with --count under a --usage or a --policy: a listing heeds it anyway")
    if counted:
        _refuse_given(
            {"--limit": limit, "--kind": kind}, "does not go with --count: documents are counted, all"
        )
    with asking(database) as opened:
        known_at = settled(opened, moment(as_of))
        require_site(opened, site, known_at)
        shared: dict[str, Any] = {
            "site": site,
            "prefix": prefix,
            "run": run,
            "since": _utc(since),
            "until": _utc(until),
        }
        shared |= {"source": source, "as_of": known_at, "limit": limit}
        wanted = CaptureFilter(
            **shared,
            kind=_kind(kind),
            outcomes=with_conditions(outcome or ()),
            conflicting=conflicts,
            conditions=condition or (),
            media_type=media_type,
            language=language,
            digest=digest,
            status=status,
        )
        if by_site:
            answer = sites_found(opened, site, known_at)
        elif refused:
            answer = refusals_found(opened, RefusalFilter(**shared, rule=rule))
        elif counted:
            answer = captures_counted(
                opened, counted, wanted, licence=licence, usage=usage, policy=policy, standing=standing
            )
        else:
            answer = captures_found(opened, wanted, licence, usage, policy)
        write(answer, form, out, lambda: why_nothing(prefix))
        tell_erased(opened, known_at, site=site, run=run)


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
