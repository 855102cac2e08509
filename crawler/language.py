"""The language that a document says it is in.  Stated, never guessed."""

from __future__ import annotations

import re

from licences.representation import Representation

LONGEST = 35  # characters (RFC 5646 §4.4.1: what a reader must have room for)
_TAG = re.compile(r"(?:[a-z]{2,8}|[ix](?=-))(?:-[a-z0-9]{1,8})*")  # the shape of RFC 5646 §2.1


def language_of(page: Representation) -> str | None:
    """Return the language tag of a document, in lower case; None where none is stated.

    The ``lang`` of the root element, else the first tag of Content-Language.  An empty ``lang`` says that the language
    is unknown, and no header knows better (HTML Living Standard, «the lang and xml:lang attributes»).
    """
    root = page.tree.root if page.tree is not None else None
    if root is not None:
        attributes = root.attributes
        stated = attributes.get("lang" if "lang" in attributes else "xml:lang")
        if stated is not None and (not stated or (tag := _tag(stated)) is not None):
            return tag if stated else None
    return next((_tag(value.partition(",")[0]) for _, value in page.all("content-language")), None)


def _tag(text: str) -> str | None:
    """Return a tag in lower case, None where it has not the shape of one.

    >>> _tag(" zh-Hant-TW "), _tag("en_US"), _tag("x")
    ('zh-hant-tw', None, None)
    """
    tag = text.strip().lower()
    return tag if len(tag) <= LONGEST and _TAG.fullmatch(tag) else None
