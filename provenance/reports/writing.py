"""Dossiers on their way out: to one file, to a folder with an index, or to a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.queries import all_rows, sites
from provenance.rendering import plain
from provenance.reports.compiling import compile_dossier
from provenance.reports.dossier import Dossier
from provenance.reports.headline import headline
from provenance.reports.html import html_of, html_of_index
from provenance.reports.tabular import write_dossier_csv

INDEX = "index.html"


class ReportFormat(StrEnum):
    """How a dossier leaves."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"
    HOSTLOAD = "hostload"  # not a view of the dossier: every request, see `provenance.reports.host_load`


def write_html(database: Database, domain: str, path: Path | str, *, run: int | None = None) -> Path:
    """Write the report of one site as one HTML file; return its absolute path.

    Raises:
        UnknownSiteError: nothing was ever asked of this site.
        ProvenanceError: the file cannot be written.
    """
    return write_file(compile_dossier(database, domain, run=run), ReportFormat.HTML, Path(path))


def write_dossier(dossier: Dossier, form: ReportFormat, out: TextIO) -> None:
    """Write one dossier to an open text stream."""
    match form:
        case ReportFormat.HTML:
            out.write(html_of(dossier))
        case ReportFormat.JSON:
            told = {"headline": plain(headline(dossier)), **plain(dossier)}
            out.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        case ReportFormat.CSV:
            write_dossier_csv(dossier, out)
        case ReportFormat.HOSTLOAD:
            raise ProvenanceError("a host load is written from the database: see write_host_load")


def write_file(dossier: Dossier, form: ReportFormat, path: Path) -> Path:
    """Write one dossier to a file, whose folder is made; return its absolute path."""
    return write_text(path, lambda out: write_dossier(dossier, form, out))


def write_all(database: Database, form: ReportFormat, folder: Path) -> list[Path]:
    """Write every site's dossier into a folder, and an index of them; the index comes last."""
    rows = all_rows(database, sites())
    if not rows:
        raise ProvenanceError("no site was visited yet: there is nothing to report")
    names = _distinct([file_stem(row.site) for row in rows])
    files = [f"{name}.{form}" for name in names]
    written = [
        write_file(compile_dossier(database, row.site), form, folder / file)
        for row, file in zip(rows, files, strict=True)
    ]
    page = html_of_index(rows, files, written_at=datetime.now(UTC))
    return [*written, write_text(folder / INDEX, lambda out: out.write(page))]


def file_stem(site: str) -> str:
    """Return a site's name as a file name on any system.

    >>> file_stem("example.org"), file_stem("[::1]"), file_stem("../x")
    ('example.org', '1', 'x')
    """
    return re.sub(r"[^0-9A-Za-z.-]+", "_", site).strip("._-") or "site"


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return distinct


def write_text(path: Path, write: Callable[[TextIO], object]) -> Path:
    """Write a file, whose folder is made; return its absolute path."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as out:
            write(out)
    except OSError as error:
        raise ProvenanceError(
            f"{path} cannot be written ({error.strerror}): name another place with --output"
        ) from error
    return path.resolve()
