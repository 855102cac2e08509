"""What people write where a licence belongs: its address, its name, or words.

What stands inside a sentence is read with less confidence than what stands alone.  Two different licences in one
sentence are none, and so is one that the sentence qualifies: it says which holds when, and we do not read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from licences.creativecommons import read_deed
from licences.detection.phrases import phrases_in, statement_of
from licences.detection.place import resolve
from licences.detection.statement import IN_WORDS, PROTOCOLS, licence_statement, rights_notice
from licences.naming import licences_named
from licences.observation import WHOLE_DOCUMENT, Scope, Statement
from licences.spdx import read_expression
from licences.terms import Terms, terms_at, terms_of
from licences.vocabulary import Kind, Verdict
from licences.words import fold

_LONGEST = 4000  # characters of a field that are read
_LONGEST_NAME = 100  # characters; a longer one is a sentence, and may name people and years
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{0,20}:|/|\.{1,2}/|#)\S*", re.IGNORECASE)
_DEED = re.compile(r"(?:https?:)?//(?:www\.)?creativecommons\.org/[^\s<>\"'|]{1,200}", re.IGNORECASE)
_NO_PLACES = ("javascript:", "data:", "blob:", "about:", "mailto:", "tel:", "vbscript:")
_AFTER = ".,;:!?)]}»”。，；）"  # noqa: RUF001 - what may follow an address in a sentence, Chinese ones too
_NEUTRAL = re.compile(  # words around a name that change nothing in it
    r"\W|_|\b(?:the|an?|is|are|this|work|under|by|licen[cs]ed?|public|international|unported|generic|universal|deed)\b"
)
_QUALIFIED = re.compile(  # and words that may
    r"commer|kommerz|comerc|deriv|\bn[cd]\b|non.?profit|academic|education|except|unless|\bnot?\b|without|only|"
    r"prohib|forbid|restrict|reserv|permission|"
    r"\bnicht\b|\bnur\b|vorbehalt|\bohne\b|\bpas\b|sauf|interdi|\bsin\b|salvo|train|mining|禁|不|保留|仅|僅|未|無断|除"
)
# The page's own words are its terms.  They have no name: the page's address would differ on every page of a site.
_HERE = Terms(licence=None, verdict=Verdict.UNKNOWN, note="unknown_licence")


def is_address(text: str) -> bool:
    """Tell whether a value is an address, absolute or relative, rather than a name or a sentence."""
    return _ADDRESS.fullmatch(text.strip()) is not None


def terms_behind(reference: str, *, base: str, url: str) -> Terms | None:
    """Return the terms that a link leads to, None where it is no address.

    Args:
        reference: as written.
        base: what it resolves against.
        url: of the document that holds it; terms that lie there have no name.
    """
    if (target := resolve(base, reference)) is None or target.lower().startswith(_NO_PLACES):
        return None
    return _HERE if target.partition("#")[0] == url.partition("#")[0] else terms_at(target)


def terms_written(value: str, *, base: str, url: str) -> Terms | None:
    """Return the terms that the value of a licence property names, None where it names none at all."""
    text = value.strip()[:_LONGEST]
    if not text:
        return None
    if is_address(text):
        return terms_behind(text, base=base, url=url)
    return _named(text) or (terms_of(text) if len(text) <= _LONGEST_NAME else _HERE)


def read_rights(
    kind: Kind, value: str, *, base: str, url: str, note: str = "rights", scope: Scope = WHOLE_DOCUMENT
) -> Iterator[Statement]:
    """Yield what a field for rights states: a licence, or that there are words for a person; and what they deny.

    Args:
        kind: of the carrier.
        value: as written; words stay in the observation's raw text, for they name holders and years.
        base: what an address resolves against.
        url: of the document that holds the field.
        note: what words in this field are about.
        scope: what the field covers.
    """
    text = value.strip()[:_LONGEST]
    if not text:
        return
    terms = terms_behind(text, base=base, url=url) if is_address(text) else _named(text)
    if terms is not None:
        yield licence_statement(kind, terms, scope)
    else:
        yield rights_notice(PROTOCOLS[kind], note, scope)
    yield from denied_in(text, PROTOCOLS[kind], scope)


@lru_cache(maxsize=256)
def denied_in(text: str, protocol: str, scope: Scope) -> tuple[Statement, ...]:
    """Return what words about rights deny; they allow nothing.

    Args:
        text: as written.
        protocol: whose words they are.
        scope: what they cover.
    """
    denials = (
        statement_of(phrase, number, scope)
        for phrase, *_ in phrases_in(" ".join(fold(text).split()))
        if not phrase.own
        for number, stated in enumerate(phrase.states)
        if stated["verdict"] == Verdict.DENY.value
    )
    return tuple(_of_protocol(denial, protocol) for denial in denials)


@lru_cache(maxsize=256)
def _of_protocol(denial: Statement, protocol: str) -> Statement:
    return replace(denial, protocol=protocol)


@lru_cache(maxsize=1024)
def _named(text: str) -> Terms | None:
    """Return the terms of the one licence that words name, by SPDX expression, by name or by address."""
    if len(text) <= _LONGEST_NAME and read_expression(text).valid:
        return terms_of(text)
    rest = _DEED.sub(" ", text)
    addresses = {address.rstrip(_AFTER) for address in _DEED.findall(text)}
    named = {terms_at(address) for address in addresses if read_deed(address) is not None}
    folded = " ".join(fold(rest).split())
    for one in reversed(licences_named(folded)):
        named.add(one.terms)
        folded = f"{folded[: one.start]} {folded[one.end :]}"
    if len(named) != 1 or _QUALIFIED.search(folded):
        return None
    terms = named.pop()
    stands_alone = not addresses and not _NEUTRAL.sub("", folded)
    return terms if stands_alone else replace(terms, confidence=min(terms.confidence, IN_WORDS))
