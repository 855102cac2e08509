"""Representation: all that an observer sees of a response."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """One final response, decoded and parsed once.

    ``tree`` is the page's only parse: links, signals and text share it.  Observers never parse the page again.
    """

    url: str  # as requested; relative links resolve against it (or against the page's own base)
    status: int
    headers: tuple[tuple[str, str], ...]  # in order, with repeats, names as received
    media_type: str  # lower-case, no parameters; "" when not stated
    body: bytes  # content-decoded
    tree: LexborHTMLParser | None  # None: not HTML, or not parsed

    def all(self, name: str) -> tuple[tuple[int, str], ...]:
        """Return every value of a header with its index among the headers of that name.

        Args:
            name: in lower case.
        """
        values = [value for header, value in self.headers if header.lower() == name]
        return tuple(enumerate(values))
