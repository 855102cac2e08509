"""Misbehaviours of bodies: content codings, markup, character sets, data inside pages."""

from __future__ import annotations

import codecs
import json
import zlib

from doings import TEXT, bomb, coded, squeezed
from hostile_server import page
from misbehaviour import Fate, Misbehaviour, by_name

LIMIT = 10 * 1024 * 1024  # bytes of a body, received and again decoded
_START = b"<!doctype html><title>hostile</title>"


def document(
    name: str,
    does: str,
    answer: bytes,
    *,
    leads_to: str = "",
    never: tuple[str, ...] = (),
    reserved: bool = False,
) -> Misbehaviour:
    """Return a row whose page is kept, and leads to one more page at most."""
    found = (leads_to,) if leads_to else ()
    return Misbehaviour(
        name=name,
        does=does,
        answer=answer,
        fate=Fate.DOCUMENT,
        leads_to=found,
        never=never,
        more=dict.fromkeys(found, page(TEXT)),
        reserved=reserved,
    )


def link(path: str) -> bytes:
    """Return a page with one link: whoever follows it has read the page."""
    return _START + b'<a href="%b">on</a>' % path.encode()


_RAW = zlib.compressobj(9, zlib.DEFLATED, -15)
_DEFLATED = _RAW.compress(link("/found/deflate-raw")) + _RAW.flush()

CODINGS = by_name(
    document("bomb", "packs 400 MB into 400 KB of gzip", coded(bomb(400, link("/found/bomb")), "gzip"), leads_to="/found/bomb"),
    document("bomb-nested", "packs 1 GB of gzip into gzip", coded(squeezed(bomb(1000)), "gzip, gzip")),
    document("bomb-40-times", "names gzip 2,000 times", coded(squeezed(TEXT), ", ".join(["gzip"] * 2000))),
    document(
        "gzip-torn", "breaks off its gzip", coded(squeezed(link("/found/torn") + bytes(range(256)) * 400)[:-900], "gzip"),
        leads_to="/found/torn",
    ),
    document("gzip-lie", "calls plain text gzip", coded(link("/never/lie"), "gzip"), never=("/never/lie",)),
    document("coding-unknown", "uses a coding that nobody asked for", coded(TEXT, "br")),
    document("deflate-raw", "sends deflate without its frame", coded(_DEFLATED, "deflate"), leads_to="/found/deflate-raw"),
    document(
        "gzip-members",
        "sends its body as many gzip members",
        coded(b"".join(squeezed(bytes([byte])) for byte in link("/found/members")), "gzip"),
        leads_to="/found/members",
    ),
    document("gzip-empty-members", "sends 100,000 empty gzip members", coded(squeezed(b"") * 100_000, "gzip")),
)  # fmt: skip  # a table: one row a line where it fits

_DEEP = 100_000
MARKUP = by_name(
    document(
        "tags-nested",
        "nests 100,000 tags",
        page(link("/found/nested") + b"<div>" * _DEEP + b'<a href="/never/nested">on</a>'),
        leads_to="/found/nested",
    ),
    document("formatting-nested", "leaves 50,000 formatting tags open", page(_START + b"<b><i><p>" * 50_000)),
    document("tables-nested", "nests 20,000 tables", page(_START + b"<table><tr><td>" * 20_000)),
    document("comment-open", "opens a comment that never ends", page(_START + b"<!--" + b"-" * 1_000_000)),
    document("links-million", "links a million times", page(b"<a href=1>" * 1_000_000), leads_to="/bad/1"),
    document(
        "links-off",
        "links to 400,000 places elsewhere",
        page(b"".join(b"<a href=//x.test/%d>" % number for number in range(400_000))),
    ),
    document(
        "links-hostile",
        "links where no link can lead",
        page(
            _START
            + b'<a href="/found/nul\0l"><a href="/never/a\x01b"><a href="javascript:alert(1)"><a href="data:,x">'
            + b'<a href="http://u:p@127.0.0.1/never"><a href="http://[::1"><a href="http://127.0.0.1:0/never">'
            + b'<a href="http://127.0.0.1:99999/"><a href="//"><a href="http://"><a href="http://\xe2\x84\xa0/">'
            + b'<a href="gopher://127.0.0.1/never"><a href="http://2130706433/never"><a href="http://0x7f.1/never">'
            + b'<a href="mailto:a@b.example">'
        ),
        leads_to="/found/nul%EF%BF%BDl",
    ),
    document("attribute-8m", "writes one attribute of 8 MiB", page(_START + b'<a href="/' + b"x" * (8 << 20) + b'">')),
    document("attributes-many", "writes 200,000 attributes into one tag", page(_START + b"<p " + b"".join(b"a%d " % n for n in range(200_000)) + b">")),
    document(
        "base-elsewhere",
        "sets the base of its links elsewhere",
        page(_START + b'<base href="http://169.254.169.254/"><a href="latest/">no</a>'),
    ),
    document("base-script", "sets a script as the base of its links", page(_START + b'<base href="javascript:alert(1)//"><a href="x">on</a>'), leads_to="/bad/x"),
    document("meta-refresh", "refreshes to somewhere else", page(b'<meta http-equiv=refresh content="0; url=/never/meta">')),
    document("form-and-script", "wants forms sent and scripts run", page(b"<form action=/never/form><input name=a></form><script>fetch('/never/script')</script><img src=/never/image>")),
)  # fmt: skip  # as above


