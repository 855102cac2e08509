"""Licences declared in RDFa: ccREL, XHTML vocabulary, Dublin Core terms and schema.org.

Read lightly on the page's own tree, without a graph: whose licence it is, is decided by the nearest ``about``,
``resource`` or ``typeof`` around the property, and any subject but the page itself makes it a part's licence.
Source: RDFa Core 1.1 §7.5 (subjects, prefixes), ccREL (``cc:license``), RDFa Core Initial Context.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice, pairwise

from selectolax.lexbor import LexborNode

from licences.detection.excerpt import WORDS, markup_of, words_of
from licences.detection.place import Element, Page, css_path, scope_of, upwards
from licences.detection.schema_org import Place, is_described, property_named, stated
from licences.detection.statement import licence_statement, part_of
from licences.detection.written import read_rights, terms_written
from licences.observation import Observation, Scope, Source, Statement
from licences.vocabulary import Channel, Kind

_TERMS = "http://purl.org/dc/terms/"
_PREFIXES: Mapping[str, str] = {  # the initial context, and «dct», which everybody writes
    "cc": "http://creativecommons.org/ns#",
    "dc": _TERMS,
    "dct": _TERMS,
    "dcterms": _TERMS,
    "dc11": "http://purl.org/dc/elements/1.1/",
    "schema": "http://schema.org/",
    "xhv": "http://www.w3.org/1999/xhtml/vocab#",
}
_LICENCES = frozenset(
    {
        "http://creativecommons.org/ns#license",
        "http://web.resource.org/cc/license",
        "http://www.w3.org/1999/xhtml/vocab#license",
        _TERMS + "license",
        "http://schema.org/license",
    }
)
_RIGHTS = frozenset({_TERMS + "rights", "http://purl.org/dc/elements/1.1/rights"})
_SCHEMA = "http://schema.org/"
_WORDS = frozenset({"license", "rights"})  # the last word of every property that speaks, but for schema.org's
_LONGEST = 4000  # characters of a list of names that are read
_LINKS = ("resource", "href", "src")
_SUBJECT = part_of("[about]")


def declared_by_rdfa(element: Element) -> Iterator[Observation]:
    """Yield the licence or the rights that one element's ``rel`` or ``property`` declares, if it does."""
    attributes = element.attributes
    if "property" not in attributes and "rel" not in attributes:
        return
    for attribute in ("rel", "property"):
        named = _properties(element, attribute)
        if not named:
            continue
        value = _value(attributes, element.node, as_link=attribute == "rel")
        for statement in _statements(named, value, element):
            channel = Channel.HTML_META if element.tag == "meta" else Channel.HTML_LINK
            source = Source(channel=channel, url=element.page.url, locator=css_path(element.node))
            yield Observation(statement=statement, source=source, raw=markup_of(element.node))


def _statements(named: set[str], value: str, element: Element) -> Iterator[Statement]:
    page = element.page
    base, url, scope = page.base, page.url, _scope(element.node, page)
    if not _LICENCES.isdisjoint(named):
        if (terms := terms_written(value, base=base, url=url)) is not None:
            yield licence_statement(Kind.LICENCE_RDFA, terms, scope)
    elif not _RIGHTS.isdisjoint(named):
        yield from read_rights(Kind.LICENCE_RDFA, value, base=base, url=url, scope=scope)
    else:
        for address in sorted(named):
            if name := property_named(address):
                yield from stated(name, value, Place(base=base, url=url, scope=scope))


def _properties(element: Element, attribute: str) -> set[str]:
    """Return the properties about licence and rights that an attribute names, as addresses."""
    tokens = (element.attributes.get(attribute) or "")[:_LONGEST].split()
    spoken = [token for token in tokens if _speaks(_last_word(token))]
    if attribute == "rel":  # bare words are link types there, read elsewhere
        spoken = [token for token in spoken if ":" in token]
    if element.tag == "meta":  # its Dublin Core is read elsewhere too
        spoken = [token for token in spoken if not token.lower().startswith("dc")]
    found = {address for token in spoken if (address := _address(token, element.node))}
    return {one for one in found if one in _LICENCES or one in _RIGHTS or one.startswith(_SCHEMA)}


def _speaks(word: str) -> bool:
    return word in _WORDS or property_named(word) is not None


def _last_word(token: str) -> str:
    """Return the name in ``cc:license``, ``license`` or ``http://schema.org/license``."""
    return token.rpartition(":")[2].rpartition("/")[2].rpartition("#")[2]


def _address(token: str, node: LexborNode) -> str | None:
    """Return a property as an address, in the form of `_LICENCES`; None where its prefix or vocabulary is unknown."""
    prefix, colon, name = token.partition(":")
    if name.startswith("//"):
        address: str | None = token
    elif colon:
        start = _declared(node, prefix.lower()) or _PREFIXES.get(prefix.lower())
        address = start + name if start else None
    else:
        vocabulary = next((found for one in upwards(node) if (found := one.attrs.get("vocab"))), None)
        address = f"{vocabulary.strip().rstrip('/')}/{token}" if vocabulary else None
    if address and address.startswith("https://"):
        address = "http://" + address.removeprefix("https://")
    return address


def _declared(node: LexborNode, prefix: str) -> str | None:
    """Return what the page declares a prefix to stand for, by ``prefix`` or the older ``xmlns:…``."""
    for one in upwards(node):
        attributes = one.attrs
        if found := attributes.get(f"xmlns:{prefix}"):
            return found.strip()
        if (declared := attributes.get("prefix")) and (address := _prefixes(declared[:_LONGEST]).get(prefix)):
            return address
    return None


@lru_cache(maxsize=256)
def _prefixes(declared: str) -> Mapping[str, str]:
    """Return what ``cc: http://… dct: http://…`` declares, by prefix in lower case."""
    pairs = pairwise(declared.split())
    return {name[:-1].lower(): address for name, address in pairs if name.endswith(":")}


def _value(attributes: Mapping[str, str | None], node: LexborNode, *, as_link: bool) -> str:
    if not as_link and attributes.get("content") is not None:
        return (attributes.get("content") or "")[:WORDS]
    linked = next((value for name in _LINKS[:2] if (value := attributes.get(name))), None)
    if linked is not None or as_link:
        return (linked or "")[:WORDS]
    return words_of(node)


def _scope(node: LexborNode, page: Page) -> Scope:
    own = node.attributes
    if own.get("about") is None and own.get("src"):
        return _SUBJECT
    subject = _subject_around(node) if own.get("about") is None else None
    if subject is None or page.is_meant_by(subject):
        return scope_of(node, page)
    return _SUBJECT


def _subject_around(node: LexborNode) -> str | None:
    """Return what the elements around a property are about; None: nothing but the page."""
    for one in islice(upwards(node), 1, None):
        attributes = one.attrs
        if attributes.get("about") is not None:
            return None  # `scope_of` reads it
        if linked := next((value for name in _LINKS if (value := attributes.get(name))), None):
            return linked
        if "typeof" in attributes and _is_part(one.attributes):
            return "#part"
    return None


def _is_part(attributes: Mapping[str, str | None]) -> bool:
    """Tell whether a typed thing is a property of another one, or something that the page only describes."""
    return (
        "property" in attributes
        or "rel" in attributes
        or is_described((attributes.get("typeof") or "").split())
    )
