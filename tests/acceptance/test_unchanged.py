"""A site that did not change: the second run's segment holds revisits, and nothing that a reader asks is lost."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from loopback_site import LoopbackSite, Reply
from outside import Workplace, job

from crawler.archive import open_store, read_payload
from provenance.database import Database

PAGES = 12
LICENCE = '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>'
CHANGED = "/3"


def page(number: int, said: str = "") -> bytes:
    """Return a page of some 40 KB that no compressor makes small."""
    noise = "".join(hashlib.sha256(f"{number} {line}".encode()).hexdigest() for line in range(600))
    links = "".join(f'<a href="/{each}">{each}</a>' for each in range(1, PAGES))
    return f"<!doctype html><title>{number}</title><p>{said}{LICENCE}{links}<p>{noise}".encode()


class Site:
    """Answers that change where they are told to."""

    changed = False

    def __call__(self, path: str) -> Reply:
        """Answer a request."""
        if path != "/" and not path[1:].isdigit():
            return Reply(status=404)
        said = "new! " if self.changed and path == CHANGED else ""
        return Reply(body=page(int(path[1:] or 0), said))


def segments(place: Workplace) -> list[Path]:
    """Return the stored segments in the order of the runs."""
    return sorted(place.folder.rglob("store/**/*.warc.gz"))


def of_run(place: Workplace, run: int) -> list[dict[str, Any]]:
    """Return the documents of a run."""
    return [row for row in place.captures() if row["run"] == run and row["kind"] == "document"]


def test_an_unchanged_site_costs_revisits(place: Workplace) -> None:
    """Across runs, from the database: no body twice; what changed is there anew; every reader finds the bytes."""
    answers = Site()
    with LoopbackSite(answers) as site:
        name = place.write(job(site.url, job='policy = "observe"'))
        for _ in range(2):
            place.run("crawl", name, "--quiet", "--new")
        answers.changed = True
        place.run("crawl", name, "--quiet", "--new")
    first, second, third = (path.stat().st_size for path in segments(place))
    assert second < first / 6
    assert second + 15_000 < third < first / 3
    mimes = [
        Counter(json.loads(line.split(" ", 2)[2])["mime"] for line in path.read_text().splitlines())
        for path in sorted(place.folder.rglob("store/**/*.cdxj"))
    ]
    assert [each["warc/revisit"] for each in mimes] == [0, PAGES, PAGES - 1]
    assert place.verify()["captures"] == len(place.captures())
    store = open_store(str(place.folder / "aboveboard-data" / "store"))
    with Database.open(f"sqlite:///{place.folder}/aboveboard-data/provenance.db") as database:
        for row in (each for run in (1, 2, 3) for each in of_run(place, run)):
            key = row["warc_uri"].partition("/store/")[2]
            body = read_payload(store, key, row["warc_offset"], row["warc_length"], database)
            assert f"sha256:{hashlib.sha256(body).hexdigest()}" == row["payload_digest"]
            assert len(body) == row["length"]
    receipt = json.loads(place.ask("explain", site.url + "1", "--verify", "--format", "json"))
    assert "not-found" not in json.dumps(receipt)
    assert "unreadable" not in json.dumps(receipt)
