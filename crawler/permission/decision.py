"""Permission: the answer to «may we request this URL now», with the rule that gave it and the bytes it stands in."""

from __future__ import annotations

from dataclasses import dataclass

from scrapy.exceptions import IgnoreRequest

from crawler.errors import CrawlerError
from provenance.records import PermissionRecord

CLOSED_BY_STATEMENT = "site-document.crawl"  # a file of the host says that we may not fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One URL's answer.  What many URLs share (rule, line, snapshot) is in `record`."""

    url: str
    record: PermissionRecord
    words: str = ""  # what it stands on, where that is another file than robots.txt

    @property
    def granted(self) -> bool:
        """Whether the URL may be requested."""
        return self.record.granted

    def evidence(self) -> str:
        """What the answer stands on, for people."""
        record = self.record
        if self.words:
            return self.words
        if record.line_number is not None:
            return f"robots.txt line {record.line_number}: {record.line_text}"
        return f"robots.txt of {record.origin}: {record.robots_state or 'not asked'}"


class PermissionDenied(CrawlerError, IgnoreRequest):  # noqa: N818  # reads as what it is: a result, not a fault
    """A request that may not leave: no permission, or one that was already used."""
