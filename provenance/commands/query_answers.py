"""What ``aboveboard query`` answers: which question its options ask, and where the rows go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from licences.policy import load
from licences.vocabulary import Outcome, Usage
from provenance import columns
from provenance.answering import note, refuse
from provenance.arrow_rows import write_parquet
from provenance.database import Database
from provenance.queries import (
    CaptureFilter,
    CaptureRow,
    CountBy,
    CountRow,
    Question,
    RefusalFilter,
    RefusalRow,
    SiteRow,
    captures,
    counts,
    covered_by,
    decided_captures,
    licences_stated,
    refusals,
    sites,
    stream,
)
from provenance.queries.expressions import sites_of_prefix
from provenance.rendering import Column, Format, write_rows
from provenance.urls import split

LICENCES_NAMED = 12  # where none matches


class QueryFormat(StrEnum):
    """How `query` writes its rows."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


Answer = tuple[Iterable[Any], type, Sequence[Column]]


def captures_found(
    database: Database, wanted: CaptureFilter, licence: str | None, usage: Usage | None, policy: str | None
) -> Answer:
    """Return the captures that match; decided anew where a usage or a policy is named."""
    wanted = replace(wanted, rights_sets=covered(database, licence))
    asked = _question(usage, policy)
    if asked is None:
        return stream(database, captures(wanted)), CaptureRow, columns.CAPTURES
    return decided_captures(database, wanted, asked), CaptureRow, columns.CAPTURES


def captures_counted(
    database: Database,
    by: Collection[CountBy],
    wanted: CaptureFilter,
    *,
    licence: str | None,
    usage: Usage | None,
    policy: str | None,
    standing: bool,
) -> Answer:
    """Return how many captures match, told apart as asked; decided anew where a usage or a policy is named."""
    wanted = replace(wanted, rights_sets=covered(database, licence))
    asked = _question(usage, policy)
    found = counts(database, by, wanted, asked, learned_since=standing)
    if asked is not None and not standing:
        note(
            "counted by what was stated when documents were fetched and by the register of sources; --standing also "
            "heeds what hosts said since, as the listing and a manifest do, and takes longer"
        )
    shown = [one for one in columns.COUNTS if one.name in {*map(str, by), "documents", "bytes"}]
    return found, CountRow, shown


def refusals_found(database: Database, wanted: RefusalFilter) -> Answer:
    """Return what was not taken."""
    return stream(database, refusals(wanted)), RefusalRow, columns.REFUSALS


def sites_found(database: Database, site: str | None, as_of: Any) -> Answer:
    """Return one row a site."""
    return stream(database, sites(site=site, as_of=as_of)), SiteRow, columns.SITES


def write(answer: Answer, form: QueryFormat, out: Path | None, empty: Callable[[], str]) -> None:
    """Write an answer to a file, or to standard output; say it where there is nothing.

    Args:
        answer: rows, their type and what a person sees of them.
        form: how.
        out: the file; None or "-": standard output.
        empty: says why there is nothing.
    """
    out = None if out == Path("-") else out
    if form is QueryFormat.PARQUET and out is None and sys.stdout.isatty():
        refuse("--format parquet is no text: add --out FILE, or send standard output to a file")
    written = _to_stdout(answer, form) if out is None else _to_file(answer, form, out)
    if not written:
        note(empty())


def why_nothing(prefix: str | None) -> str:
    """Return what to say where nothing matches.

    >>> why_nothing(None)
    'nothing matches'
    """
    if prefix is None:
        return "nothing matches"
    origin, rest = split(prefix)
    if "://" not in origin:
        return f"nothing matches: --prefix {prefix} begins no URL; write scheme and host, https://example.org/docs/"
    if rest and not sites_of_prefix(prefix):
        return f"nothing matches: --prefix {prefix} names no host"
    return "nothing matches"


def with_conditions(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes asked for; what is permitted is so also where conditions go with it."""
    wanted = dict.fromkeys(outcomes)
    if Outcome.PERMITTED in wanted:
        wanted[Outcome.PERMITTED_WITH_CONDITIONS] = None
    return tuple(wanted)


def covered(database: Database, licence: str | None) -> tuple[int, ...] | None:
    """Return the rights sets that a glob over licences covers, told where there are none; None: nobody asked."""
    if licence is None:
        return None
    found = covered_by(database, licence)
    if not found:
        stated = licences_stated(database, LICENCES_NAMED)
        known = f"some that are stated: {', '.join(stated)}" if stated else "none is stated anywhere"
        note(f"--licence {licence}: no document states such a licence for itself; {known}")
    return found


def _question(usage: Usage | None, policy: str | None) -> Question | None:
    if usage is None and policy is None:
        return None
    return Question(usage=usage, policy=None if policy is None else load(policy))


def _to_stdout(answer: Answer, form: QueryFormat) -> int:
    rows, row_type, shown = answer
    if form is QueryFormat.PARQUET:
        return write_parquet(rows, row_type, sys.stdout.buffer)
    return write_rows(rows, row_type, shown, Format(form.value), sys.stdout)


def _to_file(answer: Answer, form: QueryFormat, out: Path) -> int:
    """Write beside the file and rename: nobody ever finds half of it under its name.

    What is there and is no file of its own (a device, a pipe, a link) is written to, never replaced.
    """
    rows, row_type, shown = answer
    is_stream = out.exists() and (out.is_symlink() or not out.is_file())
    unfinished = out if is_stream else out.with_name(f".{out.name}.unfinished")
    try:
        if form is QueryFormat.PARQUET:
            with unfinished.open("wb") as binary:
                written = write_parquet(rows, row_type, binary)
        else:
            with unfinished.open("w", encoding="utf-8", newline="") as text:
                written = write_rows(rows, row_type, shown, Format(form.value), text)
        if not is_stream:
            unfinished.replace(out)
    except OSError as error:
        refuse(f"{out} cannot be written: {os.strerror(error.errno or 0)}; name another place with --out")
    finally:
        if not is_stream:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
    note(f"{written:,} rows written to {out}")
    return written