def _meta(charset: str, body: bytes = b"\xc3\xa9 \xff\xfe") -> bytes:
    return page(b"<meta charset=%b>" % charset.encode() + body, media="text/html")


CHARSETS = by_name(
    document("charset-utf-16-lie", "calls its ASCII UTF-16", _meta("utf-16")),
    document("charset-utf-7", "asks to be read as UTF-7", _meta("utf-7", b"+ADw-script+AD4-")),
    document("charset-idna", "asks to be read as a host name", _meta("idna", b"x" * 70_000)),
    document("charset-punycode", "asks to be read as Punycode, 2 MB of it", _meta("punycode", b"lapwing-" + b"a9" * 1_000_000)),
    document("charset-escapes", "asks to be read as Python escapes", _meta("unicode_escape", rb"\x3cscript\x3e \N{DASH} \q")),
    document("charset-zlib", "asks to be read as zlib", _meta("zlib_codec")),
    document("charset-none", "asks to be read as nothing known", _meta("x-" + "y" * 30)),
    document("utf-16-unmarked", "writes UTF-16 and says so nowhere", page("<a href='/never/x'>é</a>".encode("utf-16-le"), media="text/html")),
    document("utf-16-odd", "writes an odd number of bytes of UTF-16", page(codecs.BOM_UTF16_BE + link("/never/y")[:-2], media="text/html")),
    document("surrogates", "writes half characters", page(_START + b"<p>\xed\xa0\x80&#xD800;&#x110000;&#0;", media="text/html; charset=utf-8")),
)  # fmt: skip  # as above


def _data(text: str) -> bytes:
    return page(f'<script type="application/ld+json">{text}</script>'.encode())


_WORK = '{"@type": "CreativeWork", "license": %s}'
INSIDE = by_name(
    document("json-10m", "states JSON-LD of 9 MiB", _data(_WORK % json.dumps("https://example.org/" + "x" * (9 << 20)))),
    document("json-nested", "nests JSON-LD 200,000 times", _data("[" * 200_000)),
    document("json-objects", "nests JSON-LD objects 50,000 times", _data('{"a":' * 50_000 + "1" + "}" * 50_000)),
    document("json-number", "states a number of a million digits", _data('{"license": ' + "9" * 1_000_000 + "}")),
    document("json-surrogate", "names a licence with half a character", _data(_WORK % r'"https://example.org/\ud800"')),
    document("json-nul", "names a licence with NUL", _data(_WORK % r'"https://example.org/\u0000"')),
    document("json-many", "states a licence 20,000 times", _data("[" + ",".join([_WORK % '"https://example.org/l"'] * 20_000) + "]")),
    document("rel-license-many", "links 100,000 licences, each another", page(b"".join(b"<a rel=license href=/never/l%d>" % n for n in range(100_000)).replace(b"/never", b"http://x.test"))),
    document("robots-meta-many", "states 50,000 robots tags", page(b"<head>" + b'<meta name=robots content="noai">' * 50_000), reserved=True),
)  # fmt: skip  # as above
