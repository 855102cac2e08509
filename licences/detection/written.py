"""What people write where a licence belongs: its address, its name, or words.

An address inside a sentence is read with less confidence than one that stands alone, and two different licences in
one sentence are none: the sentence says which holds when, and we do not read it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from licences.creativecommons import read_deed
from licences.detection.place import resolve
from licences.detection.statement import IN_WORDS, PROTOCOLS, licence_statement, rights_notice
from licences.observation import WHOLE_DOCUMENT, Scope, Statement
from licences.spdx import read_expression
from licences.terms import Terms, terms_at, terms_of
from licences.vocabulary import Kind, Verdict

_LONGEST = 4000  # characters of a field that are read
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{0,20}:|/|\.{1,2}/|#)\S*", re.IGNORECASE)
_DEED = re.compile(r"(?:https?:)?//(?:www\.)?creativecommons\.org/[^\s<>\"'|]{1,200}", re.IGNORECASE)
_NO_PLACES = ("javascript:", "data:", "blob:", "about:", "mailto:", "tel:", "vbscript:")
_AFTER = ".,;:!?)]}»”。，；）"  # noqa: RUF001 - what may follow an address in a sentence, Chinese ones too
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
    """Return the terms that the value of a licence property names, None where it is empty."""
    text = value.strip()[:_LONGEST]
    if not text:
        return None
    return terms_behind(text, base=base, url=url) if is_address(text) else terms_of(text)


def read_rights(
    kind: Kind, value: str, *, base: str, url: str, note: str = "rights", scope: Scope = WHOLE_DOCUMENT
) -> Statement | None:
    """Return what a field for rights states: a licence, or words for a person; None where it is empty.

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
        return None
    if is_address(text):
        terms = terms_behind(text, base=base, url=url)
        return licence_statement(kind, terms, scope) if terms is not None else _words(kind, note, scope)
    if (terms := _named(text)) is not None:
        return licence_statement(kind, terms, scope)
    if (terms := _in_sentence(text)) is not None:
        return licence_statement(kind, terms, scope, IN_WORDS)
    return _words(kind, note, scope)


def _words(kind: Kind, note: str, scope: Scope) -> Statement:
    return rights_notice(PROTOCOLS[kind], note, scope)


@lru_cache(maxsize=1024)
def _named(text: str) -> Terms | None:
    return terms_of(text) if len(text) <= 200 and read_expression(text).valid else None  # noqa: PLR2004 - no name is longer


def _in_sentence(text: str) -> Terms | None:
    found = {
        terms_at(address.rstrip(_AFTER))
        for address in _DEED.findall(text)
        if read_deed(address.rstrip(_AFTER))
    }
    return found.pop() if len(found) == 1 else None
