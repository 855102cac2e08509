"""Observe, then decide: what was stated about a document, what the job's policy makes of it, and what is kept.

Observation and decision meet here and nowhere else; a decision is made once a rights set, not once a document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy.crawler import Crawler

from crawler.fingerprint import fingerprint
from crawler.items import ArchivedExchange
from crawler.language import language_of
from crawler.retention import kept_of
from licences.observation import Observation
from licences.observers import observe
from licences.policy import Decision, decide
from licences.representation import Representation
from licences.rights import Lookup, RightsSet
from licences.vocabulary import Channel, Retrieval
from provenance.records import DecisionRecord, Kept, RightsSetRecord

if TYPE_CHECKING:
    from crawler.visit import Visit


class RightsPipeline:
    """Fills in what an exchange's rights are."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._decided: dict[bytes, tuple[Decision, RightsSetRecord]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline of the spider's visit."""
        spider: Any = crawler.spider
        return cls(spider.visit)

    def process_item(self, item: ArchivedExchange) -> ArchivedExchange:
        """Observe a document and decide what becomes of it; so of a refusal; any other exchange passes as it is."""
        page = item.representation
        if page is None:
            return self._refused(item) if item.refused else item
        observations = observe(page, product_token=self._visit.identity.product_token)
        lookups = [Lookup(channel=Channel.HTTP_HEADER, retrieval=Retrieval.OK)]
        if page.tree is not None:
            lookups.append(Lookup(channel=Channel.HTML_META, retrieval=Retrieval.OK))
        item.observations = observations + self._said_by_its_host(item, page, lookups)
        item.rights = RightsSet.of(item.observations, lookups)
        item.decision, item.record = self._decide(item.rights)
        item.exchange, item.kept = kept_of(item.exchange, Kept(item.decision.keep.value))
        item.language = language_of(page)
        item.simhash = (
            fingerprint(page) if item.kept is Kept.BODY else None
        )  # nothing is kept of a text let go
        self._visit.tally.outcomes[item.decision.outcome.value] += 1
        self._visit.tally.not_kept += item.kept is not Kept.BODY
        return item

    def _refused(self, item: ArchivedExchange) -> ArchivedExchange:
        """Decide on an answer that turned us away: what it states is on record like what a document states."""
        item.observations = item.refused
        item.rights = RightsSet.of(
            item.refused, [Lookup(channel=Channel.HTTP_STATUS, retrieval=Retrieval.OK)]
        )
        item.decision, item.record = self._decide(item.rights)
        return item

    def _said_by_its_host(
        self, item: ArchivedExchange, page: Representation, lookups: list[Lookup]
    ) -> tuple[Observation, ...]:
        """Return what the host's own files state about a page; note which were asked, and which of them speak."""
        rules, visit = item.carried.rules, self._visit
        said: tuple[Observation, ...] = ()
        if rules.document is not None:
            said = rules.document.observe(
                page.url, rules.robots_url, product_token=visit.identity.product_token
            )
            if said and rules.capture_id is not None:
                item.site_documents[rules.robots_url] = rules.capture_id
        lookups.append(Lookup(channel=Channel.ROBOTS_TXT, retrieval=rules.retrieval))
        for file in visit.gate.files.of(rules.origin):
            spoken = file.observe(page.url, page.media_type)
            if spoken and file.capture_id is not None:
                item.site_documents[file.url] = file.capture_id
            said += spoken
            lookups.append(
                Lookup(channel=Channel.WELL_KNOWN, retrieval=file.retrieval, document=file.kind.name)
            )
        return said

    def _decide(self, rights: RightsSet) -> tuple[Decision, RightsSetRecord]:
        known = self._decided.get(rights.digest)
        if known is None:
            decision = decide(rights, self._visit.usage, self._visit.policy)
            known = self._decided[rights.digest] = (decision, self._record(rights, decision))
        return known

    def _record(self, rights: RightsSet, decision: Decision) -> RightsSetRecord:
        return RightsSetRecord(
            digest=rights.digest,
            canonical=rights.canonical,
            licences=rights.licences,
            decisions=(
                DecisionRecord(
                    policy_digest=self._visit.policy.digest,
                    usage=self._visit.usage.value,
                    outcome=decision.outcome.value,
                    rule=decision.rule,
                    reasons=[reason.to_json() for reason in decision.reasons],
                    conditions=[condition.to_json() for condition in decision.conditions],
                    conflicts=list(decision.conflicts),
                    enforces=list(decision.enforces),
                ),
            ),
        )
