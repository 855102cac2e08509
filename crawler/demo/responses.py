"""What the demo site answers: every file under ``site/``, and the exceptions that ``responses.toml`` lists.

A file is answered with 200 and the media type of its suffix.  Text files are kept as UTF-8 and may write
``{{origin}}`` where a standard wants an absolute URL (sitemaps, feeds).  A row of ``responses.toml`` says
what differs: a status, headers, another encoding, a coding on the wire.
"""

from __future__ import annotations

import gzip
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import quote

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".xhtml": "application/xhtml+xml",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}
_TEXT = frozenset({".html", ".xhtml", ".txt", ".xml", ".svg"})
_ORIGIN = b"{{origin}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of the site, ready for the wire but for the framing."""

    status: int
    headers: tuple[tuple[str, str], ...]  # in wire order; no Content-Length, no Transfer-Encoding
    body: bytes  # content coding already applied
    chunked: bool = False

    @property
    def entity_tag(self) -> str:
        """A strong entity tag of the body (RFC 9110 §8.8.3)."""
        return f'"{sha256(self.body).hexdigest()[:16]}"'


def answers(origin: str) -> Mapping[str, Answer]:
    """Return the site's answers by request target: ``/books/``, ``/books/?page=2``.

    Args:
        origin: what stands for ``{{origin}}`` in the pages: ``http://127.0.0.1:8000``.
    """
    root = files("crawler.demo") / "site"
    rows: Mapping[str, Mapping[str, Any]] = tomllib.loads(
        (files("crawler.demo") / "responses.toml").read_text(encoding="utf-8")
    )
    table = {target: _from_file(file, {}, origin) for target, file in _walk(root, "/")}
    for target, row in rows.items():
        table[target] = _from_row(target, row, root, origin)
    return table


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    """Yield (request target, file) for every file below ``folder``; ``index.html`` is its folder."""
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{quote(entry.name)}/")
        else:
            yield prefix if entry.name == "index.html" else prefix + quote(entry.name), entry


def _from_row(target: str, row: Mapping[str, Any], root: Traversable, origin: str) -> Answer:
    """Make the answer of one row: over its file where there is one, else over the row's own text."""
    path = row.get("file", target.partition("?")[0])
    file = root.joinpath(*(path + ("index.html" if path.endswith("/") else "")).strip("/").split("/"))
    if "text" not in row and file.is_file():
        return _from_file(file, row, origin)
    body: bytes = row.get("text", "").replace("{{origin}}", origin).encode()
    return _answer(row.get("type", "text/html; charset=utf-8"), body, row)


def _from_file(file: Traversable, row: Mapping[str, Any], origin: str) -> Answer:
    """Make an answer of a file's bytes and of what its row says differently."""
    suffix = file.name[file.name.rfind(".") :]
    body = file.read_bytes()
    if suffix in _TEXT:
        body = body.replace(_ORIGIN, origin.encode())
    return _answer(row.get("type", _MEDIA_TYPES[suffix]), body, row)


def _answer(media_type: str, body: bytes, row: Mapping[str, Any]) -> Answer:
    """Apply a row's encoding, packing, coding, status and headers."""
    headers = [("Content-Type", media_type)] if body or media_type else []
    if encoding := row.get("encode"):
        body = body.decode().encode(encoding)
    if row.get("packed") or row.get("coding") == "gzip":
        body = gzip.compress(body, mtime=0)
    if coding := row.get("coding"):
        headers.append(("Content-Encoding", coding))
    headers.extend((name, value) for name, value in row.get("headers", ()))
    return Answer(
        status=row.get("status", 200),
        headers=tuple(headers),
        body=body,
        chunked=row.get("chunked", False),
    )
