"""Answers that are no documents: refusals of access and demands for payment (RFC 9110 §15.5, RFC 7725).

A refusal is observed as such and nothing is done about it: no price is offered, no licence is fetched, nobody logs in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from licences.detection.link_header import declared_by_header
from licences.observation import RAW_LIMIT, Observation, Source, Statement, encodable
from licences.representation import Representation
from licences.vocabulary import Channel, Condition, ConditionType, Kind, LegalEffect, Usage, Verdict

_REFUSALS = {
    401: "unauthorised",
    402: "payment_required",
    403: "forbidden",
    407: "proxy_authentication_required",
    451: "unavailable_for_legal_reasons",
}
_PAYMENT = 402
_DEMANDING = frozenset({401, _PAYMENT, 403})  # may name a licence to obtain
_CHALLENGES = {
    "cf-mitigated": frozenset({"challenge"}),
    "x-amzn-waf-action": frozenset({"challenge", "captcha"}),
}
_PRICE = re.compile(r"([A-Za-z]{3})\s+(\d{1,12}(?:\.\d{1,12})?)")
_LICENCE_SCHEME = re.compile(r"(?:^|,)\s*License(?:\s|,|$)", re.IGNORECASE)
LONGEST = 8192  # characters of a header value that are read
_VALUE = 200  # characters of a price that are kept
_BODY = 64 * 1024  # bytes of a payment demand that are read


def observe_refusal(representation: Representation, *, barrier: str | None = None) -> tuple[Observation, ...]:
    """Return what an answer that turns us away states; nothing for an answer that does not.  Never raises.

    Args:
        representation: the answer; of its body only a payment demand in JSON is read.
        barrier: what stood in the way where neither status nor headers tell: "challenge", "login"; None: nothing.
    """
    return tuple(_stated(representation, barrier))


def _stated(answer: Representation, barrier: str | None) -> Iterator[Observation]:
    status = Source(channel=Channel.HTTP_STATUS, url=answer.url, locator="status")
    word = _REFUSALS.get(answer.status)
    if word is not None:
        yield Observation(statement=refusal(word), source=status, raw=str(answer.status))
    for name, words in _CHALLENGES.items():
        for index, value in answer.all(name):
            if value.strip().lower() in words:
                yield _of_header(answer, name, index, value, refusal("challenge"))
                barrier = None
    if barrier is not None:
        yield Observation(statement=refusal(barrier), source=status, raw=str(answer.status))
    if answer.status in _DEMANDING:
        demands = list(_demands(answer))
        if not demands and answer.status == _PAYMENT:
            demands = [
                Observation(statement=demand(ConditionType.PAYMENT), source=status, raw=str(answer.status))
            ]
        yield from demands


def _demands(answer: Representation) -> Iterator[Observation]:
    """Yield what would have to be paid or obtained, wherever the answer says so."""
    if answer.status == _PAYMENT:
        for index, value in answer.all("crawler-price"):
            yield _of_header(
                answer, "crawler-price", index, value, demand(ConditionType.PAYMENT, _price(value))
            )
        yield from _by_body(answer)
    for index, value in answer.all("www-authenticate"):
        if _LICENCE_SCHEME.search(value[:LONGEST]):
            yield _of_header(answer, "WWW-Authenticate", index, value, demand(ConditionType.LICENCE_TOKEN))
    for link in declared_by_header(
        answer
    ):  # on a refusal it names what would have to be obtained, and grants nothing
        terms = link.statement.licence or ""
        asked = (None, terms) if terms.startswith(("http://", "https://")) else (terms, None)
        yield Observation(statement=demand(ConditionType.SEE_TEXT, *asked), source=link.source, raw=link.raw)


def _by_body(answer: Representation) -> Iterator[Observation]:
    """Yield the demand that an x402 answer makes in its body: amounts in the smallest unit of an asset."""
    if b"x402Version" not in answer.body[:_BODY]:
        return
    try:
        asked = json.loads(answer.body[:_BODY].decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return
    offers = asked.get("accepts") if isinstance(asked, dict) else None
    first = next((one for one in offers if isinstance(one, dict)), {}) if isinstance(offers, list) else {}
    parts = (first.get(name) for name in ("maxAmountRequired", "amount", "asset", "network"))
    price = " ".join(str(part) for part in parts if isinstance(part, str | int))[:_VALUE]
    source = Source(channel=Channel.HTTP_STATUS, url=answer.url, locator="$")
    raw = encodable(json.dumps(asked, ensure_ascii=False)[:RAW_LIMIT])
    yield Observation(
        statement=demand(ConditionType.PAYMENT, encodable(f"x402 {price}".strip())), source=source, raw=raw
    )


def _of_header(
    answer: Representation, name: str, index: int, value: str, statement: Statement
) -> Observation:
    source = Source(channel=Channel.HTTP_HEADER, url=answer.url, locator=f"{name}[{index}]")
    return Observation(statement=statement, source=source, raw=encodable(value[:RAW_LIMIT]))


def _price(value: str) -> str:
    """Return a price in one form, or as it was written.

    >>> _price("usd  0.01"), _price("ask us")
    ('USD 0.01', 'ask us')
    """
    found = _PRICE.fullmatch(value.strip())
    return f"{found[1].upper()} {found[2]}" if found else encodable(value.strip()[:_VALUE])


@lru_cache(maxsize=64)
def refusal(word: str) -> Statement:
    """Return the statement that the site does not hand this URL out, and in what words it says so."""
    return Statement(
        kind=Kind.HTTP_ACCESS,
        protocol="HTTP",
        usage=Usage.CRAWL,
        verdict=Verdict.DENY,
        legal_effect=LegalEffect.ACCESS_RULE,
        note=word,
    )


@lru_cache(maxsize=1024)
def demand(asked: ConditionType, value: str | None = None, url: str | None = None) -> Statement:
    """Return the statement that this URL is handed out on a condition."""
    return Statement(
        kind=Kind.HTTP_PAYMENT,
        protocol="HTTP",
        usage=Usage.CRAWL,
        verdict=Verdict.CONDITIONAL,
        legal_effect=LegalEffect.PAYMENT_DEMAND,
        conditions=(Condition(type=asked, value=value, url=url),),
    )
