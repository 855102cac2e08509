"""Representations for tests, made as the crawler makes them: one parse a page."""

from __future__ import annotations

from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser

from licences.observation import Observation
from licences.observers import observe
from licences.representation import Representation

URL = "https://example.org/page"
TOKEN = "OurBot"


def page(
    html: str | bytes = "",
    *,
    headers: Iterable[Iterable[str]] = (),
    media_type: str = "text/html",
    url: str = URL,
    status: int = 200,
) -> Representation:
    """Return a page; other media types than HTML are not parsed."""
    body = html if isinstance(html, bytes) else html.encode()
    return Representation(
        url=url,
        status=status,
        headers=tuple((name, value) for name, value in headers),
        media_type=media_type,
        body=body,
        tree=LexborHTMLParser(body) if media_type == "text/html" else None,
    )


def observed(html: str | bytes = "", **more: object) -> tuple[Observation, ...]:
    """Return what a page states."""
    return observe(page(html, **more), product_token=TOKEN)  # type: ignore[arg-type]  # forwarded as they are
