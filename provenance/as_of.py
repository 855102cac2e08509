"""``--as-of``: the moment that a question is about, as people write it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from provenance.answering import note
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.queries.erased import erased_since
from provenance.queries.rows import all_rows

AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Answer from what was on record by then: a date (its beginning, 00:00 UTC) or an instant "
        "(2026-11-22T08:30:00Z; without an offset it is UTC).  Later writes never change the answer; what was "
        "erased since is in none.",
        show_default=False,
    ),
]


def moment(text: str | None) -> datetime | None:
    """Return the instant that a text names, UTC; None stands for now.

    Args:
        text: ISO 8601; a date is its beginning, and no offset means UTC.

    Raises:
        ProvenanceError: it is neither date nor instant.

    >>> moment("2026-11-22"), moment("2026-11-22T09:30+01:00")
    (datetime.datetime(2026, 11, 22, 0, 0, tzinfo=datetime.timezone.utc),
     datetime.datetime(2026, 11, 22, 8, 30, tzinfo=datetime.timezone.utc))
    """
    if text is None:
        return None
    try:
        named = datetime.fromisoformat(text.strip())
        return named.replace(tzinfo=UTC) if named.tzinfo is None else named.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ProvenanceError(
            f"{text!r} is no moment: write a date, 2026-11-22, or an instant, 2026-11-22T08:30:00Z"
        ) from error


def tell_erased(
    database: Database,
    as_of: datetime | None,
    *,
    url: str | None = None,
    site: str | None = None,
    run: int | None = None,
) -> None:
    """Say on standard error how many exchanges an as-of answer misses, because they were erased since.

    Args:
        database: where the question went.
        as_of: the moment it was about; None: now, and nothing is missing.
        url: only this one's; None: any.
        site: only this one's; None: any.
        run: only this one's; None: any.
    """
    if as_of is None:
        return
    [gone] = all_rows(database, erased_since(as_of, url=url, site=site, run=run))
    if gone:
        note(
            f"{gone:,} exchanges that were on record at {as_of:%Y-%m-%dT%H:%M:%SZ} were erased since: no answer holds them"
        )
