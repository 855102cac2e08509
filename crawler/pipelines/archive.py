"""Hand every exchange to the archive's writer, with the metadata record that lets anybody find things again."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

from scrapy.crawler import Crawler

from crawler import retention
from crawler.archivable import Archivable
from crawler.items import ArchivedExchange
from provenance.records import CaptureKind

if TYPE_CHECKING:
    from crawler.visit import Visit


class ArchivePipeline:
    """The last stop on the event loop."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._permissions: dict[int, tuple[Any, dict[str, Any]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline of the spider's visit."""
        spider: Any = crawler.spider
        return cls(spider.visit)

    def process_item(self, item: ArchivedExchange) -> ArchivedExchange:
        """Give the exchange away; what happens to it from here on is the writer's thread's."""
        visit, target = self._visit, item.carried.stop.target
        visit.services.writer.archive(
            visit,
            Archivable(
                capture_id=item.capture_id,
                kind=item.kind,
                origin=target.origin,
                path=target.path,
                status=item.status,
                media_type=item.media_type,
                kept=item.kept,
                exchange=item.exchange,
                held=item.held,
                permission=item.carried.permission.record,
                rights=item.record,
                metadata=self._metadata(item),
                language=item.language,
                simhash=item.simhash,
            ),
        )
        tally = visit.tally
        tally.received += item.held
        if item.kind is CaptureKind.DOCUMENT:
            tally.captured += 1
            visit.itinerary.scopes[item.carried.stop.scope].received += item.held
        return item

    def _metadata(self, item: ArchivedExchange) -> dict[str, Any]:
        """Return what the WARC metadata record says of an exchange; sightings and outlinks are nowhere else."""
        stop = item.carried.stop
        noted: dict[str, Any] = {
            "capture": item.capture_id,
            "kind": item.kind.value,
            "depth": stop.depth,
            "permission": self._permission(item),
        }
        if stop.via is not None:
            noted["via"] = stop.via
        if stop.hops:
            noted["hops"] = stop.hops
        if item.links.hrefs:
            noted["outlinks"] = {"base": item.links.base, "hrefs": item.links.hrefs}
        if item.sitemaps:
            noted["sitemaps"] = item.sitemaps
        if item.redirects_to is not None:
            noted["redirects_to"] = item.redirects_to
        if item.rights is not None and item.decision is not None:
            noted["rights_set"] = item.rights.digest.hex()
            noted["observations"] = [observation.to_json() for observation in item.observations]
            if item.site_documents:
                noted["site_documents"] = item.site_documents
            if item.kind is CaptureKind.DOCUMENT:
                noted["retention"] = retention.noted(item.decision)
            noted["decision"] = {"outcome": item.decision.outcome.value, "rule": item.decision.rule}
        return noted

    def _permission(self, item: ArchivedExchange) -> dict[str, Any]:
        record = item.carried.permission.record
        known = self._permissions.get(id(record))
        if known is None:
            told = {name: value for name, value in asdict(record).items() if value is not None}
            known = self._permissions[id(record)] = (
                record,
                told,
            )  # the record is kept, so its id stays its own
        return known[1]
