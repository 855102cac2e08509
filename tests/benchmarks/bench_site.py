"""The bench site: real pages (HTML documentation that Debian packages installed), served by nginx on loopback.

The disk says what a complete crawl is: `BenchSite.pages` are the URLs of every HTML page that links lead to from
the start page.  The server's access log says what a crawler really did.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote, urldefrag, urljoin

from selectolax.lexbor import LexborHTMLParser

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
SOURCES: Mapping[str, tuple[Path, str]] = {  # name on the site: (folder, page to start from)
    "python3.11": (Path("/usr/share/doc/python3.11/html"), "index.html"),
    "postgresql-15": (Path("/usr/share/doc/postgresql-doc-15/html"), "index.html"),
    "debian-policy": (Path("/usr/share/doc/debian-policy"), "policy.html/index.html"),
    "developers-reference": (Path("/usr/share/developers-reference"), "index.html"),
}

_CONFIGURATION = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
{user}
events {{ worker_connections 512; }}
http {{
  types {{ text/html html htm; text/plain txt; text/css css; application/javascript js; image/png png;
           image/svg+xml svg; application/pdf pdf; application/gzip gz; application/xml xml; }}
  default_type application/octet-stream;
  charset utf-8;
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 100000;
  gzip {gzip};
  gzip_types text/plain;
  log_format machine escape=json
    '{{"target":"$request_uri","method":"$request_method","status":$status,"agent":"$http_user_agent",'
    '"at":$msec,"took":$request_time,"sent":$body_bytes_sent}}';
  access_log {folder}/access.log machine;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=512;
    root {folder}/root;
    index index.html;
  }}
}}
"""


class BenchError(Exception):
    """The bench cannot run here; the message says what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One line of nginx's access log."""

    target: str  # $request_uri
    method: str
    status: int
    agent: str  # $http_user_agent
    at: float  # $msec: seconds since the epoch, end of the answer
    took: float  # $request_time, seconds
    sent: int  # $body_bytes_sent


class BenchSite:
    """Serves the documentation that is installed, until the context ends.

    Args:
        gzip: whether nginx compresses (on the fly, level 1) for clients that accept it.
        sources: what to serve; default `SOURCES`, as far as it is installed.

    Raises:
        BenchError: no nginx, or none of the sources is installed.
    """

    def __init__(self, *, gzip: bool = False, sources: Mapping[str, tuple[Path, str]] = SOURCES) -> None:
        if NGINX is None:
            raise BenchError("no nginx here: install Debian's nginx-light")
        self.sources = {name: found for name, found in sources.items() if (found[0] / found[1]).is_file()}
        if not self.sources:
            raise BenchError(f"none of the documentation is installed: {', '.join(sources)}")
        self.folder = Path(tempfile.mkdtemp(prefix="aboveboard-bench-"))
        self._gzip = "on" if gzip else "off"
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}/"

    def __enter__(self) -> Self:
        self._lay_out()
        self._process = subprocess.Popen(
            [str(NGINX), "-p", str(self.folder), "-c", "nginx.conf", "-e", str(self.folder / "error.log")],
            stdin=subprocess.DEVNULL,
        )
        self._wait_until_it_answers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self.folder)

    def accesses(self, since: int = 0) -> list[Access]:
        """Return the access log from its ``since``-th line on."""
        lines = (self.folder / "access.log").read_text(encoding="utf-8").splitlines()[since:]
        return [Access(**json.loads(line)) for line in lines]

    def pages_served(self, since: int = 0) -> list[str]:
        """Return the target of every 200 for an HTML page, repeats kept."""
        return [
            access.target
            for access in self.accesses(since)
            if access.status == 200 and _is_html(access.target.partition("?")[0])
        ]

    @cached_property
    def pages(self) -> frozenset[str]:
        """The targets of all HTML pages that links lead to from ``/``, found by walking the files."""
        seen = {"/"}
        waiting = deque(seen)
        while waiting:
            for target in self._links(waiting.popleft()):
                if target not in seen and _is_html(target) and self._file(target).is_file():
                    seen.add(target)
                    waiting.append(target)
        return frozenset(seen)

    @property
    def mean_size(self) -> float:
        """Mean bytes of a page."""
        return sum(self._file(target).stat().st_size for target in self.pages) / len(self.pages)

    def _links(self, target: str) -> Iterator[str]:
        """Yield the targets on this site that a page's links name, without query and fragment."""
        url = urljoin(self.url, target)
        for anchor in LexborHTMLParser(self._file(target).read_bytes()).css("a[href], area[href]"):
            with suppress(ValueError):  # no address at all
                found = urldefrag(urljoin(url, (anchor.attributes["href"] or "").strip())).url.partition("?")[
                    0
                ]
                if found.startswith(self.url):
                    yield quote(unquote(found[len(self.url) - 1 :]))

    def _file(self, target: str) -> Path:
        return (
            self.folder
            / "root"
            / unquote(target + ("index.html" if target.endswith("/") else "")).lstrip("/")
        )

    def _lay_out(self) -> None:
        root = self.folder / "root"
        root.mkdir()
        for name, (folder, _) in self.sources.items():
            (root / name).symlink_to(folder)
        starts = "".join(
            f'<li><a href="{name}/{start}">{name}</a>' for name, (_, start) in self.sources.items()
        )
        (root / "index.html").write_text(f"<!doctype html><title>Documentation</title><ul>{starts}</ul>\n")
        (root / "robots.txt").write_text("User-agent: *\nAllow: /\n")
        user = f"user {_own_name()};" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(
            _CONFIGURATION.format(folder=self.folder, port=self._port, gzip=self._gzip, user=user)
        )

    def _wait_until_it_answers(self) -> None:
        end = monotonic() + 10
        while monotonic() < end and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            sleep(0.02)
        raise BenchError(f"nginx did not start: {(self.folder / 'error.log').read_text()}")


def _is_html(target: str) -> bool:
    return target.endswith(("/", ".html", ".htm"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _own_name() -> str:
    """Who runs nginx's worker when we are root: ourselves, so that it can read the temporary folder."""
    import pwd  # noqa: PLC0415  # POSIX only, as nginx's worker is

    return pwd.getpwuid(os.geteuid()).pw_name


if __name__ == "__main__":
    with BenchSite(gzip="--gzip" in sys.argv) as site:
        for name, (folder, _) in site.sources.items():
            print(f"{name:22} {folder}")
        print(f"{len(site.pages)} pages, {site.mean_size / 1024:.1f} KiB mean, at {site.url} until Ctrl-C")
        with suppress(KeyboardInterrupt):
            while True:
                sleep(3600)
