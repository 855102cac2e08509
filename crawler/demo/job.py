"""The job that ``aboveboard demo`` runs: the same kind of file that anybody writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MAX_DEPTH = 6  # links from the start page; the site's staircase is longer

_JOB = """\
[job]
name = "demo"
purpose = "ai-train-gen"
policy = "strict-optin"

[operator]
name = "Aboveboard demo"
contact = "demo@example.org"

[[site]]
start = ["{url}"]
include = ["{url}"]
admitted_by = "whoever typed «aboveboard demo»"
basis = "the demo's own pages, bundled with this software"
max_depth = {max_depth}

[[permission]]
site = "{host}"
granted_by = "ourselves: the demo's own server on loopback"
private_addresses = true
min_gap_seconds = 0
max_in_flight = 8
valid_until = {valid_until}
"""


def job_text(url: str) -> str:
    """Return the demo's job file (TOML) for a site that starts at ``url``; our own grant ends tomorrow.

    >>> "max_in_flight = 8" in job_text("http://127.0.0.1:8000/")
    True
    """
    host = url.split("//", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return _JOB.format(url=url, host=host, max_depth=MAX_DEPTH, valid_until=tomorrow.isoformat())
