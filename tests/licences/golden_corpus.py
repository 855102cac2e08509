"""The golden corpus: small labelled cases under tests/cases/golden, and what our observers make of each.

A case is a response with what its host says besides, and what must be read in it.  Its labels were written from the
standards, before the observers were asked.  Keys of a case:

- ``why``: one sentence; ``trap``: nothing, or only a part of the page, is under a licence here.
- ``url``, ``status``, ``headers``, ``content_type``, ``media_type``, ``content_encoding``: of the response.
- ``html`` or ``body``: its text, in ``encoding`` (UTF-8); or ``base64``: its bytes.
- ``fill = [text, times]``: what every ``{{fill}}`` stands for; keeps large cases small.
- ``robots``; ``[site]``: robots.txt and the host's other files, as text or as a table with status and media type.
- ``expect``: what must be read, see `golden_matching`; ``access``: whether robots.txt lets us in;
  ``[retrieval]``: how looking for the host's files went.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from crawler.archive.exchange import Exchange
from crawler.representation import represent
from licences.observation import Observation
from licences.observers import observe
from licences.representation import Representation
from licences.robots import RobotsDocument
from licences.signals.access import observe_refusal
from licences.site_documents import SITE_DOCUMENTS, SiteDocumentKind, read_site_document

GOLDEN = Path(__file__).parent.parent / "cases" / "golden"
TOKEN = "OurBot"
_THEN = datetime(2026, 11, 22, tzinfo=UTC)
_MEDIA_TYPES = {"tdmrep.json": "application/json"}
_KEYS = frozenset(
    "why trap url status headers content_type media_type content_encoding html body encoding base64 fill robots site "  # noqa: SIM905 - a list of words reads better as words
    "expect access retrieval".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled case."""

    name: str  # "tdmrep/file-and-header"
    data: Mapping[str, Any]

    @property
    def trap(self) -> bool:
        """Whether nothing, or only a part of the page, is under a licence: a false reading counts double."""
        return bool(self.data.get("trap", False))

    @property
    def url(self) -> str:
        """The document's address."""
        return str(self.data.get("url", "https://example.org/page"))

    @property
    def body(self) -> bytes:
        """The body as it crosses the wire."""
        data = self.data
        if "base64" in data:
            body = base64.b64decode(data["base64"])
        else:
            body = self._filled(data.get("html", data.get("body", ""))).encode(data.get("encoding", "utf-8"))
        return gzip.compress(body, mtime=0) if data.get("content_encoding") == "gzip" else body

    @property
    def head(self) -> bytes:
        """The status line and the header lines."""
        data = self.data
        media_type = data.get(
            "media_type", "text/html" if "html" in data or "body" not in data else "text/plain"
        )
        lines = [["Content-Type", data.get("content_type", media_type)], *data.get("headers", ())]
        if coding := data.get("content_encoding"):
            lines.append(["Content-Encoding", coding])
        text = "".join(f"{name}: {self._filled(value)}\r\n" for name, value in lines)
        return f"HTTP/1.1 {data.get('status', 200)} Whatever\r\n{text}\r\n".encode()

    @property
    def robots(self) -> bytes:
        """The host's robots.txt; empty where there is none."""
        return self._filled(self.data.get("robots", "")).encode()

    def site_files(self) -> Iterator[tuple[SiteDocumentKind, Mapping[str, Any]]]:
        """Yield the host's other files, each with its status, media type and bytes."""
        for kind in SITE_DOCUMENTS:
            if (given := self.data.get("site", {}).get(kind.name)) is None:
                continue
            table = {"body": given} if isinstance(given, str) else given
            body = (
                base64.b64decode(table["base64"])
                if "base64" in table
                else self._filled(table["body"]).encode()
            )
            yield (
                kind,
                {
                    "status": table.get("status", 200),
                    "media_type": table.get("media_type", _MEDIA_TYPES.get(kind.name, "text/plain")),
                    "body": body[: kind.limit],
                    "truncated": len(body) > kind.limit,
                },
            )

    def representation(self) -> Representation:
        """Return what observers see, made as the crawler makes it."""
        exchange = Exchange(
            url=self.url,
            method="GET",
            request_head=b"",
            response_head=self.head,
            body=self.body,
            started_at=_THEN,
            ended_at=_THEN,
        )
        return asyncio.run(represent(exchange, self.data.get("status", 200), 64 * 1024 * 1024))

    def _filled(self, text: str) -> str:
        piece, times = self.data.get("fill", ("", 0))
        return text.replace("{{fill}}", piece * times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What our observers make of a case."""

    observations: tuple[Observation, ...]
    access: bool  # whether robots.txt lets us request it
    retrieval: Mapping[str, str]  # by the file's name


def read(case: Case) -> Reading:
    """Observe a case in every way that the crawler does."""
    page = case.representation()
    found = list(observe(page, product_token=TOKEN))
    if not 200 <= page.status < 300:
        found += observe_refusal(page)
    robots = RobotsDocument.parse(case.robots)
    found += robots.observe(case.url, urljoin(case.url, "/robots.txt"), product_token=TOKEN)
    retrieval = {}
    for kind, answer in case.site_files():
        reading = read_site_document(kind, **answer)
        retrieval[kind.name] = reading.retrieval.value
        if reading.document is not None:
            where = urljoin(case.url, kind.paths[0])
            found += reading.document.observe(case.url, where, media_type=page.media_type)
    return Reading(
        observations=tuple(found),
        access=robots.access(TOKEN, case.url).allowed,
        retrieval=retrieval,
    )


@cache
def corpus() -> tuple[Case, ...]:
    """Return every case, by name; ValueError when one has a key that nobody reads."""
    found = []
    for path in sorted(GOLDEN.rglob("*.toml")):
        name = path.relative_to(GOLDEN).with_suffix("").as_posix()
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if strange := data.keys() - _KEYS:
            raise ValueError(f"{path}: {sorted(strange)}: no such key; see golden_corpus")
        if not data.get("why") or "expect" not in data:
            raise ValueError(f"{path}: say why, and what to expect ([] for nothing)")
        found.append(Case(name=name, data=data))
    return tuple(found)
