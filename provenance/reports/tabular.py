"""The dossier as CSV: every figure a line, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, TextIO

from provenance.rendering import cell, write_csv
from provenance.reports.dossier import Dossier

SECTIONS = (
    ("identities", "identity", ("operator", "user_agent")),
    ("admissions", "admission", ("admitted_by", "run")),
    ("runs", "run", ("id",)),
    ("outcomes", "decision", ("outcome", "rule", "policy", "purpose")),
    ("reviews", "needs a person", ("rule", "policy", "purpose")),
    ("conflicts", "conflict", ("conflict", "policy", "purpose", "outcome")),
    ("mix", "licence mix", ("licence",)),
    ("licences", "licence", ("licence",)),
    ("signals", "signal", ("kind", "usage", "verdict", "addressed_to", "scope")),
    ("statements", "statement", ("sentence", "kind", "protocol")),
    ("host_files", "host file", ("origin", "name", "first_seen")),
    ("refusals", "refusal", ("rule",)),
    ("permissions", "permission", ("origin", "rule", "line_number")),
    ("robots", "robots.txt", ("url", "payload_digest")),
    ("media", "media type", ("media_type",)),
    ("exchanges", "exchange", ("kind", "status")),
    ("hours", "hour", ("hour",)),
    ("hosts", "host", ("host",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One fact of a dossier: which site, which section, which item in it, what is measured, its value."""

    site: str
    section: str
    item: str
    measure: str
    value: Any


def figures(dossier: Dossier) -> Iterator[Figure]:
    """Yield every fact of a dossier, section by section."""
    for field in fields(dossier.totals):
        value = getattr(dossier.totals, field.name)
        yield Figure(site=dossier.site, section="total", item="", measure=field.name, value=value)
    for attribute, section, keys in SECTIONS:
        for line in getattr(dossier, attribute):
            item = " / ".join(cell(getattr(line, key)) for key in keys)
            for field in fields(line):
                if field.name not in keys:
                    value = getattr(line, field.name)
                    yield Figure(
                        site=dossier.site, section=section, item=item, measure=field.name, value=value
                    )


def write_dossier_csv(dossier: Dossier, out: TextIO) -> int:
    """Write a dossier as CSV; return the number of lines below the heading."""
    return write_csv(figures(dossier), Figure, out)
