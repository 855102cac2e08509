"""What a segment is called: "warc/<registrable domain>/<run>/<visit>-<n>.warc.gz", under a store's or the spool's root."""

from __future__ import annotations

import re

from crawler.archive.errors import ArchiveError

ROOT = "warc/"
_KEY = re.compile(r"[A-Za-z0-9._~:\[\]-]+(/[A-Za-z0-9._~:\[\]-]+)*")


def segment_key(site: str, run_id: int, visit_id: int, number: int) -> str:
    """Return the key of a visit's ``number``-th segment (from 0).

    >>> segment_key("example.org", 12, 34, 0)
    'warc/example.org/12/34-0.warc.gz'
    """
    return checked_key(f"{ROOT}{site}/{run_id}/{visit_id}-{number}.warc.gz")


def site_prefix(site: str | None) -> str:
    """Return what the keys of a site's segments begin with; None: those of all sites.

    >>> site_prefix("example.org"), site_prefix(None)
    ('warc/example.org/', 'warc/')
    """
    return ROOT if site is None else f"{ROOT}{site}/"


def site_of(key: str) -> str:
    """Return the site whose segment a key names.

    >>> site_of("warc/example.org/12/34-0.warc.gz")
    'example.org'
    """
    return checked_key(key).split("/")[1]


def checked_key(key: str) -> str:
    """Return the key, if it is one: relative, no empty, "." or ".." part, nothing that a URL would escape.

    Raises:
        ArchiveError: it is none.

    >>> checked_key("warc/../../etc/passwd")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    crawler.archive.errors.ArchiveError: 'warc/../../etc/passwd' cannot name an object: ...
    """
    if not _KEY.fullmatch(key) or any(part.strip(".") == "" for part in key.split("/")):
        raise ArchiveError(
            f"{key!r} cannot name an object: use letters, digits and . _ ~ : [ ] - between slashes"
        )
    return key
