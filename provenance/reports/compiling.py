"""Compile a dossier: ask the database for totals, and lay them beside each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from licences.vocabulary import Outcome
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.queries import evidence, holdings, load, refusal_groups, visits
from provenance.queries.capture_rows import digest_in_words
from provenance.queries.evidence import Example
from provenance.queries.holdings import Holding
from provenance.queries.rows import all_rows, stream
from provenance.queries.site_rows import site_names
from provenance.records import CaptureKind
from provenance.reports.dossier import (
    Admission,
    Dossier,
    ExchangeLine,
    HostLoad,
    HourLoad,
    Identity,
    MediaLine,
    PermissionLine,
    RefusalExample,
    RefusalLine,
    RobotsSnapshot,
    RunLine,
    Totals,
)
from provenance.reports.folding import Folded
from provenance.reports.host_files import host_file_lines
from provenance.reports.words import refusal_in_words
from provenance.sources import standing

HOURS_SHOWN = 168  # the latest week of hours in which anything was asked
PAUSES_SHOWN = 100
REFUSAL_EXAMPLES = 5  # a rule
OUR_GAP_FLOOR = 5.0  # seconds between requests to one host, unless its owner granted less


class UnknownSiteError(ProvenanceError):
    """Nothing was ever asked of this site."""


def compile_dossier(
    database: Database, site: str, *, run: int | None = None, now: datetime | None = None
) -> Dossier:
    """Return everything a reviewer is told about one site.

    Args:
        database: where to look.
        site: registrable domain, IP address or "localhost", as `site_names` has it.
        run: only this run; None: all runs.
        now: the instant that the dossier says it was written at; None: the clock.

    Raises:
        UnknownSiteError: the site was never visited (in this run); names those that were.
    """
    holding = Holding(site=site, run=run)
    runs = require_visited(database, holding)
    admissions = tuple(_same(Admission, row) for row in all_rows(database, visits.site_admissions(holding)))
    folded = Folded(stream(database, holdings.rights(holding)))
    exchanges = tuple(_same(ExchangeLine, row) for row in all_rows(database, holdings.exchanges(holding)))
    refused = _refusals(database, holding)
    urls = {example.id: example.url for example in _examples(database, folded.examples())}
    outcomes = folded.outcome_lines(urls)
    floor, floor_source = gap_floor(admissions)
    written_at = now or datetime.now(UTC)
    with database.reading() as connection:
        source = standing(connection, site, at=written_at)
    return Dossier(
        site=site,
        run=run,
        written_at=written_at,
        source=source,
        totals=_totals(database, holding, exchanges, refused, outcomes),
        identities=_identities(runs),
        admissions=admissions,
        runs=tuple(_run_line(row) for row in runs),
        outcomes=outcomes,
        reviews=folded.doubts.reviews(urls),
        conflicts=folded.doubts.conflicts(urls),
        mix=folded.mix.lines(urls),
        licences=folded.licence_lines(urls),
        signals=folded.signal_lines(urls),
        statements=folded.history.lines(),
        host_files=host_file_lines(database, holding, runs),
        silent_documents=folded.silent,
        refusals=refused,
        permissions=tuple(
            _same(PermissionLine, row) for row in all_rows(database, evidence.permissions(holding))
        ),
        robots=_robots(database, holding),
        media=tuple(_same(MediaLine, row) for row in all_rows(database, holdings.media(holding))),
        exchanges=exchanges,
        hours=_hours(database, holding),
        hosts=_hosts(database, holding),
        gap_floor=floor,
        gap_floor_source=floor_source,
    )


def require_visited(database: Database, holding: Holding) -> Sequence[visits.SiteRun]:
    """Return the runs that came to a site.

    Raises:
        UnknownSiteError: none did.
    """
    runs = all_rows(database, visits.site_runs(holding))
    if not runs:
        raise UnknownSiteError(_never_visited(database, holding))
    return runs


def gap_floor(admissions: Iterable[Admission]) -> tuple[float, str]:
    """Return the least seconds we promise between two requests to one host, and where that is said."""
    granted = [
        (
            float(admission.permission["min_gap_seconds"]),
            str(admission.permission.get("granted_by", "its owner")),
        )
        for admission in admissions
        if admission.permission and "min_gap_seconds" in admission.permission
    ]
    if not granted:
        return OUR_GAP_FLOOR, "our rule for every host"
    least, owner = min(granted)
    return least, f"granted by {owner}"


def _never_visited(database: Database, holding: Holding) -> str:
    with database.session() as session:
        names = list(session.scalars(site_names()))
    wanted = holding.site if holding.run is None else f"{holding.site} in run {holding.run}"
    known = f"visited sites are: {', '.join(names)}" if names else "no site was visited yet"
    return f"nothing is known of {wanted}; {known}"


def _same(line: type[Any], row: Any) -> Any:
    return line(**{field.name: getattr(row, field.name) for field in fields(line)})


def _run_line(row: visits.SiteRun) -> RunLine:
    named = {
        field.name: getattr(row, field.name) for field in fields(RunLine) if field.name != "policy_digest"
    }
    return RunLine(**named, policy_digest=digest_in_words(row.policy_digest))


def _identities(runs: Sequence[visits.SiteRun]) -> tuple[Identity, ...]:
    names = [field.name for field in fields(Identity) if field.name != "runs"]
    by_identity: dict[tuple[str | None, ...], list[int]] = {}
    for row in runs:
        by_identity.setdefault(tuple(getattr(row, name) for name in names), []).append(row.id)
    return tuple(
        Identity(**dict(zip(names, identity, strict=True)), runs=tuple(ids))  # type: ignore[arg-type]  # the names are its fields
        for identity, ids in by_identity.items()
    )


def _totals(
    database: Database,
    holding: Holding,
    exchanges: Sequence[ExchangeLine],
    refused: Sequence[RefusalLine],
    outcomes: Sequence[Any],
) -> Totals:
    [extent] = all_rows(database, holdings.extent(holding))
    return Totals(
        documents=extent.documents,
        addresses=extent.addresses,
        bytes=extent.bytes,
        refusals=sum(line.refusals for line in refused),
        redirects=_of_kind(exchanges, CaptureKind.REDIRECT),
        failures=_of_kind(exchanges, CaptureKind.FAILURE),
        needs_review=sum(line.documents for line in outcomes if line.outcome == Outcome.NEEDS_REVIEW),
        first_at=extent.first_at,
        last_at=extent.last_at,
    )


def _of_kind(exchanges: Iterable[ExchangeLine], kind: CaptureKind) -> int:
    return sum(line.exchanges for line in exchanges if line.kind == kind)


def _refusals(database: Database, holding: Holding) -> tuple[RefusalLine, ...]:
    groups = all_rows(database, refusal_groups.refusal_groups(holding))
    wanted: dict[str, list[int]] = {}
    for group in groups:  # one of each line of robots.txt first, then the latest of each
        wanted.setdefault(group.rule, []).append(group.least)
    for group in groups:
        wanted[group.rule].append(group.latest)
    chosen = {rule: list(dict.fromkeys(ids))[:REFUSAL_EXAMPLES] for rule, ids in wanted.items()}
    found = all_rows(
        database, refusal_groups.refusal_examples({key for ids in chosen.values() for key in ids})
    )
    lines = [
        RefusalLine(
            rule=rule,
            meaning=refusal_in_words(rule),
            refusals=sum(group.refusals for group in groups if group.rule == rule),
            examples=tuple(_same(RefusalExample, one) for one in found if one.rule == rule),
        )
        for rule in chosen
    ]
    return tuple(sorted(lines, key=lambda line: (-line.refusals, line.rule)))


def _examples(database: Database, ids: set[int]) -> list[Example]:
    return all_rows(database, evidence.examples(ids)) if ids else []


def _robots(database: Database, holding: Holding) -> tuple[RobotsSnapshot, ...]:
    versions = all_rows(database, evidence.robots(holding))
    places = {place.id: place for place in _examples(database, {version.least for version in versions})}
    return tuple(
        RobotsSnapshot(
            url=version.url,
            status=version.status,
            payload_digest=digest_in_words(version.payload_digest),
            length=version.length,
            first_seen=version.first_seen,
            last_seen=version.last_seen,
            times=version.times,
            warc_uri=places[version.least].warc_uri,
            warc_offset=places[version.least].warc_offset,
            warc_length=places[version.least].warc_length,
        )
        for version in versions
    )


def _hours(database: Database, holding: Holding) -> tuple[HourLoad, ...]:
    rows = all_rows(database, load.load_by_hour(holding, HOURS_SHOWN))
    return tuple(_same(HourLoad, row) for row in reversed(rows))


def _hosts(database: Database, holding: Holding) -> tuple[HostLoad, ...]:
    why: dict[str, list[str]] = {}
    for pause in all_rows(database, load.pauses(holding, PAUSES_SHOWN)):
        reasons = why.setdefault(pause.host, [])
        reasons += [words for words in json.loads(pause.pauses) if words not in reasons]
    named = [field.name for field in fields(HostLoad) if field.name != "pauses"]
    return tuple(
        HostLoad(**{name: getattr(row, name) for name in named}, pauses=tuple(why.get(row.host, ())))
        for row in all_rows(database, load.load_by_host(holding))
    )
