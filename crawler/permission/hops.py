"""Where a redirected file of a host is to be asked for next: each hop is a request of its own, by the frontier."""

from __future__ import annotations

from dataclasses import dataclass

from crawler import urls
from crawler.errors import CrawlerError
from crawler.permission.file_answer import FileAnswer

REDIRECTS = frozenset({301, 302, 303, 307, 308})
REDIRECT_HOPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """A file that redirects: ask there, for the same origin."""

    target: urls.Target
    hops: int


class NoWayOn(CrawlerError):  # noqa: N818  # says what is the case
    """A redirect leads nowhere that can be asked; the message goes on from the file's URL."""


def next_hop(answer: FileAnswer, *, hops: int) -> NextHop:
    """Return where an answer redirects to.

    Args:
        answer: with a status of `REDIRECTS`.
        hops: redirects followed so far.

    Raises:
        NoWayOn: it is one redirect too many, or names no usable place.
    """
    location = answer.header("location").strip()
    if hops >= REDIRECT_HOPS:
        raise NoWayOn(f"redirects more than {REDIRECT_HOPS} times")
    if not location:
        raise NoWayOn(f"answered {answer.status} and does not say where it is now")
    try:
        target = urls.parse(urls.join(answer.url, location))
    except ValueError as error:
        raise NoWayOn(f"redirects to {location[:200]!r}, an unusable place: it {error}") from error
    return NextHop(target=target, hops=hops + 1)
