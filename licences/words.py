"""Text as it is matched: one spelling for what people write in many.

Source: Unicode Standard Annex #15 (NFKC) and its default case folding; what is invisible hides nothing.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
_LAST_LATIN = "\u024f"  # accents are folded up to here: in Japanese they make other letters
_REMOVED = dict.fromkeys(map(ord, INVISIBLE))
_PLAIN = {
    code: base
    for code in range(0xC0, ord(_LAST_LATIN) + 1)
    if (base := unicodedata.normalize("NFKD", chr(code))[0]) != chr(code) and base.isascii()
} | {0x153: "oe", 0x2019: "'", 0x2018: "'", 0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2014: "-"}


@lru_cache(maxsize=2048)
def fold(text: str) -> str:
    r"""Return a text as it is matched: no invisible signs, NFKC, no case, no Latin accents, plain dashes.

    >>> fold("No S\u200bcraping: \u0152uvre prot\u00e9g\u00e9e")
    'no scraping: oeuvre protegee'
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text.translate(_REMOVED)).casefold().translate(_PLAIN)
