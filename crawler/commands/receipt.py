"""The evidence receipt as data: rows of the database beside what the archive noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.archive.errors import ArchiveError
from crawler.archive.reading import Archive, read_head, read_metadata
from provenance.queries.receipts import CaptureReceipt, Receipt, RefusalReceipt
from provenance.rendering import plain


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
