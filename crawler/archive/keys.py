"""What lies where under a store's or the spool's root.

A segment is called "warc/<registrable domain>/<run>/<visit>-<n>.warc.gz", after it was rewritten for the g-th time
"…-<n>.r<g>.warc.gz": no key ever gets other bytes.  Beside each segment lies its index, "….cdxj".
"""

from __future__ import annotations

import re

from crawler.archive.errors import ArchiveError

ROOT = "warc/"
_SEGMENT, _INDEX = ".warc.gz", ".cdxj"
_GENERATION = re.compile(r"(?:\.r(\d+))?\.warc\.gz$")
_KEY = re.compile(r"[A-Za-z0-9._~:\[\]-]+(/[A-Za-z0-9._~:\[\]-]+)*")


def segment_key(site: str, run_id: int, visit_id: int, number: int) -> str:
    """Return the key of a visit's ``number``-th segment (from 0).

    >>> segment_key("example.org", 12, 34, 0)
    'warc/example.org/12/34-0.warc.gz'
    """
    return checked_key(f"{ROOT}{site}/{run_id}/{visit_id}-{number}{_SEGMENT}")


def rewritten_key(key: str) -> str:
    """Return the key that a segment gets when it is written anew.

    >>> rewritten_key("warc/example.org/12/34-0.warc.gz"), rewritten_key("warc/example.org/12/34-0.r1.warc.gz")
    ('warc/example.org/12/34-0.r1.warc.gz', 'warc/example.org/12/34-0.r2.warc.gz')
    """
    found = _GENERATION.search(key)
    if found is None:
        raise ArchiveError(f"{key!r} names no segment: it does not end with {_SEGMENT}")
    return f"{key[: found.start()]}.r{int(found[1] or 0) + 1}{_SEGMENT}"


def index_key(key: str) -> str:
    """Return the key of the index that lies beside a segment.

    >>> index_key("warc/example.org/12/34-0.r1.warc.gz")
    'warc/example.org/12/34-0.r1.cdxj'
    """
    return key.removesuffix(_SEGMENT) + _INDEX


def segment_of(key: str) -> str:
    """Return the key of the segment that an object belongs to: its own, or that of the segment it is the index of.

    >>> segment_of("warc/example.org/12/34-0.cdxj"), segment_of("warc/example.org/12/34-0.warc.gz")
    ('warc/example.org/12/34-0.warc.gz', 'warc/example.org/12/34-0.warc.gz')
    """
    return key.removesuffix(_INDEX) + _SEGMENT if key.endswith(_INDEX) else key


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
