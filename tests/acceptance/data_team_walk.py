"""A data team's walk: from a question to a manifest, to training data read elsewhere, to a check that fails.

    python tests/acceptance/data_team_walk.py

Each step is what somebody would type in a notebook or a shell; what it prints is what they would see.  The site is on
loopback, everything else is real: the crawl, the archive, DuckDB, datatrove's own reader, warcio.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from datatrove.pipeline.readers import ParquetReader
from loopback_site import LoopbackSite, Reply
from outside import Ended, Workplace, job

import provenance
from crawler.archive.bodies import bodies

USAGE, POLICY = "ai-train-gen", "strict-optin"
TEAM = "team-llm"
LICENCES = {
    "docs": "https://creativecommons.org/licenses/by/4.0/",
    "notes": "https://creativecommons.org/licenses/by-sa/4.0/",
    "blog": None,  # says nothing: a policy that wants an explicit word leaves it out
}
PAGES = 4  # of each
OPT_OUT = [{"location": "/notes/*", "tdm-reservation": 1}]


class Site:
    """Twelve pages under three folders; one day it reserves text and data mining for one of them."""

    opted_out = False

    def __call__(self, path: str) -> Reply:
        """Answer a request."""
        if path == "/robots.txt":
            return Reply(body=b"User-agent: *\nAllow: /\n", media_type="text/plain")
        if path == "/.well-known/tdmrep.json" and self.opted_out:
            return Reply(body=json.dumps(OPT_OUT).encode(), media_type="application/json")
        folder, _, number = path[1:].partition("/")
        if path == "/":
            return Reply(body=self._links().encode())
        if folder in LICENCES and number.isdigit() and int(number) < PAGES:
            return Reply(body=self._page(folder, int(number)).encode())
        return Reply(status=404)

    @staticmethod
    def _links() -> str:
        links = (
            f'<a href="/{folder}/{number}">{folder}</a>' for folder in LICENCES for number in range(PAGES)
        )
        return f"<!doctype html><title>Birds</title>{' '.join(links)}"

    @staticmethod
    def _page(folder: str, number: int) -> str:
        deed = LICENCES[folder]
        words = " ".join(f"lapwing{(number * 7919 + place * place) % 1009}" for place in range(200))
        licence = "" if deed is None else f'<a rel="license" href="{deed}">Licence</a>'
        return f'<!doctype html><html lang="en"><title>{folder} {number}</title><p>{words}</p>{licence}'


def main(folder: Path) -> None:
    """Walk."""
    place, answers = Workplace(folder), Site()
    with LoopbackSite(answers) as site:
        name = place.write(job(site.url, job=f'policy = "{POLICY}"\npurpose = "{USAGE}"'))
        place.run("crawl", name, "--quiet")

        step("What do we hold, and what may be used?")
        ask(place, "query", "--count", "outcome", "--usage", USAGE, "--policy", POLICY)
        database = f"sqlite:///{folder}/aboveboard-data/provenance.db"
        held = provenance.open(database).captures(usage=USAGE, policy=POLICY).to_arrow()
        print(pl.from_arrow(held).select("url", "outcome", "licences").sort("url"))

        step("A manifest for the team, read by DuckDB, Polars and datatrove; then the documents themselves")
        ask(place, "manifest", "train.parquet", "--usage", USAGE, "--policy", POLICY, "--for", TEAM)
        rows = read_elsewhere(folder / "train.parquet")
        assert len(rows) == 2 * PAGES, rows
        read_bodies(folder)

        step("The check in the team's CI: nothing has changed")
        ask(place, "check", "train.parquet")

        step("The site opts out for /notes/, and the next scheduled crawl hears of it")
        answers.opted_out = True
        place.run("crawl", name, "--quiet", "--new")

        step("The same check fails, and says for which rows and why")
        refused = lines(ask(place, "check", "train.parquet", code=1))
        assert {row["url"] for row in refused} == {f"{site.origin}/notes/{n}" for n in range(PAGES)}, refused

        step("The team's feed says the same, once; acknowledging moves the cursor")
        called_back = lines(ask(place, "recall", "--for", TEAM, "--format", "jsonl"))
        assert {row["capture"] for row in called_back} == {row["capture"] for row in refused}
        last = str(max(row["cursor"] for row in called_back))
        ask(place, "recall", "--for", TEAM, "--ack", last, "--by", "J. Doe")
        assert not lines(ask(place, "recall", "--for", TEAM, "--format", "jsonl"))

        step("A new manifest holds what is left, and passes")
        ask(place, "manifest", "again.parquet", "--usage", USAGE, "--policy", POLICY, "--for", TEAM)
        assert len(read_elsewhere(folder / "again.parquet")) == PAGES
        ask(place, "check", "again.parquet")

        step("The source is revoked: nothing of it may be used any more, and nothing is crawled")
        ask(place, "source", "revoke", "127.0.0.1", "--by", "J. Doe", "--reason", "the basis was mistaken")
        assert len(lines(ask(place, "check", "again.parquet", code=1))) == PAGES
        asked_before = len(site.log)
        place.run("crawl", name, "--quiet", "--new", code=3)
        assert len(site.log) == asked_before, "a revoked source was asked for something"


def step(words: str) -> None:
    """Print a heading."""
    print(f"\n# {words}")


def ask(place: Workplace, *arguments: str, code: int = 0) -> Ended:
    """Run a command and show it."""
    ended = place.run(*arguments, code=code)
    print(f"$ aboveboard {' '.join(arguments)}   → {ended.code}\n{ended.out}{ended.err}".rstrip())
    return ended


def lines(ended: Ended) -> list[dict[str, Any]]:
    """Return the JSON lines of an answer."""
    return [json.loads(line) for line in ended.out.splitlines()]


def read_elsewhere(manifest: Path) -> list[tuple[Any, ...]]:
    """Read the manifest without us, with three tools; they must agree."""
    asked = "SELECT url, licence, attribution, outcome FROM read_parquet(?) ORDER BY capture"
    with duckdb.connect() as connection:
        rows = connection.execute(asked, [str(manifest)]).fetchall()
        print(
            connection.execute(
                "SELECT licence, count(*) FROM read_parquet(?) GROUP BY ALL ORDER BY ALL", [str(manifest)]
            ).fetchall()
        )
    documents = list(
        ParquetReader(
            str(manifest.parent), glob_pattern=manifest.name, text_key="url", id_key="capture"
        ).run()
    )
    assert [document.text for document in documents] == [row[0] for row in rows]
    assert pl.read_parquet(manifest)["url"].to_list() == [row[0] for row in rows]
    print(documents[0])
    return rows


def read_bodies(folder: Path) -> None:
    """Read the documents' bytes: with our reader, and with nothing but gzip at the locator."""
    store = f"file://{folder}/aboveboard-data/store"
    for row, body in bodies(folder / "train.parquet", store):
        segment = Path(row["warc_uri"].removeprefix("file://"))
        member = segment.read_bytes()[row["warc_offset"] :][: row["warc_length"]]
        assert gzip.decompress(member).partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[2].startswith(body)
    print(f"bodies read; the last has {len(body):,} bytes")


if __name__ == "__main__":
    if sys.argv[1:]:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
