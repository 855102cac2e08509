"""The evidence receipt: rows of the database beside what the archive noted, as data and as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from crawler.archive.errors import ArchiveError
from crawler.archive.reading import Archive, read_head, read_metadata
from provenance.queries.receipts import CaptureReceipt, PermissionReceipt, Place, Receipt, RefusalReceipt
from provenance.rendering import plain, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedCapture:
    """A capture's receipt with what its WARC records say."""

    receipt: CaptureReceipt
    observations: Sequence[Mapping[str, Any]]  # with source and raw text, from the metadata record
    request_head: str
    trouble: str | None  # why the archive could not be read, or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All that is known of one URL or digest."""

    asked: str
    captures: Sequence[ExplainedCapture]
    refusals: Sequence[RefusalReceipt]

    @classmethod
    def of(cls, receipt: Receipt, archive: Archive) -> Explained:
        """Put the archive's part beside the database's."""
        captures = [_explained(capture, archive) for capture in receipt.captures]
        return cls(asked=receipt.asked, captures=captures, refusals=receipt.refusals)

    def to_json(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        captures = [
            {
                **plain(capture.receipt),
                "observations": list(capture.observations),
                "request_head": capture.request_head,
                "archive_trouble": capture.trouble,
            }
            for capture in self.captures
        ]
        return {
            "asked": self.asked,
            "captures": captures,
            "refusals": [plain(refusal) for refusal in self.refusals],
        }


def _explained(capture: CaptureReceipt, archive: Archive) -> ExplainedCapture:
    place = capture.place
    try:
        noted = read_metadata(archive, place.segment_key, place.metadata_offset, place.metadata_length)
        head = read_head(archive, place.segment_key, place.request_offset, place.request_length)
    except ArchiveError as error:
        return ExplainedCapture(receipt=capture, observations=(), request_head="", trouble=str(error))
    return ExplainedCapture(
        receipt=capture,
        observations=noted.get("observations", ()),
        request_head=head.decode("latin-1"),
        trouble=None,
    )


class _Writer:
    """Lines for people; what came from the web is made visible, never interpreted."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True, markup=False)

    def title(self, words: str) -> None:
        self._console.print(Text(visible(words), style="bold"))

    def line(self, label: str, words: object) -> None:
        self._console.print(f"  {label:<12} {visible(str(words))}")

    def blank(self) -> None:
        self._console.print()


def print_receipt(explained: Explained) -> None:
    """Print a receipt in words."""
    write = _Writer()
    for capture in explained.captures:
        _print_capture(write, capture)
        write.blank()
    for refusal in explained.refusals:
        write.title(f"not taken: {refusal.url}")
        write.line(
            "when", f"{refusal.at:%Y-%m-%d %H:%M:%S} UTC, run {refusal.run.id} of job '{refusal.run.job}'"
        )
        write.line("rule", f"{refusal.rule}: {refusal.reason}")
        write.line("evidence", refusal.evidence)
        if refusal.permission is not None:
            _print_permission(write, refusal.permission)
        write.blank()


def _print_capture(write: _Writer, explained: ExplainedCapture) -> None:
    capture = explained.receipt
    run = capture.run
    write.title(f"{capture.kind}: {capture.url}")
    write.line(
        "fetched",
        f"{capture.fetched_at:%Y-%m-%d %H:%M:%S.%f} UTC: HTTP {capture.status} {capture.media_type}",
    )
    write.line("payload", f"{capture.length} bytes, {capture.payload_digest}" + _notes(capture))
    write.line(
        "asked by", f"{run.operator} <{run.contact}>, run {run.id} of job '{run.job}', for {run.purpose}"
    )
    write.line("as", run.user_agent)
    for admission in capture.admissions:
        write.line("admitted by", f"{admission.admitted_by}; basis: {admission.basis}")
    _print_permission(write, capture.permission)
    for observation in explained.observations:
        statement, source = observation["statement"], observation["source"]
        licence = f" {statement['licence']}" if "licence" in statement else ""
        write.line("stated", f"{statement['kind']}: {statement['usage']} {statement['verdict']}{licence}")
        write.line("", f"{source['channel']} {source['locator']}: {observation['raw']}")
    if capture.rights is not None:
        if not explained.observations:
            write.line("stated", "nothing about rights")
        write.line("rights set", capture.rights.digest)
    for decision in capture.decisions:
        write.line(
            "decided",
            f"{decision.outcome} for {decision.usage} under {decision.policy} (rule: {decision.rule})",
        )
        for reason in decision.reasons:
            write.line("", f"because {reason}")
        for conflict in decision.conflicts:
            write.line("", f"conflict: {conflict}")
    write.line("bytes in", _where(capture.place))
    if explained.trouble is not None:
        write.line("archive", f"cannot be read: {explained.trouble}")


def _notes(capture: CaptureReceipt) -> str:
    notes = f", cut: {capture.truncated}" if capture.truncated else ""
    return notes + (", identical to an earlier capture" if capture.revisit else "")


def _print_permission(write: _Writer, permission: PermissionReceipt) -> None:
    said = "granted" if permission.granted else "denied"
    line = (
        f", line {permission.line_number}: {permission.line_text}"
        if permission.line_number is not None
        else ""
    )
    write.line("permission", f"{said} by {permission.rule}{line}")
    if permission.overridden_line_number is not None:
        write.line(
            "", f"overrides line {permission.overridden_line_number}: {permission.overridden_line_text}"
        )
    if permission.robots is not None:
        robots = permission.robots
        write.line(
            "",
            f"{robots.url}, {robots.fetched_at:%Y-%m-%d %H:%M:%S} UTC, HTTP {robots.status}, {robots.payload_digest}",
        )
        write.line("", f"kept in {_where(robots.place)}")


def _where(place: Place) -> str:
    return f"{place.warc_uri} at {place.offset}, {place.length} bytes"
