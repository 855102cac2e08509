"""Commands that ask the provenance database: report, runs.  Mounted by `register`.

Data goes to standard output, words for people to standard error.
A question never creates or changes a database.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from provenance import columns
from provenance.answering import DatabaseOption, asking, note, refuse
from provenance.commands.query import FormatOption
from provenance.database import Database
from provenance.queries import RunRow, runs, stream
from provenance.records import RunState
from provenance.rendering import Column, Format, write_rows
from provenance.reports.compiling import compile_dossier
from provenance.reports.host_load import write_host_load
from provenance.reports.writing import (
    ReportFormat,
    file_stem,
    write_all,
    write_dossier,
    write_file,
    write_text,
)

REPORTS_FOLDER = Path("aboveboard-reports")
STANDARD_OUTPUT = Path("-")


def register(app: typer.Typer) -> None:
    """Mount the commands on the program's own command line."""
    app.command(epilog="Example: aboveboard report example.org --output example.html")(report)
    app.command("runs", epilog="Example: aboveboard runs --state interrupted")(list_runs)


def report(
    domain: Annotated[
        str | None, typer.Argument(help="A site, as «aboveboard query --sites» lists it.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every site: one file each, and an index.")] = False,
    form: Annotated[
        ReportFormat, typer.Option("--format", help="How the report leaves.")
    ] = ReportFormat.HTML,
    output: Annotated[
        Path | None,
        typer.Option(
            help=f"File, or - for standard output; with --all a folder. Default: DOMAIN.html, "
            f"standard output for json, csv and hostload, ./{REPORTS_FOLDER} with --all.",
            show_default=False,
        ),
    ] = None,
    run: Annotated[int | None, typer.Option(help="Only this run; default: all runs.")] = None,
    database: DatabaseOption = None,
) -> None:
    """Write what is known of a site: decisions, licences, signals, refusals, volumes, pace."""
    if every == (domain is not None):
        refuse("name one site, or give --all")
    if every and form is ReportFormat.HOSTLOAD:
        refuse("--format hostload is one site's: name it instead of --all")
    if every and (run is not None or output == STANDARD_OUTPUT):
        refuse("--all writes every site into a folder: leave --run and --output - out")
    with asking(database) as opened:
        if domain is None:
            written = write_all(opened, form, output or REPORTS_FOLDER)
            note(f"{len(written) - 1} reports written, beginning at {written[-1]}")
            return
        if form is ReportFormat.HOSTLOAD:
            _write_host_load(opened, domain, run, output or STANDARD_OUTPUT)
            return
        dossier = compile_dossier(opened, domain, run=run)
        place = output or (
            Path(f"{file_stem(domain)}.html") if form is ReportFormat.HTML else STANDARD_OUTPUT
        )
        if place == STANDARD_OUTPUT:
            write_dossier(dossier, form, sys.stdout)
        else:
            note(f"report written to {write_file(dossier, form, place)}")


def _write_host_load(database: Database, domain: str, run: int | None, place: Path) -> None:
    if place == STANDARD_OUTPUT:
        write_host_load(database, domain, sys.stdout, run=run)
    else:
        written = write_text(place, lambda out: write_host_load(database, domain, out, run=run))
        note(f"host load written to {written}")


def list_runs(
    *,
    state: Annotated[RunState | None, typer.Option(help="Only runs in this state.")] = None,
    job: Annotated[str | None, typer.Option(help="Only runs of this job.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 20,
    form: FormatOption = Format.TABLE,
    database: DatabaseOption = None,
) -> None:
    """List runs, live, waiting and past, the newest first."""
    with asking(database) as opened:
        rows: Iterable[RunRow] = stream(opened, runs(state=state, job=job, limit=limit))
        if form is Format.TABLE:
            now = datetime.now(UTC)
            rows = (replace(row, state=row.state_at(now)) for row in rows)
        _answer(rows, RunRow, columns.RUNS, form)


def _answer(rows: Iterable[object], row_type: type, shown: Sequence[Column], form: Format) -> None:
    if not write_rows(rows, row_type, shown, form, sys.stdout):
        note("nothing matches")
