"""Licences and paywalls declared in JSON-LD by schema.org.

``sdLicense`` licenses the structured data and ``usageInfo`` explains: neither is the work's licence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborNode

from licences.detection.place import Page, css_path, resolve
from licences.detection.statement import licence_statement
from licences.observation import WHOLE_DOCUMENT, Observation, Scope, ScopeLevel, Source, Statement, encodable
from licences.terms import Terms, terms_at, terms_of
from licences.vocabulary import Channel, Kind, LegalEffect, Retrieval, Usage, Verdict

BLOCK_LIMIT = 512 * 1024  # characters of one block
BLOCKS = 50  # read on one page
_NODES = 5000  # objects looked at in one block
_DEEPEST = 40
_RAW = 2000

_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_MEDIA = frozenset({"imageobject", "videoobject", "audioobject", "mediaobject", "3dmodel", "musicrecording"})
_PARTS = frozenset({"mainentity", "@graph"})  # what they hold speaks for the page
_FALSE = frozenset({"false", "no", "0", "http://schema.org/false", "https://schema.org/false"})


def declared_by_json_ld(node: LexborNode, page: Page) -> Iterator[Observation]:
    """Yield what one ``application/ld+json`` block says about licence and access; a broken block is a fact too."""
    text = node.text(deep=True)
    source = Source(channel=Channel.HTML_SCRIPT, url=page.url, locator=css_path(node))
    if len(text) > BLOCK_LIMIT:
        yield Observation(statement=_UNREAD[Retrieval.OVERSIZE], source=source, raw=text[:_RAW])
        return
    if "icense" not in text and "isAccessibleForFree" not in text:
        return
    try:
        data = _read(text)
    except (ValueError, RecursionError):
        yield Observation(statement=_UNREAD[Retrieval.MALFORMED], source=source, raw=text[:_RAW])
        return
    for item, path, scope in _items(data):
        for name, statement, value in _statements(item, scope, page):
            place = Source(channel=source.channel, url=page.url, locator=f"{source.locator} {path}{name}")
            yield Observation(statement=statement, source=place, raw=_dump(value))


def _read(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return json.loads(_TRAILING_COMMA.sub("", text.strip().removesuffix(";")), strict=False)


def _items(data: Any) -> Iterator[tuple[dict[str, Any], str, Scope]]:
    """Yield every object with its path; nested ones speak only for a part of the page."""
    waiting: list[tuple[Any, str, Scope, int]] = [(data, "$.", WHOLE_DOCUMENT, 0)]
    for _ in range(_NODES):
        if not waiting:
            return
        value, path, scope, depth = waiting.pop()
        if depth > _DEEPEST:
            continue
        if isinstance(value, list):
            waiting += [
                (part, f"{path[:-1]}[{n}].", scope, depth + 1) for n, part in enumerate(value[:_NODES])
            ][::-1]
        elif isinstance(value, dict):
            covered = _ELEMENT if _types(value) & _MEDIA else scope
            yield value, path, covered
            waiting += [
                (part, f"{path}{name}.", covered if name.lower() in _PARTS else _ELEMENT, depth + 1)
                for name, part in value.items()
                if isinstance(part, dict | list) and name not in _NAMES
            ][::-1]


def _statements(item: dict[str, Any], scope: Scope, page: Page) -> Iterator[tuple[str, Statement, Any]]:
    for name in _NAMES & item.keys():
        value = item[name]
        if name != "isAccessibleForFree":
            for one in value[:BLOCKS] if isinstance(value, list) else [value]:
                if (terms := _terms(one, page)) is not None:
                    yield name, licence_statement(Kind.LICENCE_SCHEMA_ORG, terms, scope), one
        elif str(value).strip().lower() in _FALSE and scope is WHOLE_DOCUMENT:
            yield name, PAYWALL_NO_COPIES, value
            yield name, PAYWALL, value


def _terms(value: Any, page: Page) -> Terms | None:
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url") or value.get("name")
    if not isinstance(value, str) or not (text := value.strip()):
        return None
    if re.match(r"(?:[a-z][a-z0-9+.-]*:|/|\.|#)", text, re.IGNORECASE):
        target = resolve(page.base, text)
        return terms_at(target) if target else None
    return terms_of(text)


def _types(item: dict[str, Any]) -> set[str]:
    value = item.get("@type")
    names = value if isinstance(value, list) else [value]
    return {name.rpartition("/")[2].rpartition(":")[2].lower() for name in names if isinstance(name, str)}


def _dump(value: Any) -> str:
    return encodable(json.dumps(value, ensure_ascii=False)[:_RAW])


_NAMES = {
    "license",
    "schema:license",
    "http://schema.org/license",
    "https://schema.org/license",
    "isAccessibleForFree",
}
_ELEMENT = Scope(level=ScopeLevel.ELEMENT, selector="schema.org item")
PAYWALL = Statement(
    kind=Kind.RIGHTS_PAYWALL,
    protocol="schema.org isAccessibleForFree",
    usage=Usage.AI_TRAIN,
    verdict=Verdict.UNKNOWN,
    legal_effect=LegalEffect.NOTICE,
    note="paywall",
)
PAYWALL_NO_COPIES = Statement(
    kind=Kind.RIGHTS_PAYWALL,
    protocol="schema.org isAccessibleForFree",
    usage=Usage.REDISTRIBUTE,
    verdict=Verdict.DENY,
    legal_effect=LegalEffect.NOTICE,
    note="paywall",
)
_UNREAD = {
    state: Statement(
        kind=Kind.LICENCE_SCHEMA_ORG,
        protocol="schema.org license",
        usage=Usage.AI_TRAIN,
        verdict=Verdict.UNKNOWN,
        legal_effect=LegalEffect.NOTICE,
        confidence=0.0,
        retrieval=state,
    )
    for state in (Retrieval.OVERSIZE, Retrieval.MALFORMED)
}
