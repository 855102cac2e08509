"""One job, on SQLite and a directory, on PostgreSQL and S3: the same rows, the same digests."""

from __future__ import annotations

from typing import Any

from loopback_site import LoopbackSite, tree
from outside import Workplace, job

PAGES = 40


def _said(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what does not depend on where and when."""
    keys = [
        "url",
        "kind",
        "status",
        "media_type",
        "payload_digest",
        "length",
        "licences",
        "rights_set",
        "outcome",
        "reasons",
        "run",
        "site",
    ]
    return sorted(tuple(str(row[key]) for key in keys) for row in rows)


def test_the_same_job_gives_the_same_rows_on_either_ground(
    place: Workplace, postgresql_url: str, s3_store_url: str
) -> None:
    """The code is the same; only two URLs differ."""
    served = Workplace(place.folder / "served")
    served.folder.mkdir()
    served.environ |= {"ABOVEBOARD_DATABASE": postgresql_url, "ABOVEBOARD_STORE": s3_store_url}
    with LoopbackSite(tree(PAGES)) as site:
        for ground in (place, served):
            ended = ground.run("crawl", ground.write(job(site.url)), "--quiet")
            assert (ended.out, ended.err) == ("", "")
    assert len(place.data()) == PAGES
    assert _said(place.captures()) == _said(served.captures())
    refusals = [
        [(row["url"], row["rule"], row["evidence"]) for row in ground.data("--refusals")]
        for ground in (place, served)
    ]
    assert sorted(refusals[0]) == sorted(refusals[1])
    assert {row["warc_uri"].partition("://")[0] for row in place.captures()} == {"file"}
    assert {row["warc_uri"].partition("://")[0] for row in served.captures()} == {"s3"}
    assert place.verify()["captures"] == served.verify()["captures"]
    assert not list(place.folder.rglob("spool/**/*.warc.gz"))
