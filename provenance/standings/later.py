"""What was learned after a document was fetched: statements, how looking for them went, and who said so when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from licences.observation import Statement
from licences.rights import Lookup

HOST_FILE = "host-file"
NEWER_EXCHANGE = "newer-exchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Some later statements of one source; one value for all documents that they speak about alike."""

    cause: str  # `HOST_FILE` or `NEWER_EXCHANGE`
    said_by: str  # who, and when: "robots.txt of https://example.org, first seen 2026-11-21"
    statements: frozenset[Statement]
    lookups: frozenset[Lookup] = frozenset()


def day(moment: datetime) -> str:
    """Return a day as it is written for people.

    >>> day(datetime(2026, 11, 21, 23, 59, tzinfo=UTC))
    '2026-11-21'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d}"
