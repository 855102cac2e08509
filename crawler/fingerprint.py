"""A document's fingerprint: 64 bits that hardly change where its text hardly does (simhash).

Every run of four words votes on each of the 64 bits; the majority has it.  Two documents with nearly the same text
differ in few bits, two different ones in about half of them.  What is not read as the document's text has no vote:
scripts and styles, and what a page repeats from its neighbours (navigation, asides, footers).

All runs are hashed and counted at once, as lanes of one long integer: a loop over them would cost three times as much.
Source: M. Charikar, Similarity Estimation Techniques from Rounding Algorithms, 2002, §3.
"""

from __future__ import annotations

import re
import sys
from array import array
from zlib import crc32

from selectolax.lexbor import LexborHTMLParser

from crawler.representation import charset_of
from licences.representation import Representation

MOST_WORDS, FEWEST_WORDS = 4_000, 8  # of a document: read; below which there is too little to tell by
SHINGLE = 4  # words
_MOST_TEXT = 100_000  # characters that those words are looked for in
_APART = "script,style,noscript,template,textarea,select,svg,math,nav,aside,footer"
# Scripts that put no blanks between words: a character is a word there (Thai to Khmer, Chinese and Japanese).
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u312f\u31a0-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff]"
)
_BIT = [int.from_bytes(bytes([1 << bit]) * MOST_WORDS) for bit in range(8)]
_LOW = int.from_bytes(b"\0\0\0\0\xff\xff\xff\xff" * MOST_WORDS)  # the lower half of every lane of 64 bits
_OTHERS = bytes(
    set(range(256)) - {0xE0, 0xE1, *range(0xE3, 0xEB), 0xEF, 0xF0}
)  # no such character's first in UTF-8
# Odd numbers below 2**32 (from SplitMix64): one for each word of a run, and one for the upper half of a fingerprint.
_PLACES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0xBF58476D)
_UPPER = 0x94D049BB


def fingerprint(page: Representation) -> int | None:
    """Return the fingerprint of a document, signed; None where it has no text, or too little."""
    return simhash(_words(_text(page)))


def simhash(words: list[bytes]) -> int | None:
    """Return the signed 64-bit simhash of runs of four words; None under `FEWEST_WORDS`.

    The same words have the same one in every process and on every machine.

    >>> simhash([b"one"] * 7) is None
    True
    """
    runs = len(words) - SHINGLE + 1
    if len(words) < FEWEST_WORDS:
        return None
    hashes = array("Q", map(crc32, words))
    if sys.byteorder == "big":
        hashes.byteswap()
    lanes = int.from_bytes(hashes, "little")  # of 64 bits, a word's hash in the lower half of each
    low = _LOW & ((1 << 64 * runs) - 1)
    lower = _folded(lanes, _PLACES, low)
    upper = _folded(lower, (_UPPER,), low)
    columns = (lower | upper << 32).to_bytes(8 * runs, "little")
    votes = 0
    for byte in range(8):
        column = int.from_bytes(columns[byte::8])
        for bit, mask in enumerate(_BIT):
            votes |= ((column & mask).bit_count() * 2 > runs) << (8 * byte + bit)
    return votes - (votes >> 63 << 64)


def distance(one: int, other: int) -> int:
    """Return in how many bits two fingerprints differ.

    >>> distance(-1, 0), distance(5, 6)
    (64, 2)
    """
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def _folded(lanes: int, factors: tuple[int, ...], low: int) -> int:
    """Return 32 bits of every run: the products of its words, each with its place's factor, folded.

    A product of two numbers below 2**32 fits its lane, so none runs over into the next.
    """
    mixed = 0
    for place, factor in enumerate(factors):
        mixed ^= ((lanes >> 64 * place) & low) * factor
    return (mixed ^ mixed >> 32) & low


def _words(text: str) -> list[bytes]:
    """Return the first words of a text, casefolded; characters where a script has no blanks."""
    text = text[:_MOST_TEXT].casefold()
    encoded = text.encode("utf-8", "replace")
    if not text.isascii():
        if encoded.translate(None, _OTHERS):  # costs a hundredth of the search that it mostly saves
            text = _UNSPACED.sub(r" \g<0> ", text)
        encoded = " ".join(text.split()).encode("utf-8", "replace")  # there are more blanks than ASCII's
    return encoded.split(None, MOST_WORDS)[:MOST_WORDS]


def _text(page: Representation) -> str:
    """Return a document's text as it is read; "" where its form is none that we read text of."""
    if page.tree is not None:
        return _visible(page.tree)
    if page.media_type != "text/plain":
        return ""
    content_type = next((value for _, value in page.all("content-type")), "")
    return page.body[: 4 * _MOST_TEXT].decode(charset_of(page.body, content_type), "replace")


def _visible(tree: LexborHTMLParser) -> str:
    """Return a page's text without what stands apart from it, which is found in it in the order of the page."""
    root = tree.body
    if root is None:
        return ""
    text = root.text(deep=True, separator=" ")
    kept: list[str] = []
    begin = inner = end = 0  # of what was cut last, and how far what stands in it was found
    for node in root.css(_APART):
        part = node.text(deep=True, separator=" ")
        within = text.find(part, inner, end) if part.strip() else inner
        if within >= 0:  # nothing to cut, or cut with what holds it
            inner = max(inner, within)
            continue
        begin = text.find(part, end)
        if begin < 0:
            continue
        kept.append(text[end:begin])
        inner, end = begin, begin + len(part)
    return " ".join([*kept, text[end:]])
