"""``aboveboard manifest``: the documents that a policy permits for a usage, in Parquet, with their papers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from licences.policy import BUILTIN, load
from licences.vocabulary import Usage
from provenance.answering import DatabaseOption, asking, note, require_site
from provenance.as_of import AsOfOption, moment, tell_erased
from provenance.columnar import arrow
from provenance.commands.query import DATES
from provenance.commands.query_answers import covered, why_nothing
from provenance.database import Database
from provenance.manifest.reasons import in_words
from provenance.manifest.selection import Duplicates, Selection, Versions, parts_of
from provenance.queries.capture_filter import CaptureFilter
from provenance.standings import Standing

if TYPE_CHECKING:
    from provenance.manifest.export import Told, Written

EXAMPLES = """Examples:

aboveboard manifest train.parquet --usage ai-train-gen --policy strict-optin --for research

aboveboard manifest set.parquet --usage tdm --policy eu-tdm --licence 'CC-BY-*' --split train=0.98,test=0.02
"""


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command(epilog=EXAMPLES)(manifest)


def manifest(
    out: Annotated[
        Path, typer.Argument(metavar="OUT.parquet", help="The file; its papers are put beside it.")
    ],
    *,
    usage: Annotated[Usage, typer.Option(help="What the documents are to be used for.")],
    policy: Annotated[
        str, typer.Option(metavar="NAME|FILE", help=f"A profile ({', '.join(BUILTIN)}) or a policy file.")
    ],
    site: Annotated[
        str | None, typer.Option(help="Only this site: a registrable domain, an IP address or localhost.")
    ] = None,
    prefix: Annotated[str | None, typer.Option(metavar="URL", help="Only URLs that begin with it.")] = None,
    licence: Annotated[
        str | None,
        typer.Option(metavar="GLOB", help="A licence stated for the document itself: 'CC-BY-*'; case aside."),
    ] = None,
    media_type: Annotated[
        str | None, typer.Option(metavar="GLOB", help="As stated: text/html, or 'text/*'.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="TAG", help="As stated; en finds en-GB as well.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME[#N]", help="Only this source of the register, or one entry of it."),
    ] = None,
    run: Annotated[int | None, typer.Option(help="Only this run.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=DATES, help="Fetched from then on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DATES, help="Fetched before then, UTC.")] = None,
    as_of: AsOfOption = None,
    duplicates: Annotated[
        Duplicates,
        typer.Option(
            help="Leave out what has an equal payload (exact), or says nearly the same as well (near)."
        ),
    ] = Duplicates.EXACT,
    versions: Annotated[
        Versions,
        typer.Option(
            help="Of each URL the newest capture, and none where that one is not permitted; or all."
        ),
    ] = Versions.LATEST,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=SHARE,…",
            help="Cut the set into parts that share no site and no near duplicate: train=0.98,test=0.02.",
        ),
    ] = None,
    holder: Annotated[
        str | None, typer.Option("--for", metavar="TEAM", help="Who gets it, and its recalls.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files of these names.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Write the documents that a policy permits for a usage: one row each, sealed, with NOTICE and other papers.

    Beside OUT.parquet come OUT.NOTICE.txt, OUT.croissant.json, OUT.prov.json and OUT.datasheet.md.  The manifest is
    registered, so that «aboveboard recall» can tell its holder what may not be used any more.
    """
    with asking(database) as opened:
        arrow()
        require_site(opened, site)
        asked_at = moment(as_of)
        asked = Selection(
            usage=usage,
            policy=load(policy),
            wanted=CaptureFilter(
                site=site,
                prefix=prefix,
                rights_sets=covered(opened, licence),
                media_type=media_type,
                language=language,
                source=source,
                run=run,
                since=_utc(since),
                until=_utc(until),
            ),
            licence=licence,
            duplicates=duplicates,
            versions=versions,
            parts=parts_of(split),
            holder=holder,
        )
        with _progress() as told:
            written = _written(opened, asked, asked_at, out, force=force, told=told)
        tell_erased(opened, asked_at, site=site, run=run)
        if not written.header["counts"]["considered"]:
            note(why_nothing(prefix))
        _sum_up(written)


def _written(
    database: Database, asked: Selection, as_of: datetime | None, out: Path, *, force: bool, told: Told
) -> Written:
    from provenance.manifest.export import write_manifest  # noqa: PLC0415  # needs the extra, see `arrow`

    told("deciding", 0)
    standing = Standing.at(database, asked.usage, asked.policy, as_of)
    return write_manifest(database, standing, asked, out, force=force, told=told)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _sum_up(written: Written) -> None:
    counts = written.header["counts"]
    note(
        f"{counts['rows']:,} of {counts['considered']:,} documents, {counts['bytes']:,} bytes: {written.path}"
    )
    for reason, count in counts["excluded"].items():
        note(f"  {count:,} left out, {reason}: {in_words(reason)}")
    if "split" in written.header:
        shares = written.header["split"]["shares"]
        note(f"  split: {', '.join(f'{name} {share}' for name, share in shares.items())}")
    for sentence in written.too_large:
        note(f"  {sentence}")
    note(f"seal {written.seal}, as of {written.header['as_of']}")
    note(f"beside it: {', '.join(path.name for path in written.papers)}")


@contextmanager
def _progress() -> Iterator[Told]:
    """Show what is being done, on a terminal; elsewhere, nothing."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not os.isatty(2),
        transient=True,
    ) as bar:
        tasks: dict[str, int] = {}

        def told(doing: str, rows: int) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing, total=None)
            bar.advance(tasks[doing], rows)  # type: ignore[arg-type]  # rich names its own int

        yield told
