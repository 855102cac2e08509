"""URLs as we compare, pace and archive them: canonical form, origin, host, registrable domain.

One spelling a resource, so that nothing is asked for twice; and nothing that could address something else than it
seems to (credentials, control characters, odd schemes) gets past `canonical`.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import tldextract

MAX_LENGTH = 2048  # characters; longer ones are traps more often than documents
DEFAULT_PORTS = {"http": 80, "https": 443}
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_UNSAFE = re.compile(r"[^!#$%&'()*+,/:;=?@\[\]~\w.-]", re.ASCII)
_TRIPLET = re.compile(r"%([0-9a-fA-F]{2})?")
_BRACKETED = re.compile(r"\[[^\[\]%]*\](?::\d*)?")  # an IPv6 address, without zone (RFC 9110 §4.2.3 has none)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_DEVIATIONS = frozenset("ßς\u200c\u200d")  # IDNA 2003 and 2008 make two names of these (RFC 5894 §7.2)
_HOST = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# The list bundled with the library: fetching one at run time would be a request that nobody permitted.
_domains = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


class UnusableUrlError(ValueError):
    """The text is no http(s) URL that we would request; the message says why."""


class Target(NamedTuple):
    """A canonical URL, taken apart once."""

    url: str
    scheme: str
    host: str  # lower-case, IDNA; IPv6 without brackets
    port: int
    path: str  # with query: what goes on the request line

    @property
    def origin(self) -> str:
        """Scheme, host and, when it is not the scheme's own, port (RFC 6454)."""
        return self.url[: len(self.url) - len(self.path)]


def _normalise_triplet(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%25"  # a percent sign that begins no triplet is itself
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _ascii_host(host: str) -> str:
    host = host.rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _DEVIATIONS.isdisjoint(host):
        raise UnusableUrlError(
            f"has the host {host!r}, two different names in the two versions of IDNA: use xn--"
        )
    try:
        encoded = host.encode("ascii") if host.isascii() else host.encode("idna")
    except UnicodeError as error:
        raise UnusableUrlError(f"has the host {host!r}, no internet name: {error}") from error
    name = encoded.decode("ascii")
    if not _HOST.match(name) or len(name) > 253:  # noqa: PLR2004  # RFC 1035: 253 characters in text form
        raise UnusableUrlError(f"has the host {host!r}, no internet name")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise UnusableUrlError(f"has the host {host!r}, an IPv4 address in a form that is easily mistaken")
    return name


@lru_cache(maxsize=65536)
def parse(text: str) -> Target:
    """Return the canonical form of an absolute http(s) URL.

    Scheme and host lower-case (IDNA), the scheme's own port dropped, dot segments resolved, no fragment, an empty
    path as ``/``, percent triplets upper-case and unreserved ones decoded (RFC 3986 §6.2.2).

    Raises:
        UnusableUrlError: another scheme, credentials, a control character, no host, an absurd port or length.

    >>> parse("HTTP://Example.ORG:80/%7Ea/../b?q=%c3#top").url
    'http://example.org/b?q=%C3'
    """
    parts, port = _split(text.strip())
    host = _ascii_host(parts.hostname or "")
    own_port = DEFAULT_PORTS[parts.scheme]
    netloc = f"[{host}]" if ":" in host else host
    if port not in (None, own_port):
        netloc = f"{netloc}:{port}"
    path = _normal_path(parts)
    return Target(f"{parts.scheme}://{netloc}{path}", parts.scheme, host, port or own_port, path)


def _split(text: str) -> tuple[SplitResult, int | None]:
    """Take a URL apart, or say why it is none of ours."""
    if len(text) > MAX_LENGTH:
        raise UnusableUrlError(f"is longer than {MAX_LENGTH} characters")
    if _CONTROL.search(text):
        raise UnusableUrlError("holds a space or a control character")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UnusableUrlError(f"cannot be read: {error}") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise UnusableUrlError(f"has the scheme {parts.scheme or '(none)'!r}, not http or https")
    if "@" in parts.netloc:
        raise UnusableUrlError("carries credentials")
    if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
        raise UnusableUrlError("has a host of which only a part stands in brackets, or with a zone")
    if not parts.hostname or port == 0:
        raise UnusableUrlError("names no host and port")
    return parts, port


def _normal_path(parts: SplitResult) -> str:
    """Return path and query: triplets first, so that an encoded dot is one when dot segments go."""
    path = _normal_text(parts.path)
    if "/." in path:
        path = _without_dot_segments(path)
    return f"{path or '/'}?{_normal_text(parts.query)}" if parts.query else path or "/"


def _normal_text(text: str) -> str:
    if "%" in text:
        text = _TRIPLET.sub(_normalise_triplet, text)
    return quote(text, safe="!#$%&'()*+,/:;=?@[]~") if _UNSAFE.search(text) else text


def _without_dot_segments(path: str) -> str:
    """Resolve ``.`` and ``..`` (RFC 3986 §5.2.4); an empty segment is one like any other."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def join(base: str, reference: str) -> str:
    r"""Return a reference as an absolute URL without its fragment; white space around and line breaks inside go.

    Raises:
        ValueError: no URL at all.

    >>> join("http://a.example/x/y", " ../z\n#top")
    'http://a.example/z'
    """
    cleaned = reference.strip().replace("\n", "").replace("\r", "").replace("\t", "").partition("#")[0]
    return urljoin(base, cleaned.replace(" ", "%20"))


def canonical(text: str) -> str | None:
    """Return the canonical form of an absolute URL, or None where it is none that we would request."""
    try:
        return parse(text).url
    except UnusableUrlError:
        return None


@lru_cache(maxsize=4096)
def site_of(host: str) -> str:
    """Return the registrable domain of a host; an address or a single label is its own site.

    >>> site_of("docs.python.org"), site_of("127.0.0.1"), site_of("localhost"), site_of("a.github.io")
    ('python.org', '127.0.0.1', 'localhost', 'a.github.io')
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _domains(host).top_domain_under_public_suffix or host
    return host


def robots_url(origin: str) -> str:
    """Return where an origin's robots.txt lies (RFC 9309 §2.3)."""
    return f"{origin}/robots.txt"
