"""``aboveboard source``: the register's commands, which take a site as crawls name it."""

from __future__ import annotations

import ipaddress

import typer

from crawler import urls
from provenance.commands import sources
from provenance.errors import SourceError


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    sources.register(app, _site)


def _site(text: str) -> str:
    """Return a site's name.

    Raises:
        SourceError: it is none, or only a part of one.

    >>> _site("Example.ORG"), _site("https://example.org/a"), _site("bücher.example"), _site("[::1]")
    ('example.org', 'example.org', 'xn--bcher-kva.example', '::1')
    """
    value = text.strip()
    try:
        return str(ipaddress.ip_address(value.strip("[]")))
    except ValueError:
        pass
    try:
        host = urls.parse(value if "://" in value else f"http://{value}/").host
    except urls.UnusableUrlError as error:
        raise SourceError(f"{text!r} {error}: write a registrable domain or an address") from error
    site = urls.site_of(host)
    if site != host:
        raise SourceError(f"{host} is a part of {site}, and a source is a whole site: write {site}")
    return site
