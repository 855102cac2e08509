"""``aboveboard source``: where data comes from, who admitted it, on what basis, until when; and a person's word on it.

A running crawl hears of a word within seconds, and the next manifest is made by it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

import typer

from licences.assessment import table
from provenance import admissions, recorded
from provenance.answering import DatabaseOption, answering, asking, database_location, note
from provenance.as_of import AsOfOption, moment
from provenance.database import Database
from provenance.rendering import Column, Format, instant, visible, write_jsonl, write_rows
from provenance.source_listing import SourceCard, card, listed
from provenance.sources import CRAWLED, Action, SourceEntry, SourceRow, SourceState, end_of

SOURCES = (
    Column(name="name", title="Source"),
    Column(name="state", title="State"),
    Column(name="mode", title="Mode", needs_room=True),
    Column(name="by", title="By"),
    Column(name="why", title="Basis, or reason"),
    Column(name="valid_until", title="Until, UTC"),
    Column(name="categories", title="Categories", needs_room=True),
    Column(name="recorded_at", title="Recorded, UTC", needs_room=True),
)
LIST_EXAMPLES = (
    "Examples:  aboveboard source list --state expired   |   aboveboard source list --as-of 2026-11-01"
)
SHOW_EXAMPLES = (
    "Examples:  aboveboard source show example.org   |   aboveboard source show example.org --format jsonl"
)
ADMIT_EXAMPLES = (
    "Examples:  aboveboard source admit example.org --by 'J. Doe' --basis 'CC BY 4.0, its terms of 2026-11-20'   |   "
    "aboveboard source admit forum.example --by 'J. Doe' --basis 'mail of its owner' --until 2027-01-31 "
    "--category personal-information --condition 'no user names' --assessor 'A. Roe' --approver 'B. Poe'"
)
REVOKE_EXAMPLES = "Example:  aboveboard source revoke example.org --by 'J. Doe' --reason 'its owner called'"


class Mode(StrEnum):
    """How data that can be admitted now is acquired."""

    CRAWLED = CRAWLED


class Shown(StrEnum):
    """How a source is shown."""

    TEXT = "text"
    JSONL = "jsonl"


SiteArgument = Annotated[
    str, typer.Argument(metavar="SITE", help="A registrable domain, an IP address or localhost.")
]
ByOption = Annotated[str, typer.Option("--by", metavar="WHO", help="Who says so: a person, by name.")]
CategoryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--category",
        metavar="NAME",
        help=f"What kind of data it holds; again for one more. One of: {', '.join(table().categories)}. "
        f"Default: {admissions.USUAL_CATEGORY}.",
        show_default=False,
    ),
]


def register(app: typer.Typer, site_of: Callable[[str], str]) -> None:
    """Mount the commands.

    Args:
        app: the program.
        site_of: returns the site that a text names, or raises an error that says what to write.
    """
    commands = typer.Typer(
        no_args_is_help=True,
        help="The register of sources: list them, show one, admit one, revoke one.",
        epilog=LIST_EXAMPLES,
    )
    word = _Words(site_of)
    commands.command("list", epilog=LIST_EXAMPLES)(list_sources)
    commands.command("show", epilog=SHOW_EXAMPLES)(word.show)
    commands.command("admit", epilog=ADMIT_EXAMPLES)(word.admit)
    commands.command("revoke", epilog=REVOKE_EXAMPLES)(word.revoke)
    app.add_typer(commands, name="source")


def list_sources(
    *,
    state: Annotated[SourceState | None, typer.Option(help="Only sources that stand so.")] = None,
    as_of: AsOfOption = None,
    form: Annotated[
        Format, typer.Option("--format", help="Table for people, jsonl or csv for programs.")
    ] = Format.TABLE,
    database: DatabaseOption = None,
) -> None:
    """List sources as they stand, by name."""
    with asking(database) as opened:
        asked = _settled(opened, as_of)
        rows = listed(opened, at=asked or datetime.now(UTC), as_of=asked, state=state)
        if not write_rows(rows, SourceRow, SOURCES, form, sys.stdout):
            note("nothing matches")


class _Words:
    """The commands about one site."""

    def __init__(self, site_of: Callable[[str], str]) -> None:
        self._site_of = site_of

    def show(
        self,
        name: Annotated[str, typer.Argument(metavar="NAME", help="A source, as listed.")],
        *,
        as_of: AsOfOption = None,
        form: Annotated[
            Shown, typer.Option("--format", help="Text for people, jsonl for programs.")
        ] = Shown.TEXT,
        database: DatabaseOption = None,
    ) -> None:
        """Show all entries of a source, its assessment with the duties, and which runs took how many documents."""
        with asking(database) as opened:
            asked = _settled(opened, as_of)
            name = self._site_of(name.partition("#")[0])
            found = card(opened, name, at=asked or datetime.now(UTC), as_of=asked)
            if form is Shown.JSONL:
                write_jsonl([found], sys.stdout)
            else:
                sys.stdout.writelines(f"{visible(line)}\n" for line in _in_words(found))

    def admit(
        self,
        site: SiteArgument,
        *,
        by: ByOption,
        basis: Annotated[
            str, typer.Option(metavar="WHY", help="On what basis: a licence, a contract, a statute.")
        ],
        until: Annotated[
            str | None,
            typer.Option(
                metavar="DATE",
                help="The last day (UTC), or an instant. Default: until its assessment has to be made again.",
                show_default=False,
            ),
        ] = None,
        begins: Annotated[
            str | None,
            typer.Option("--from", metavar="DATE", help="The first day (UTC), or an instant. Default: now."),
        ] = None,
        mode: Annotated[Mode, typer.Option(help="How its data is acquired.")] = Mode.CRAWLED,
        category: CategoryOption = None,
        condition: Annotated[
            list[str] | None,
            typer.Option("--condition", metavar="TEXT", help="Under which alone; again for one more."),
        ] = None,
        assessor: Annotated[str | None, typer.Option(metavar="NAME", help="Who assessed it.")] = None,
        approver: Annotated[
            str | None, typer.Option(metavar="NAME", help="Who approved it: somebody else.")
        ] = None,
        database: DatabaseOption = None,
    ) -> None:
        """Admit a site to be crawled, or renew its admission; this lifts a revocation.

        Conditions, and categories that may harm people, need an assessor and another person to approve.
        """
        del mode  # one for now
        with _changing(database) as opened:
            entry = admissions.admit(
                opened,
                self._site_of(site),
                by=by,
                basis=basis,
                categories=category or (admissions.USUAL_CATEGORY,),
                conditions=condition or (),
                assessor=assessor,
                approver=approver,
                valid_from=moment(begins),
                valid_until=_end_of(until),
            )
            duties = (entry.assessment or {}).get("duties", [])
            note(f"{entry.label} is admitted {_span(entry)}; what it asks of you:")
            for duty in duties:
                note(f"  {duty['id']:<14} {duty['says']}")

    def revoke(
        self,
        site: SiteArgument,
        *,
        by: ByOption,
        reason: Annotated[str, typer.Option(metavar="WHY", help="Why, for whoever asks later.")],
        database: DatabaseOption = None,
    ) -> None:
        """Take a site out of every crawl, and its documents out of every manifest, at once."""
        with _changing(database) as opened:
            name = self._site_of(site)
            entry = admissions.revoke(opened, name, by=by, reason=reason)
            documents = card(opened, name, at=entry.recorded_at).documents
            note(
                f"{entry.label} is revoked: running crawls hear of it within 5 s, and no manifest takes from it"
            )
            if documents:
                note(f"it has {documents:,} documents; 'aboveboard recall' says which manifests hold them")


@contextmanager
def _changing(database: str | None) -> Iterator[Database]:
    """Open the database for a change; it must be there already."""
    with answering(), Database.open(database_location(database), upgrade=False) as opened:
        yield opened


def _settled(database: Database, as_of: str | None) -> datetime | None:
    """Return the moment that a question is about, for which the answer is there for good; None: now."""
    asked = moment(as_of)
    if asked is not None:
        recorded.settle(database, asked)
    return asked


def _end_of(until: str | None) -> datetime | None:
    """Return when an admission ends: a day counts to its end.

    >>> _end_of("2027-03-31"), _end_of("2027-03-31T12:00Z")
    (datetime.datetime(2027, 4, 1, 0, 0, tzinfo=datetime.timezone.utc),
     datetime.datetime(2027, 3, 31, 12, 0, tzinfo=datetime.timezone.utc))
    """
    if until is None:
        return None
    try:
        return end_of(date.fromisoformat(until.strip()))
    except ValueError:
        return moment(until)


def _span(entry: SourceEntry) -> str:
    until = "without an end" if entry.valid_until is None else f"until {instant(entry.valid_until)}"
    return f"from {instant(entry.valid_from)} {until}"


def _in_words(found: SourceCard) -> Iterator[str]:
    stands = found.stands
    yield f"{stands.name}  {stands.state}, {stands.mode}"
    yield ""
    yield "entries, the newest last"
    for entry in found.entries:
        yield from _entry_in_words(entry)
    if found.duties:
        yield ""
        again = "" if found.review_by is None else f", to be assessed again by {found.review_by}"
        yield f"duties of its newest assessment{again}"
        for duty in found.duties:
            yield f"  {duty['id']:<14} {duty['says']}"
    yield ""
    yield f"documents  {found.documents:,}"
    for run in found.runs:
        yield f"  run {run.run} of {run.job}, for {run.purpose}, begun {instant(run.started_at)}: {run.documents:,}"


def _entry_in_words(entry: SourceEntry) -> Iterator[str]:
    yield f"  #{entry.id}  {instant(entry.recorded_at)}  {entry.action} by {entry.by}"
    if entry.action is Action.REVOKED:
        yield f"      because {entry.reason}"
        return
    yield f"      {_span(entry)}"
    yield f"      basis: {entry.basis}"
    said = "nobody said what kind of data it holds" if not entry.categories else ", ".join(entry.categories)
    yield f"      categories: {said}"
    for condition in entry.conditions:
        yield f"      condition: {condition}"
    if entry.assessor or entry.approver:
        yield f"      assessed by {entry.assessor or 'nobody named'}, approved by {entry.approver or 'nobody named'}"
    if entry.run_id is not None:
        yield f"      by the job file of run {entry.run_id}"
