"""Options that say how far an erasure or a hold reaches: one of four, read as the archive names things."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler import urls
from crawler.errors import CrawlerError
from provenance.erasures import Scope, ScopeKind

UrlOption = Annotated[str | None, typer.Option("--url", metavar="URL", help="Exactly this URL.")]
PrefixOption = Annotated[
    str | None, typer.Option("--prefix", metavar="URL", help="Every URL that begins so, such as a folder.")
]
SiteOption = Annotated[
    str | None, typer.Option("--site", metavar="DOMAIN", help="A site, with every host below it.")
]
DigestOption = Annotated[
    str | None,
    typer.Option("--digest", metavar="sha256:HEX", help="Every document with exactly these bytes."),
]
_END = "x"  # stands behind a prefix while its URL is brought into form: so its own end stays as it is


def scope_of(url: str | None, prefix: str | None, site: str | None, digest: str | None) -> Scope:
    """Return the scope that a command names.

    Raises:
        CrawlerError: none is named, or more than one.
        ScopeError: what is named makes no sense.
    """
    named = {
        ScopeKind.URL: url,
        ScopeKind.PREFIX: prefix,
        ScopeKind.SITE: site,
        ScopeKind.DIGEST: digest,
    }
    given = [(kind, value) for kind, value in named.items() if value is not None]
    if len(given) != 1:
        raise CrawlerError("name one scope: --url URL, --prefix URL, --site DOMAIN or --digest sha256:HEX")
    [(kind, value)] = given
    return Scope.parse(kind, _as_recorded(kind, value.strip()))


def _as_recorded(kind: ScopeKind, value: str) -> str:
    r"""Return a value as rows have it: URLs in canonical form, names in ASCII; what is none stays as it is.

    >>> _as_recorded(ScopeKind.URL, "HTTPS://Example.org:443"), _as_recorded(ScopeKind.SITE, "bücher.example")
    ('https://example.org/', 'xn--bcher-kva.example')
    >>> _as_recorded(ScopeKind.PREFIX, "https://Example.org/ä?"), _as_recorded(ScopeKind.PREFIX, "https://a.org/b/.")
    ('https://example.org/%C3%A4?', 'https://a.org/b/.')
    """
    if kind is ScopeKind.URL:
        return urls.canonical(value) or value
    if kind is ScopeKind.PREFIX and value.count("/") > len("//"):
        found = urls.canonical(value + _END) or ""
        return found[: -len(_END)] if "#" not in value and found.endswith(_END) else value
    if kind is ScopeKind.SITE and not value.isascii():
        try:
            return value.encode("idna").decode("ascii")
        except UnicodeError:
            return value
    return value
