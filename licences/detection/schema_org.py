"""What schema.org properties state about licence and access, whichever syntax carries them.

Only ``license`` licenses the work.  ``sdLicense`` licenses the structured data itself and is no statement about the
work; ``usageInfo`` and its like point a person to terms.  Holders and years are facts about one document, and are
left where they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from licences.detection.place import MEDIA_TYPES
from licences.detection.statement import licence_statement, rights_notice
from licences.detection.written import denied_in, is_address, terms_behind, terms_written
from licences.observation import WHOLE_DOCUMENT, Scope, ScopeLevel, Statement
from licences.vocabulary import Kind, LegalEffect, Usage, Verdict

LICENCE = "license"
FREE = "isAccessibleForFree"
_NOTICES: Mapping[str, str] = {  # property: the word for what it is about
    "usageInfo": "usage_info",
    "acquireLicensePage": "acquire_licence",
    "termsOfService": "terms_of_service",
    "conditionsOfAccess": "conditions_of_access",
    "copyrightNotice": "copyright_notice",
    "creditText": "credit",
}
_POINTING = frozenset(
    {"usageInfo", "termsOfService"}
)  # one address for a whole site; others differ from page to page
_PROPERTIES: Mapping[str, str] = {
    prefix + name: name
    for name in (LICENCE, FREE, *_NOTICES)
    for prefix in ("", "schema:", "http://schema.org/", "https://schema.org/")
}
# What a page describes and offers, rather than what it says: their licence is not the page's.
_DESCRIBED = MEDIA_TYPES | {
    "photograph",
    "painting",
    "visualartwork",
    "dataset",
    "datacatalog",
    "datadownload",
    "datafeed",
    "softwareapplication",
    "softwaresourcecode",
    "mobileapplication",
    "webapplication",
    "videogame",
    "movie",
    "tvseries",
    "tvepisode",
    "podcastepisode",
    "podcastseries",
    "musicalbum",
    "product",
    "comment",
    "person",
    "organization",
}
_FALSE = frozenset({"false", "no", "0", "http://schema.org/false", "https://schema.org/false"})
_LONGEST_SELECTOR = 200  # characters
MARKS = ("icense", FREE, "usageInfo", "termsOfService", "conditionsOfAccess", "copyrightNotice", "creditText")

PAYWALL = Statement(
    kind=Kind.RIGHTS_PAYWALL,
    protocol="schema.org isAccessibleForFree",
    usage=Usage.AI_TRAIN,
    verdict=Verdict.UNKNOWN,
    legal_effect=LegalEffect.NOTICE,
    note="paywall",
)
PAYWALL_NO_COPIES = replace(PAYWALL, usage=Usage.REDISTRIBUTE, verdict=Verdict.DENY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a property stands, as far as reading it needs to know."""

    base: str  # what addresses resolve against
    url: str  # of the page
    scope: Scope = WHOLE_DOCUMENT
    lenient: bool = False


def property_named(name: str) -> str | None:
    """Return the property of this module that a name means, bare, prefixed or as an address; None: it is no such.

    >>> property_named("https://schema.org/license"), property_named("sdLicense")
    ('license', None)
    """
    return _PROPERTIES.get(name)


def is_described(types: Iterable[str]) -> bool:
    """Tell whether an item of these types is something that a page describes, rather than the page's work.

    >>> is_described(["http://schema.org/ImageObject"]), is_described(["Article", "NewsArticle"])
    (True, False)
    """
    return any(name.rpartition("/")[2].rpartition(":")[2].lower() in _DESCRIBED for name in types)


def is_false(value: object) -> bool:
    """Tell whether a value says «no», in one of the spellings that are found."""
    return str(value).strip().lower() in _FALSE


def stated(name: str, value: str, place: Place) -> Iterator[Statement]:
    """Yield what one property with one textual value states.

    Args:
        name: as `property_named` returned it.
        value: an address, a name or words.
        place: where it stands.
    """
    if name == LICENCE:
        if (terms := terms_written(value, base=place.base, url=place.url)) is not None:
            yield licence_statement(Kind.LICENCE_SCHEMA_ORG, terms, place.scope, lenient=place.lenient)
    elif name == FREE:
        if is_false(value):
            yield from _paywalled(place.scope)
    elif value.strip():
        see = _address(value, place) if name in _POINTING and place.scope == WHOLE_DOCUMENT else None
        yield rights_notice(f"schema.org {name}", _NOTICES[name], place.scope, see)
        yield from denied_in(value, f"schema.org {name}", place.scope)


def stated_of_part(selector: str) -> Iterator[Statement]:
    """Yield what a part that is not free to read states: of itself, and that the page has such a part.

    Args:
        selector: the part's CSS selector, as the page writes it.
    """
    yield PAYWALL
    yield from _paywalled(Scope(level=ScopeLevel.ELEMENT, selector=selector[:_LONGEST_SELECTOR]))


def _paywalled(scope: Scope) -> Iterator[Statement]:
    if scope == WHOLE_DOCUMENT:
        yield PAYWALL_NO_COPIES
        yield PAYWALL
    else:
        yield _no_copies_of(scope)


@lru_cache(maxsize=1024)
def _no_copies_of(scope: Scope) -> Statement:
    return replace(PAYWALL_NO_COPIES, scope=scope)


def _address(value: str, place: Place) -> str | None:
    if not is_address(value):
        return None
    terms = terms_behind(value.strip(), base=place.base, url=place.url)
    return terms.licence if terms is not None else None
