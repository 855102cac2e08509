"""What every answer to a spider goes through, whatever was asked for."""

from __future__ import annotations

from scrapy import Spider
from scrapy.http import Response

from crawler import turned_away
from crawler.frontier.passes import Pass
from crawler.items import ArchivedExchange
from crawler.recognition import Barrier
from crawler.representation import media_type_of
from crawler.retention import kept_of
from crawler.visit import Visit
from crawler.wire import head_lines
from provenance.records import CaptureKind, Kept

REDIRECT_HOPS = 5
ATTEMPTS = 3  # one request and at most two more


class AnswerTaker(Spider):
    """A spider of one visit, as far as all kinds of answers are alike."""

    visit: Visit

    def _item(self, response: Response, kind: CaptureKind) -> ArchivedExchange:
        carried = carried_by(response)
        exchange = response.meta["exchange"]
        if not carried.is_robots:
            carried.rules.taken.append(response.url)
        return ArchivedExchange(
            kind=kind,
            carried=carried,
            exchange=exchange,
            status=response.status,
            held=len(exchange.body),
            capture_id=self.visit.next_capture_id(),
            media_type=media_type_of(head_lines(exchange.response_head)),
        )

    def _turned_away(self, item: ArchivedExchange, barrier: Barrier) -> None:
        """Record the site's no; of such an answer only the head is kept."""
        exchange = item.exchange
        self.visit.refuse(exchange.url, barrier.rule, turned_away.in_words(barrier), barrier.evidence)
        if barrier.rule == "site.challenge":
            self.visit.park(
                item.carried.stop.target.host, f"it answered with a challenge: {barrier.evidence}"
            )
        item.exchange, item.kept = kept_of(exchange, Kept.HEADERS)

    def _try_later(self, carried: Pass) -> bool:
        """Put a URL back that its host does not answer now; False when it was tried often enough."""
        stop = carried.stop
        stop.attempts += 1
        if stop.attempts >= ATTEMPTS:
            return False
        self.visit.itinerary.again(stop)
        return True


def carried_by(response: Response) -> Pass:
    """Return the pass that the request for an answer travelled on."""
    carried: Pass = response.meta["pass"]
    return carried


def field(response: Response, name: str) -> str:
    """Return a header field of an answer; "" where it has none."""
    value = response.headers.get(name.encode())
    return value.decode("utf-8", "replace") if value is not None else ""
