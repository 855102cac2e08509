"""Where one fault happens to one crawl: a site, a database, a store, a spool, and the command that is always the same."""

from __future__ import annotations

import os
import random
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faulty_s3 import S3Proxy
from judging import Judgement, Ledger, documents, judge
from loopback_site import LoopbackSite, Reply, tree, tree_urls
from outside import environment, job
from warmth import KILLED, Arrangement, Command, Ended, Warmth

from provenance.database import Database

PAGES = 40
HASTE: Arrangement = ("in_haste", {})


@dataclass(slots=True)
class Stage:
    """One cell of the matrix."""

    warmth: Warmth
    folder: Path
    database_url: str
    store_url: str
    environ: Mapping[str, str]
    postgresql: Path | None = None  # the server's data directory
    proxy: S3Proxy | None = None  # in front of the S3 server
    bytes_a_page: int = 0  # that nobody can compress, besides a few words
    asked: list[Callable[[str], None]] = field(default_factory=list)  # told of each path before its answer
    said: str = ""  # what the operator was told while the fault lasted
    failure: Exception | None = None  # of what was to be done when the site was asked
    site: LoopbackSite = field(init=False)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.site = LoopbackSite(self._answer)
        self.ledger = Ledger(self.site.log)
        (self.folder / "job.toml").write_text(job(self.site.url, in_flight=4), encoding="utf-8")

    def close(self) -> None:
        """End the site."""
        self.site.__exit__(None, None, None)

    @property
    def spool(self) -> Path:
        """The spool's directory."""
        return self.folder / "data" / "spool"

    @property
    def store(self) -> Path:
        """The directory store's directory."""
        return self.folder / "data" / "store"

    @property
    def is_directory(self) -> bool:
        """Whether the store is a directory."""
        return self.store_url.startswith("file:")

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file."""
        return self.database_url.startswith("sqlite:")

    def start(
        self,
        *arrange: Arrangement,
        job: str = "job.toml",
        environ: Mapping[str, str] | None = None,
        command: Sequence[str] = ("crawl",),
    ) -> Command:
        """Begin the command, or go on with it."""
        places = {
            "ABOVEBOARD_DATABASE": self.database_url,
            "ABOVEBOARD_STORE": self.store_url,
            "ABOVEBOARD_SPOOL": str(self.spool),
        }
        arguments = [*command, job] if command == ("crawl",) else command
        found = environment() | self.environ | places | (environ or {})
        return self.warmth.start(self.folder, *arguments, environ=found, arrange=[HASTE, *arrange])

    def dies(self, *arrange: Arrangement) -> None:
        """Run the command to its violent end; what was committed by then may not be asked for again."""
        ended = self.start(*arrange).ended()
        assert ended.code == KILLED, f"it was to die: {ended}"
        self.remember()

    def fails(self, command: Command) -> None:
        """Wait for the end of a command that was to fail, and for what it tells people."""
        ended = command.ended()
        assert ended.code not in {0, KILLED, 70}, f"it was to fail: {ended}"
        self.heard(ended)
        self.remember()

    def heard(self, ended: Ended) -> None:
        """Keep what people were told; no traceback is for people."""
        assert "Traceback" not in ended.said, ended.said
        self.said += ended.said

    def completes(self, *arrange: Arrangement) -> None:
        """Run the same command to its good end."""
        ended = self.start(*arrange).ended()
        assert ended.code == 0, f"it was to complete the run: {ended}"
        self.heard(ended)

    def remember(self) -> None:
        """Note what is committed by now: none of it may be asked for again."""
        with Database.open(self.database_url) as database:
            self.ledger.look(documents(database))

    def judged(self) -> Judgement:
        """Look at everything."""
        if self.failure is not None:
            raise self.failure
        return judge(
            self.database_url, self.store_url, self.spool, tree_urls(self.site.origin, PAGES), self.ledger
        )

    def when_asked(self, number: int, action: Callable[[], object]) -> None:
        """Do something as soon as the site has been asked for so many pages; the answer waits for it."""
        left = [number]

        def tell(path: str) -> None:
            if path != "/robots.txt":
                left[0] -= 1
                if left[0] == 0:
                    action()

        self.asked.append(tell)

    def interrupt(self, command: Command) -> None:
        """Press Ctrl-C."""
        os.kill(command.pid, signal.SIGINT)

    def restart_postgresql(self, how: str) -> None:
        """Restart, stop or start the database's server."""
        assert self.postgresql is not None
        binary, *options = shlex.split((self.postgresql / "postmaster.opts").read_text())
        again = {
            "start": ["-o", shlex.join(options), "-l", self.postgresql / "log"],
            "restart": ["-m", "fast", "-l", self.postgresql / "log"],
            "stop": ["-m", "fast"],
        }[how]
        subprocess.run(
            [Path(binary).with_name("pg_ctl"), how, "-w", "-D", self.postgresql, *again],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=self.postgresql.stat().st_uid if os.geteuid() == 0 else None,  # it refuses to run as root
        )

    def _answer(self, path: str) -> Reply:
        try:
            for tell in self.asked:
                tell(path)
        except Exception as error:
            self.failure = error  # nobody looks at what a server's thread raises
            raise
        reply = tree(PAGES)(path)
        if self.bytes_a_page and path != "/robots.txt" and reply.status == 200:
            noise = random.Random(path).randbytes(self.bytes_a_page // 2).hex()
            return Reply(body=reply.body + noise.encode())
        return reply
