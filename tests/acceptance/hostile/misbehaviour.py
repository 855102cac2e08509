"""One row of the hostile web: what a server does, and what must become of the URL where it does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hostile_server import Answer


class Fate(StrEnum):
    """What becomes of a URL; the first four as ``query --kind`` says it."""

    DOCUMENT = "document"
    REDIRECT = "redirect"
    FAILURE = "failure"
    SITE_DOCUMENT = "site-document"
    NOTHING = "nothing"  # no answer that could be kept: a refusal only


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """One named misbehaviour; its URL is ``/bad/<name>`` unless it says otherwise."""

    name: str
    does: str  # in words
    answer: Answer
    fate: Fate
    rule: str | None = None  # of the refusal on record, for this URL …
    refused: str | None = None  # … or for the one it leads to
    words: str = ""  # part of that refusal's reason or evidence
    truncated: str | None = None  # WARC-Truncated of what was archived
    length: range | None = None  # bytes archived
    reserved: bool = False  # it says no to training: of the document only the head is kept
    leads_to: tuple[str, ...] = ()  # paths that are asked for because of it
    never: tuple[str, ...] = ()  # paths that must not be asked for
    more: Mapping[str, Answer] = field(default_factory=dict)  # what else the server answers for it
    times: int = 1  # requests that the server sees
    linked: bool = True  # from the index; else robots.txt names it as a sitemap

    @property
    def path(self) -> str:
        """Where it lies."""
        return f"/bad/{self.name}"


def by_name(*rows: Misbehaviour) -> dict[str, Misbehaviour]:
    """Return rows by name, no name twice."""
    table = {row.name: row for row in rows}
    assert len(table) == len(rows)
    return table
